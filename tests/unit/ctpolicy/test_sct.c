/* SPDX-License-Identifier: MIT */
#include "ctpolicy/sct.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* version 0, log id, timestamp, two bytes of extensions, SHA-256 with ECDSA, three of signature
 */
#define ID "0123456789abcdef0123456789abcdef"
#define SCT "\0" ID "\0\0\1\2\3\4\5\6\0\2xx\4\3\0\3sig"
enum { SCT_SIZE = sizeof SCT - 1 };

static enum sct_parse parse_all(
	const void *bytes, size_t size, struct sct *ret_last, size_t *ret_n)
{
	struct reader items;
	struct sct sct;

	*ret_n = 0;
	if (!ctp_scts_open((struct ct_bytes){bytes, size}, &items))
		return SCT_MALFORMED;
	for (;;) {
		enum sct_parse parsed = ctp_scts_next(&items, &sct);

		if (parsed == SCT_END || parsed == SCT_MALFORMED)
			return parsed;
		(*ret_n)++;
		if (parsed == SCT_PARSED)
			*ret_last = sct;
	}
}

/* After a read past the end there is nothing more, though there are bytes. */
static void test_reader([[maybe_unused]] void **state)
{
	struct reader r = {.rest = {(const uint8_t *)"\1\2\3", 3}};

	assert_int_equal(read_number(&r, 2), 0x0102);
	assert_int_equal(read_bytes(&r, 2).size, 0);
	assert_true(r.bad);
	assert_int_equal(read_number(&r, 1), 0);
}

static const char GOOD[] = "\0\x36\0\x34" SCT;

static void test_fields([[maybe_unused]] void **state)
{
	struct sct sct;
	size_t n;

	assert_int_equal(SCT_SIZE, 0x34);
	assert_int_equal(parse_all(GOOD, sizeof GOOD - 1, &sct, &n), SCT_END);
	assert_int_equal(n, 1);
	assert_memory_equal(sct.log_id.data, ID, 32);
	assert_true(sct.timestamp_ms == UINT64_C(0x010203040506));
	assert_memory_equal(sct.extensions.data, "xx", 2);
	assert_int_equal(sct.hash, 4);
	assert_int_equal(sct.algorithm, 3);
	assert_int_equal(sct.signature.size, 3);
}

/* Cut anywhere, from an allocation of just that size: a sanitizer sees any read beyond. */
static void test_cut([[maybe_unused]] void **state)
{
	for (size_t size = 0; size < sizeof GOOD - 1; size++) {
		uint8_t *bytes = malloc(size > 0 ? size : 1);
		struct sct sct;
		size_t n;

		memcpy(bytes, GOOD, size);
		assert_int_equal(parse_all(bytes, size, &sct, &n), SCT_MALFORMED);
		free(bytes);
	}
}

static const struct {
	const char *name, *bytes;
	size_t size;
	enum sct_parse end;
	size_t n;
} lists[] = {
#define LIST(bytes) bytes, sizeof(bytes) - 1
	{"two", LIST("\0\x6c\0\x34" SCT "\0\x34" SCT), SCT_END, 2},
	{"unknown version, then one of ours", LIST("\0\x3c\0\4\1abc\0\x34" SCT), SCT_END, 2},
	{"empty list", LIST("\0\0"), SCT_MALFORMED, 0},
	{"byte behind the list", LIST("\0\x36\0\x34" SCT "x"), SCT_MALFORMED, 0},
	{"empty SCT", LIST("\0\2\0\0"), SCT_MALFORMED, 0},
	{"byte behind the signature", LIST("\0\x37\0\x35" SCT "x"), SCT_MALFORMED, 0},
	{"extensions longer than the SCT",
		LIST("\0\x36\0\x34\0" ID "\0\0\1\2\3\4\5\6\0\x20xx\4\3\0\3sig"), SCT_MALFORMED,
		0},
	{"no signature", LIST("\0\x33\0\x31\0" ID "\0\0\1\2\3\4\5\6\0\2xx\4\3\0\0"),
		SCT_MALFORMED, 0},
	{"a good one, then a broken one", LIST("\0\x3a\0\x34" SCT "\0\2\0x"), SCT_MALFORMED, 1},
#undef LIST
};

static void test_lists([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct sct sct;
		size_t n;

		if (parse_all(lists[i].bytes, lists[i].size, &sct, &n) != lists[i].end ||
			n != lists[i].n)
			fail_msg("%s: %zu", lists[i].name, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests_name("sct", tests, NULL, NULL);
}
