/* SPDX-License-Identifier: MIT */
/* Fails every allocation in turn, ours and jansson's: each ends in an error, nothing is
 * accepted, nothing leaks (sanitizers look). */
#include "tests/unit/ctpolicy/files.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
/* Some linkers have libraries call them, too. */
#pragma GCC visibility push(default)
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
#pragma GCC visibility pop

/* Allocations of this program's own code until one fails; negative: none does. */
static long left = -1;

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* `json_too`: jansson's allocations fail as well; it does not always say that it was memory. */
static void fail_in_log_list(bool json_too)
{
	struct ct_bytes json = file_read(DATA, "log_list.json");
	enum ct_err err = CT_E_NOMEM;
	long n;

	for (n = 0; err != CT_OK; n++) {
		struct ct_log_list *list = NULL;

		left = n;
		err = ct_log_list_parse(json, &list, NULL);
		assert_int_equal(err == CT_OK, left >= 0); /* none has failed */
		left = -1;
		if (err == CT_OK)
			ct_log_list_free(list);
		else
			assert_true(list == NULL && (err == CT_E_NOMEM || json_too));
	}
	assert_true(n > 50);
	file_free(json);
}

static void test_log_list([[maybe_unused]] void **state)
{
	fail_in_log_list(false);
}

static void test_json([[maybe_unused]] void **state)
{
	json_malloc_t its_malloc;
	json_free_t its_free;

	json_get_alloc_funcs(&its_malloc, &its_free);
	json_set_alloc_funcs(__wrap_malloc, free);
	fail_in_log_list(true);
	json_set_alloc_funcs(its_malloc, its_free);
}

/* Each allocation fails once; until none does, nothing is accepted. */
static void fail_in_check(const struct ct_log_list *list, const struct ct_evidence *evidence)
{
	enum ct_verdict verdict = CT_NOMEM;
	struct ct_report report;

	for (long n = 0; verdict != CT_COMPLIANT; n++) {
		assert_true(n < 100);
		left = n;
		verdict =
			ct_check(list, CT_POLICY_CHROME, evidence, AT(1768478400000), &report);
		assert_int_equal(verdict == CT_COMPLIANT, left >= 0);
		left = -1;
		assert_true(
			verdict == CT_COMPLIANT || (verdict == CT_NOMEM && report.n_scts == 0));
	}
}

static void test_check([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");

	fail_in_check(list, &(struct ct_evidence){chain.der[0], chain.der[1]});
	pem_free(&chain);
	ct_log_list_free(list);
}

static void test_check_by_tls([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "channels_log_list.json");
	struct pem_chain chain = file_chain(DATA, "channels.pem");
	struct ct_bytes scts = file_read(DATA, "good.tls-scts");

	fail_in_check(
		list, &(struct ct_evidence){
			      .leaf = chain.der[0], .issuer = chain.der[1], .tls_scts = scts});
	file_free(scts);
	pem_free(&chain);
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_list),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_by_tls),
	};

	return cmocka_run_group_tests_name("no memory", tests, NULL, NULL);
}
