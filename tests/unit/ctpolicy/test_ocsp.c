/* SPDX-License-Identifier: MIT */
/* SCTs in OCSP responses (tests/data/ctpolicy, make-channels). */
#include "tests/unit/ctpolicy/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What an SCT list that was not found is left as. */
static const struct ct_bytes untouched = {(const uint8_t *)"untouched", 9};

/* A copy whose end is the end of the memory: a byte more is an error that ASan and valgrind
 * see. */
static struct ct_bytes exact(struct ct_bytes bytes)
{
	uint8_t *copy = malloc(bytes.size);

	if (bytes.size > 0) {
		assert_non_null(copy);
		memcpy(copy, bytes.data, bytes.size);
	}
	return (struct ct_bytes){copy, bytes.size};
}

static bool is_untouched(struct ct_bytes bytes)
{
	return bytes.data == untouched.data && bytes.size == untouched.size;
}

static bool is_within(struct ct_bytes part, struct ct_bytes whole)
{
	return part.size == 0 ||
	       (part.data >= whole.data && part.size <= whole.size &&
		       (size_t)(part.data - whole.data) <= whole.size - part.size);
}

/* How many SCTs a list has. It must be one. */
static size_t count_scts(struct ct_bytes list)
{
	size_t n = 0;

	assert_true(list.size > 2);
	assert_int_equal((list.data[0] << 8) + list.data[1], list.size - 2);
	for (size_t at = 2; at < list.size; n++)
		at += 2 + (size_t)(list.data[at] << 8) + list.data[at + 1];
	return n;
}

enum { MALFORMED = -1 };

/* The number of SCTs in that SingleResponse, or MALFORMED. */
static int scts_of(const char *name, size_t index)
{
	struct ct_bytes file = file_read(DATA, name), response = exact(file);
	struct ct_bytes scts = untouched;
	enum ct_err err = ct_ocsp_scts(response, index, &scts);
	int n = MALFORMED;

	if (err == CT_OK) {
		assert_true(is_within(scts, response));
		n = scts.size > 0 ? (int)count_scts(scts) : 0;
	} else {
		assert_int_equal(err, CT_E_MALFORMED);
		assert_true(is_untouched(scts));
	}
	file_free(response);
	file_free(file);
	return n;
}

static void test_files([[maybe_unused]] void **state)
{
	static const struct {
		const char *name;
		int scts; /* of the first SingleResponse */
	} files[] = {
		{"good.ocsp", 2},
		{"version.ocsp", 2},
		{"others.ocsp", 2},
		{"none.ocsp", 0},
		{"only-others.ocsp", 0},
		{"second.ocsp", 0},
		{"twice.ocsp", MALFORMED},
		{"empty.ocsp", MALFORMED},
		{"trailing.ocsp", MALFORMED},
		{"not-octets.ocsp", MALFORMED},
		{"try-later.ocsp", MALFORMED},
		{"truncated.ocsp", MALFORMED},
		{"good.tls-scts", MALFORMED},
		{"channels.pem", MALFORMED},
	};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (scts_of(files[i].name, 0) != files[i].scts)
			fail_msg("%s: %d", files[i].name, scts_of(files[i].name, 0));
}

/* Each SingleResponse by itself, and none behind the last. */
static void test_index([[maybe_unused]] void **state)
{
	assert_int_equal(scts_of("second.ocsp", 0), 0);
	assert_int_equal(scts_of("second.ocsp", 1), 2);
	assert_int_equal(scts_of("second.ocsp", 2), MALFORMED);
	assert_int_equal(scts_of("second.ocsp", SIZE_MAX), MALFORMED);
	assert_int_equal(scts_of("good.ocsp", 1), MALFORMED);
	assert_int_equal(scts_of("good.ocsp", SIZE_MAX), MALFORMED);
	assert_int_equal(scts_of("none.ocsp", 1), MALFORMED);
}

