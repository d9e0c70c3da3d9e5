/* SPDX-License-Identifier: MIT */
/* Names and types as text, both ways. Records are compared with other programs' in
 * tests/integration/test_presentation.py. */
#include "resolver/presentation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name;
	const char *text;
	size_t size; /* 0: no name */
	const char *again;
} names[] = {
	{"root", ".", 1, "."},
	{"absolute", "a.Example.", 11, "a.Example."},
	{"not absolute", "a.example", 11, "a.example."},
	{"escapes", "a\\.b\\032\\;.x", 9, "a\\.b\\032\\;.x."},
	{"an escape that is not needed", "\\a\\066", 4, "aB."},
	{"the longest label", LABEL63, 65, LABEL63 "."},
	{"a longer label", LABEL63 "a", 0, NULL},
	{"the longest name",
		LABEL63 "." LABEL63 "." LABEL63
			".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		255,
		LABEL63 "." LABEL63 "." LABEL63
			".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."},
	{"a longer name",
		LABEL63 "." LABEL63 "." LABEL63
			".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		0, NULL},
	{"a longer absolute name",
		LABEL63 "." LABEL63 "." LABEL63
			".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.",
		0, NULL},
	{"nothing", "", 0, NULL},
	{"two dots", "..", 0, NULL},
	{"an empty label", "a..b", 0, NULL},
	{"an empty first label", ".a", 0, NULL},
	{"an escape of nothing", "a\\", 0, NULL},
	{"an escape of 256", "a\\256", 0, NULL},
	{"a short escape", "a\\25", 0, NULL},
};

static void test_names([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint8_t wire[PRESENTATION_NAME_MAX];
		char again[2048] = "";
		size_t size = 0;
		FILE *out;

		if (presentation_read_name(names[i].text, wire, &size) != (names[i].size > 0) ||
			size != names[i].size)
			fail_msg("%s: %zu", names[i].name, size);
		if (size == 0)
			continue;
		out = fmemopen(again, sizeof again, "w");
		assert_true(presentation_name(out, (struct wire){wire, size}, 0));
		fclose(out);
		if (strcmp(again, names[i].again) != 0)
			fail_msg("%s: %s", names[i].name, again);
	}
}

/* In a message: labels, pointers, and what is neither. `at` is where the name is. */
static const struct {
	const char *name;
	const char *bytes;
	size_t n, at;
	size_t end; /* 0: no name */
	const char *text;
} compressed[] = {
	{"a pointer", "\1a\0\1b\xc0\0", 7, 3, 7, "b.a."},
	{"a pointer to the root", "\0\xc0\0", 3, 1, 3, "."},
	{"two pointers", "\1a\0\1b\xc0\0\1c\xc0\3", 11, 7, 11, "c.b.a."},
	{"a pointer to itself", "\xc0\0", 2, 0, 0, ""},
	{"a pointer forwards", "\xc0\2\1a\0", 5, 0, 0, ""},
	{"a pointer into what it ends", "\0\1a\xc0\1", 5, 1, 0, ""},
	{"half a pointer", "\0\xc0", 2, 1, 0, ""},
	{"a label cut short", "\3ab", 3, 0, 0, ""},
	{"no end", "\1a", 2, 0, 0, ""},
	{"a label of another kind", "\x40", 1, 0, 0, ""},
	{"nothing", "", 0, 0, 0, ""},
};

static void test_compressed([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
		uint8_t *exact = malloc(compressed[i].n > 0 ? compressed[i].n : 1);
		struct wire message = {exact, compressed[i].n};
		size_t at = compressed[i].at;
		char text[64] = "";
		FILE *out = fmemopen(text, sizeof text, "w");

		memcpy(exact, compressed[i].bytes, compressed[i].n);
		if (presentation_skip_name(message, &at) != (compressed[i].end > 0) ||
			(compressed[i].end > 0 && at != compressed[i].end))
			fail_msg("%s: ends at %zu", compressed[i].name, at);
		assert_int_equal(presentation_name(out, message, compressed[i].at),
			compressed[i].end > 0);
		fclose(out);
		if (compressed[i].end > 0 && strcmp(text, compressed[i].text) != 0)
			fail_msg("%s: %s", compressed[i].name, text);
		free(exact);
	}
}

static void test_types([[maybe_unused]] void **state)
{
	uint16_t type;
	char text[16];
	FILE *out;

	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		memset(text, 0, sizeof text);
		out = fmemopen(text, sizeof text, "w");
		presentation_type(out, (uint16_t)i);
		fclose(out);
		assert_true(presentation_read_type(text, &type));
		assert_int_equal(type, i);
	}
	assert_true(presentation_read_type("aaaa", &type) && type == 28);
	assert_true(presentation_read_type("type65535", &type) && type == 65535);
	assert_false(presentation_read_type("TYPE65536", &type));
	assert_false(presentation_read_type("TYPE", &type));
	assert_false(presentation_read_type("TYPE1x", &type));
	assert_false(presentation_read_type("TYPE99999999999999999999", &type));
	assert_false(presentation_read_type("", &type));
}

/* RFC 4034 section 3.2: as a date, or as a number where time_t ends before. */
static void test_times_after_2038([[maybe_unused]] void **state)
{
	static const uint8_t bytes[] = {0, 1, 13, 2, 0, 0, 1, 44, /* A, ECDSA, 300 s */
		0xf8, 0x65, 0x8b, 0x80, 0x7f, 0xff, 0xff, 0xff,   /* until, from */
		0, 7, 0, 1, 2, 3};
	struct presentation_record record = {.type = 46, .class = 1, .data_size = sizeof bytes};
	char text[96] = "";
	FILE *out = fmemopen(text, sizeof text, "w");

	presentation_data(out, (struct wire){bytes, sizeof bytes}, &record);
	fclose(out);
	assert_string_equal(text, sizeof(time_t) > 4
					  ? "A 13 2 300 21020122202016 20380119031407 7 . AQID"
					  : "A 13 2 300 4167404416 20380119031407 7 . AQID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_times_after_2038),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
