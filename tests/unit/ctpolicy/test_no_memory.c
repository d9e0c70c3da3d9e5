/* SPDX-License-Identifier: MIT */
/* Fails every allocation in turn: each ends in an error, nothing is accepted, nothing leaks
 * (sanitizers look). */
#include "tests/unit/ctpolicy/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

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

static void test_log_list([[maybe_unused]] void **state)
{
	struct ct_bytes json = file_read(DATA, "log_list.json");
	enum ct_err err = CT_E_NOMEM;
	long n;

	for (n = 0; err != CT_OK; n++) {
		struct ct_log_list *list = NULL;

		left = n;
		err = ct_log_list_parse(json, &list, NULL);
		left = -1;
		if (err == CT_OK)
			ct_log_list_free(list);
		else
			assert_true(err == CT_E_NOMEM && list == NULL);
	}
	assert_true(n > 50);
	file_free(json);
}

static void test_check([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	enum ct_verdict verdict = CT_NOMEM;
	struct ct_report report;

	for (long n = 0; verdict != CT_COMPLIANT; n++) {
		assert_true(n < 100);
		left = n;
		verdict = ct_check(list, CT_POLICY_CHROME, &evidence, 1768478400000, &report);
		left = -1;
		assert_true(
			verdict == CT_COMPLIANT || (verdict == CT_NOMEM && report.n_scts == 0));
	}
	pem_free(&chain);
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_list),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests_name("no memory", tests, NULL, NULL);
}
