/* SPDX-License-Identifier: MIT */
#include "ctpolicy/calendar.h"
#include "ctpolicy/der.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIXTEEN "0123456789abcdef"
#define BYTES(text)                                                                            \
	{                                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                                      \
	}

static const struct {
	const char *name;
	struct ct_bytes bytes;
	bool good;
	size_t value, left;
} elements[] = {
	{"null", BYTES("\5\0"), true, 0, 0},
	{"short", BYTES("\4\2abc"), true, 2, 1},
	{"no length", BYTES("\4"), false, 0, 0},
	{"empty", BYTES(""), false, 0, 0},
	{"value cut", BYTES("\4\3ab"), false, 0, 0},
	{"indefinite length", BYTES("\x30\x80\0\0"), false, 0, 0},
	{"long form of a short length", BYTES("\4\x81\2ab"), false, 0, 0},
	{"long form with a zero in front",
		BYTES("\4\x82\0\x80" SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN
				SIXTEEN),
		false, 0, 0},
	{"long form",
		BYTES("\4\x81\x80" SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN
				SIXTEEN),
		true, 128, 0},
	{"length of five bytes", BYTES("\4\x85\0\0\0\0\1a"), false, 0, 0},
	{"length larger than memory", BYTES("\4\x84\xff\xff\xff\xff"), false, 0, 0},
	{"tag of several bytes", BYTES("\x1f\1\0"), false, 0, 0},
	{"the same, constructed", BYTES("\xbf\1\0"), false, 0, 0},
};

static void test_elements([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		struct ct_bytes rest = elements[i].bytes;
		struct der der = {0};

		if (ctp_der_next(&rest, &der) != elements[i].good ||
			der.value.size != elements[i].value ||
			(elements[i].good && rest.size != elements[i].left))
			fail_msg("%s", elements[i].name);
	}
}

static void test_headers([[maybe_unused]] void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 16777215};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		static uint8_t bytes[16777215 + 8];
		uint8_t *end = ctp_der_write_header(bytes, DER_SEQUENCE, sizes[i]);
		struct ct_bytes rest = {bytes, (size_t)(end - bytes) + sizes[i]};
		struct der der;

		assert_int_equal(end - bytes, ctp_der_header_size(sizes[i]));
		assert_true(ctp_der_take(&rest, DER_SEQUENCE, &der));
		assert_int_equal(der.value.size, sizes[i]);
		assert_int_equal(rest.size, 0);
	}
}

static const struct {
	uint8_t tag;
	struct ct_bytes text;
	bool good;
	uint64_t ms;
} times[] = {
	{DER_UTC_TIME, BYTES("700101000000Z"), true, 0},
	{DER_UTC_TIME, BYTES("260115120000Z"), true, 1768478400000},
	{DER_UTC_TIME, BYTES("491231235959Z"), true, 2524607999000},
	{DER_UTC_TIME, BYTES("240229000000Z"), true, 1709164800000},
	{DER_GENERALIZED_TIME, BYTES("20500101000000Z"), true, 2524608000000},
	{DER_GENERALIZED_TIME, BYTES("99991231235959Z"), true, 253402300799000},
	{DER_UTC_TIME, BYTES("500101000000Z"), false, 0}, /* 1950 */
	{DER_UTC_TIME, BYTES("230229000000Z"), false, 0},
	{DER_UTC_TIME, BYTES("261301000000Z"), false, 0},
	{DER_UTC_TIME, BYTES("260100000000Z"), false, 0},
	{DER_UTC_TIME, BYTES("260101240000Z"), false, 0},
	{DER_UTC_TIME, BYTES("260101006000Z"), false, 0},
	{DER_UTC_TIME, BYTES("260101000060Z"), false, 0},
	{DER_GENERALIZED_TIME, BYTES("20491231235959Z"), false, 0}, /* a UTCTime, then */
	{DER_GENERALIZED_TIME, BYTES("21000229000000Z"), false, 0}, /* no leap year */
	{DER_UTC_TIME, BYTES("2601011200Z"), false, 0},
	{DER_UTC_TIME, BYTES("260101120000+"), false, 0},
	{DER_UTC_TIME, BYTES("26010112000-Z"), false, 0},
	{DER_GENERALIZED_TIME, BYTES("260115120000Z"), false, 0},
	{DER_INTEGER, BYTES("260115120000Z"), false, 0},
};

static void test_times([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct der der = {.tag = times[i].tag, .value = times[i].text};
		uint64_t ms = 0;

		if (ctp_der_time(&der, &ms) != times[i].good || ms != times[i].ms)
			fail_msg("%s: %llu", times[i].text.data, (unsigned long long)ms);
	}
}

static const struct {
	const char *text;
	bool good;
	uint64_t ms;
} dates[] = {
	{"2026-01-15T12:00:00Z", true, 1768478400000},
	{"2026-01-15T13:00:00+01:00", true, 1768478400000},
	{"2026-01-15T06:30:00-05:30", true, 1768478400000},
	{"2026-01-15T12:00:00.123456Z", true, 1768478400000},
	{"2026-01-15T12:00:00", false, 0},
	{"2026-01-15T12:00:00.Z", false, 0},
	{"2026-01-15 12:00:00Z", false, 0},
	{"2026-01-15T12:00:00Zx", false, 0},
	{"2026-01-15T12:00:00+1:00", false, 0},
	{"2026-02-30T12:00:00Z", false, 0},
	{"2026-01-15T12:60:00Z", false, 0},
	{"2026-01-15T12:00:60Z", false, 0},
	{"2026-01-15T12:00:00+24:00", false, 0},
	{"2026-01-15T12:00:00+00:60", false, 0},
	{"2026-01-15T12:00:00+-1:00", false, 0},
	{"1970-01-01T00:00:00+01:00", false, 0},
	{"", false, 0},
};

static void test_dates([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		uint64_t ms = 0;

		if (ctp_calendar_parse(dates[i].text, &ms) != dates[i].good ||
			ms != dates[i].ms)
			fail_msg("%s: %llu", dates[i].text, (unsigned long long)ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