/* What is found is what the logs gave, byte for byte: they count. */
static void test_they_count([[maybe_unused]] void **state)
{
	static const char *const names[] = {"good.ocsp", "others.ocsp", "version.ocsp"};
	struct ct_log_list *list = file_log_list(DATA, "channels_log_list.json");
	struct pem_chain chain = file_chain(DATA, "channels.pem");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ct_evidence evidence = {.leaf = chain.der[0], .issuer = chain.der[1]};
		struct ct_bytes response = file_read(DATA, names[i]);
		struct ct_report report;

		assert_int_equal(ct_ocsp_scts(response, 0, &evidence.ocsp_scts), CT_OK);
		assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence,
					 AT(UINT64_C(1768478400000)), &report),
			CT_COMPLIANT);
		assert_int_equal(report.scts[1].origin, CT_ORIGIN_OCSP);
		file_free(response);
	}
	pem_free(&chain);
	ct_log_list_free(list);
}

/* Of a response that ends early nothing is taken. */
static void test_truncations([[maybe_unused]] void **state)
{
	static const char *const names[] = {"good.ocsp", "others.ocsp", "second.ocsp"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ct_bytes file = file_read(DATA, names[i]);

		for (size_t size = 0; size < file.size; size++) {
			struct ct_bytes cut = exact((struct ct_bytes){file.data, size});
			struct ct_bytes scts = untouched;

			assert_int_equal(ct_ocsp_scts(cut, i == 2, &scts), CT_E_MALFORMED);
			assert_true(is_untouched(scts));
			file_free(cut);
		}
		file_free(file);
	}
	assert_int_equal(
		ct_ocsp_scts((struct ct_bytes){0}, 0, &(struct ct_bytes){0}), CT_E_MALFORMED);
}

/* More behind its end is no part of it. */
static void test_trailing_byte([[maybe_unused]] void **state)
{
	struct ct_bytes file = file_read(DATA, "good.ocsp"), scts = untouched;
	uint8_t *longer = calloc(1, file.size + 1);

	assert_non_null(longer);
	memcpy(longer, file.data, file.size);
	assert_int_equal(ct_ocsp_scts((struct ct_bytes){longer, file.size + 1}, 0, &scts),
		CT_E_MALFORMED);
	assert_true(is_untouched(scts));
	free(longer);
	file_free(file);
}

/* A response with the last byte of this OBJECT IDENTIFIER changed. */
static enum ct_err change_oid(const char *oid, size_t size, struct ct_bytes *ret_scts)
{
	struct ct_bytes response = file_read(DATA, "good.ocsp");
	uint8_t *found = memmem(response.data, response.size, oid, size);
	enum ct_err err;

	assert_non_null(found);
	found[size - 1]++;
	err = ct_ocsp_scts(response, 0, ret_scts);
	assert_true(err != CT_OK || is_within(*ret_scts, response));
	file_free(response);
	return err;
}

/* Another type of response is not read as if it were a basic one; another extension is not the
 * SCT list. */
static void test_other_oids([[maybe_unused]] void **state)
{
	static const char basic[] = "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01";
	static const char list[] = "\x06\x0a\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05";
	struct ct_bytes scts = untouched;

	assert_int_equal(change_oid(basic, sizeof basic - 1, &scts), CT_E_MALFORMED);
	assert_true(is_untouched(scts));
	assert_int_equal(change_oid(list, sizeof list - 1, &scts), CT_OK);
	assert_int_equal(scts.size, 0);
}

/* Whatever one byte is changed to: no crash, nothing from outside, and on failure nothing at
 * all. */
static void test_changed_bytes([[maybe_unused]] void **state)
{
	struct ct_bytes file = file_read(DATA, "others.ocsp");
	struct ct_bytes response = exact(file);
	uint8_t *bytes = (uint8_t *)(uintptr_t)response.data;
	size_t accepted = 0, refused = 0;

	for (size_t i = 0; i < response.size; i++)
		for (unsigned value = 0; value <= UINT8_MAX; value++) {
			struct ct_bytes scts = untouched;
			enum ct_err err;

			bytes[i] = (uint8_t)value;
			err = ct_ocsp_scts(response, 0, &scts);
			if (err == CT_OK) {
				assert_true(is_within(scts, response));
				accepted++;
			} else {
				assert_int_equal(err, CT_E_MALFORMED);
				assert_true(is_untouched(scts));
				refused++;
			}
			bytes[i] = file.data[i];
		}
	/* Content may change unnoticed, structure may not. */
	assert_true(accepted > 0 && refused > 0);
	file_free(response);
	file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_they_count),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_trailing_byte),
		cmocka_unit_test(test_other_oids),
		cmocka_unit_test(test_changed_bytes),
	};

	return cmocka_run_group_tests_name("OCSP", tests, NULL, NULL);
}
