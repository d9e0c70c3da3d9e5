/* SPDX-License-Identifier: MIT */
/* What is taken of replies, of hostile ones, too; and names, one way and the other. */
#include "resolver/resolve_answer.h"
#include "resolver/resolve_name.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) ((const uint8_t *)(literal)), sizeof(literal) - 1

/* Headers with so many answers and additional records; "a.b" and the type asked for. */
#define REPLY(answers, additionals) "\0\0\x81\x80\0\1\0" answers "\0\0\0" additionals
#define ASKS(type) "\1a\1b\0\0" type "\0\1"
#define A_RECORD "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"

/* In memory of its own, so that what is read behind it is seen. */
static struct reading *read_bytes(const uint8_t *bytes, size_t size, uint8_t **ret_copy)
{
	struct reading *reading = malloc(sizeof *reading);

	*ret_copy = malloc(size > 0 ? size : 1);
	memcpy(*ret_copy, bytes, size);
	reading_read((struct wire){*ret_copy, size}, reading);
	return reading;
}

static const struct {
	const char *name;
	const uint8_t *bytes;
	size_t size;
	enum resolve_err want;
} cases[] = {
	{"good", BYTES(REPLY("\1", "\0") ASKS("\1") A_RECORD), RESOLVE_OK},
	{"nothing", BYTES(""), RESOLVE_INVALID_REPLY},
	{"a header", BYTES(REPLY("\0", "\0")), RESOLVE_INVALID_REPLY},
	{"no data", BYTES(REPLY("\0", "\0") ASKS("\1")), RESOLVE_NO_SUCH_RR},
	{"a query", BYTES("\0\0\1\0\0\1\0\0\0\0\0\0" ASKS("\1")), RESOLVE_INVALID_REPLY},
	{"no question", BYTES("\0\0\x81\x80\0\0\0\0\0\0\0\0"), RESOLVE_INVALID_REPLY},
	{"two questions", BYTES("\0\0\x81\x80\0\2\0\0\0\0\0\0" ASKS("\1") ASKS("\1")),
		RESOLVE_INVALID_REPLY},
	{"the question is compressed", BYTES(REPLY("\0", "\0") "\xc0\x0c\0\1\0\1"),
		RESOLVE_INVALID_REPLY},
	{"truncated, and nothing", BYTES("\0\0\x83\x80\0\1\0\0\0\0\0\0" ASKS("\1")),
		RESOLVE_INVALID_REPLY},
	{"truncated, and something", BYTES("\0\0\x83\x80\0\1\0\1\0\0\0\0" ASKS("\1") A_RECORD),
		RESOLVE_OK},
	{"NXDOMAIN", BYTES("\0\0\x81\x83\0\1\0\0\0\0\0\0" ASKS("\1")), RESOLVE_DNS_ERROR},
	{"another's record",
		BYTES(REPLY("\1", "\0") ASKS("\1") "\1b\0\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"),
		RESOLVE_NO_SUCH_RR},
	{"another type", BYTES(REPLY("\1", "\0") ASKS("\x1c") A_RECORD), RESOLVE_NO_SUCH_RR},
	{"a pointer to itself",
		BYTES(REPLY("\1", "\0") ASKS("\1") "\xc0\x15\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"),
		RESOLVE_INVALID_REPLY},
	{"a pointer forwards",
		BYTES(REPLY("\1", "\0") ASKS("\1") "\xc0\x20\0\1\0\1\0\0\0\5\0\4\xc0\0\2\1"),
		RESOLVE_INVALID_REPLY},
	{"a CNAME to itself",
		BYTES(REPLY("\2", "\0") ASKS("\1") "\xc0\x0c\0\5\0\1\0\0\0\5\0\2\xc0\x0c"
						   "\xc0\x0c\0\5\0\1\0\0\0\5\0\2\xc0\x0c"),
		RESOLVE_NO_SUCH_RR},
	{"more data than there are",
		BYTES(REPLY("\1", "\0") ASKS("\1") "\xc0\x0c\0\1\0\1\0\0\0\5\xff\xff\xc0\0\2"),
		RESOLVE_INVALID_REPLY},
	{"fewer records than it says", BYTES(REPLY("\2", "\0") ASKS("\1") A_RECORD),
		RESOLVE_INVALID_REPLY},
	{"two OPT records",
		BYTES(REPLY("\0", "\2") ASKS("\1") "\0\0\x29\4\xd0\0\0\0\0\0\0"
						   "\0\0\x29\4\xd0\0\0\0\0\0\0"),
		RESOLVE_INVALID_REPLY},
	{"an option is cut",
		BYTES(REPLY("\0", "\1") ASKS("\1") "\0\0\x29\4\xd0\0\0\0\0\0\5\0\x0f\0\4\0"),
		RESOLVE_INVALID_REPLY},
};

static void test_cases([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t *copy;
		struct reading *reading = read_bytes(cases[i].bytes, cases[i].size, &copy);

		if (reading->err != cases[i].want)
			fail_msg("%s: %d, not %d", cases[i].name, reading->err, cases[i].want);
		free(reading);
		free(copy);
	}
}

/* Cut anywhere, it is none. */
static void test_cut([[maybe_unused]] void **state)
{
	static const uint8_t whole[] = REPLY("\1", "\1") ASKS("\1") A_RECORD
		"\0\0\x29\4\xd0\0\0\0\0\0\7\0\x0f\0\3\0\x16x";
	uint8_t *copy;

	for (size_t size = 0; size < sizeof whole; size++) {
		struct reading *reading = read_bytes(whole, size, &copy);

		assert_int_equal(reading->err,
			size == sizeof whole - 1 ? RESOLVE_OK : RESOLVE_INVALID_REPLY);
		free(reading);
		free(copy);
	}
}

/* Errors with an Extended DNS Error: lower rcode, upper rcode, code, text. */
static void test_ede([[maybe_unused]] void **state)
{
	uint8_t bytes[] = "\0\0\x81\x82\0\1\0\0\0\0\0\1" ASKS(
		"\1") "\0\0\x29\4\xd0\0\0\0\0\0\x0b\0\x0f\0\7\0\x16ok\xff\n\x7f";
	uint8_t *copy;
	struct reading *reading = read_bytes(bytes, sizeof bytes - 1, &copy);

	assert_int_equal(reading->err, RESOLVE_DNS_ERROR);
	assert_int_equal(reading->rcode, RCODE_SERVFAIL);
	assert_int_equal(reading->ede, EDE_NO_REACHABLE_AUTHORITY);
	assert_string_equal(reading->ede_text, "ok???");
	free(reading);
	free(copy);
	bytes[sizeof bytes - 7] = EDE_SIGNATURE_EXPIRED;
	reading = read_bytes(bytes, sizeof bytes - 1, &copy);
	assert_int_equal(reading->err, RESOLVE_DNSSEC_FAILED);
	free(reading);
	free(copy);
	/* BADVERS; its judge does not matter. */
	bytes[3] = 0x80;
	bytes[sizeof bytes - 1 - 17] = 1;
	reading = read_bytes(bytes, sizeof bytes - 1, &copy);
	assert_int_equal(reading->rcode, RCODE_BADVERS);
	assert_int_equal(reading->err, RESOLVE_DNS_ERROR);
	free(reading);
	free(copy);
}

/* An alias, and an SRV record whose names are compressed. */
static void test_records([[maybe_unused]] void **state)
{
	static const uint8_t bytes[] = REPLY("\3", "\0")
		ASKS("\x21") "\xc0\x0c\0\5\0\1\0\0\0\5\0\4\1c\xc0\x0e"
			     "\xc0\x21\0\x21\0\1\0\0\0\5\0\x0a\0\1\0\2\0\3\1h\xc0\x0e"
			     "\xc0\x21\0\x21\0\1\0\0\0\5\0\7\0\1\0\2\0\3\1";
	static const uint8_t whole[] = "\1c\1b\0\0\x21\0\1\0\0\0\5\0\x0b\0\1\0\2\0\3\1h\1b";
	char text[RESOLVE_TEXT_MAX];
	struct address address;
	uint8_t *copy, *rr;
	struct reading *reading = read_bytes(bytes, sizeof bytes - 1, &copy);
	size_t size, at;

	assert_int_equal(reading->err, RESOLVE_OK);
	assert_int_equal(reading->aliases, 1);
	assert_true(resolve_name_text(reading->message, reading->canonical, text));
	assert_string_equal(text, "c.b");
	assert_int_equal(reading->n, 2);
	rr = reading_record(reading, 0, &size);
	assert_int_equal(size, sizeof whole);
	assert_memory_equal(rr, whole, size);
	free(rr);
	assert_true(reading_name_at(reading, 0, 6, &at));
	assert_true(resolve_name_text(reading->message, at, text));
	assert_string_equal(text, "h.b");
	assert_false(reading_name_at(reading, 0, 5, &at));
	assert_false(reading_name_at(reading, 0, 100, &at));
	assert_false(reading_address(reading, 0, &address));
	/* The second's target is cut. */
	assert_false(reading_name_at(reading, 1, 6, &at));
	assert_null(reading_record(reading, 1, &size));
	free(reading);
	free(copy);
}

static void test_many([[maybe_unused]] void **state)
{
	static const uint8_t head[] = "\0\0\x81\x80\0\1\1\x2c\0\0\0\0" ASKS("\1");
	static uint8_t bytes[sizeof head - 1 + 300 * (sizeof A_RECORD - 1)];
	uint8_t *copy;
	struct reading *reading;

	memcpy(bytes, head, sizeof head - 1);
	for (size_t i = 0; i < 300; i++)
		memcpy(bytes + sizeof head - 1 + i * (sizeof A_RECORD - 1), A_RECORD,
			sizeof A_RECORD - 1);
	reading = read_bytes(bytes, sizeof bytes, &copy);
	assert_int_equal(reading->err, RESOLVE_OK);
	assert_int_equal(reading->n, READING_RECORDS_MAX);
	free(reading);
	free(copy);
}

/* With its names in full it would be larger than a record can be. */
static void test_too_large([[maybe_unused]] void **state)
{
	static const uint8_t head[] = REPLY("\1",
		"\0") "\x3f"
		      "0123456789012345678901234567890123456789012345678901234567890\xc3\xa4"
		      "\0\0\x1a\0\1"
		      "\xc0\x0c\0\x1a\0\1\0\0\0\5";
	static uint8_t bytes[MESSAGE_SIZE_MAX];
	uint8_t *copy;
	size_t size, at = sizeof head - 1;
	struct reading *reading;

	memcpy(bytes, head, at);
	write16(bytes + at, (unsigned)(sizeof bytes - at - 2));
	memcpy(bytes + at + 2, "\0\0\xc0\x0c\xc0\x0c", 6);
	reading = read_bytes(bytes, sizeof bytes, &copy);
	assert_int_equal(reading->err, RESOLVE_OK);
	assert_null(reading_record(reading, 0, &size));
	free(reading);
	free(copy);
}

/* As a whole; "!": it is none. */
static void test_names([[maybe_unused]] void **state)
{
	static const struct {
		const char *text, *want;
	} names[] = {
		{"a.B", "a.B"},
		{"a.b.", "a.b"},
		{".", "."},
		{"a\\.b.c", "a\\046b.c"},
		{"a b", "a\\032b"},
		{"\\000\\255", "\\000\\255"},
		{"_x-y.test", "_x-y.test"},
		{"B\xc3\xbc"
		 "cher.test",
			"xn--bcher-kva.test"},
		{"", "!"},
		{"..", "!"},
		{"a..b", "!"},
		{"a\nb", "!"},
		{"a\x7f", "!"},
		{"\xff", "!"},
		{"\\256", "!"},
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct resolve_name name;
		char text[RESOLVE_TEXT_MAX] = "!";

		if (resolve_name_read(names[i].text, &name))
			assert_true(resolve_name_text(
				(struct wire){name.wire, name.size}, 0, text));
		assert_string_equal(text, names[i].want);
	}
}

static void test_split([[maybe_unused]] void **state)
{
	static const struct {
		const char *name, *instance, *type, *domain;
	} names[] = {
		{"_ipp._tcp.a.b", "", "_ipp._tcp", "a.b"},
		{"One\\.of\\032all._ipp._tcp.a.b", "One.of all", "_ipp._tcp", "a.b"},
		{"\\195\\164\\255\\027._ipp._tcp.a", "\xc3\xa4??", "_ipp._tcp", "a"},
		{"_ipp._tcp", "", "_ipp._tcp", "."},
		{"x._ipp._tcp", "x", "_ipp._tcp", "."},
		{"x._ipp.tcp.a", "", "", "x._ipp.tcp.a"},
		{"_ipp", "", "", "_ipp"},
		{"x", "", "", "x"},
		{"x._ipp", "", "", "x._ipp"},
		{".", "", "", "."},
	};
	struct resolve_service_name split;
	struct resolve_name name, longer;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_true(resolve_name_read(names[i].name, &name));
		assert_true(resolve_name_split((struct wire){name.wire, name.size}, 0, &split));
		assert_string_equal(split.instance, names[i].instance);
		assert_string_equal(split.type, names[i].type);
		assert_string_equal(split.domain, names[i].domain);
	}
	assert_false(resolve_name_split((struct wire){name.wire, 0}, 0, &split));
	/* As long as a name may be, and no longer. */
	assert_true(resolve_name_read("a", &name));
	while (name.size < 253)
		assert_true(resolve_name_append(&name, &(struct resolve_name){{1, 'b', 0}, 3}));
	longer = name;
	assert_true(resolve_name_append(&longer, &(struct resolve_name){{1, 'b', 0}, 3}));
	assert_int_equal(longer.size, 255);
	assert_false(resolve_name_append(&name, &(struct resolve_name){{2, 'b', 'b', 0}, 4}));
	assert_int_equal(name.size, 253);
}

/* Each flag that is good for a kind, and no other bit. */
static void test_flags([[maybe_unused]] void **state)
{
	/* Bits 0 to 5, 10 to 15, 24 and 25; 8 for names; 6 and 7 for services. */
	const uint64_t all = 0x3f | UINT64_C(0x3f) << 10 | UINT64_C(3) << 24;
	const uint64_t more[] = {[RESOLVE_HOSTNAME] = 1 << 8, [RESOLVE_SERVICE] = 3 << 6};

	for (unsigned kind = RESOLVE_HOSTNAME; kind <= RESOLVE_SERVICE; kind++)
		for (unsigned bit = 0; bit < 64; bit++)
			assert_int_equal(
				resolve_flags_good((enum resolve_kind)kind, UINT64_C(1) << bit),
				(all | more[kind]) >> bit & 1);
}

static void test_words([[maybe_unused]] void **state)
{
	struct resolve_end end = {.err = RESOLVE_DNS_ERROR,
		.rcode = 77,
		.name = "x",
		.ede = EDE_NETWORK_ERROR,
		.ede_text = ""};
	char out[256];

	resolve_why(&end, out, sizeof out);
	assert_string_equal(out, "Could not resolve 'x', server or network returned error "
				 "RCODE77: Network Error");
	resolve_why(&end, out, 10);
	assert_string_equal(out, "Could not");
	out[0] = 'x';
	resolve_why(&end, out, 0);
	assert_int_equal(out[0], 'x');
	/* One of a front end's own, with nothing else. */
	resolve_why(&(struct resolve_end){.err = RESOLVE_INVALID_FLAGS}, out, sizeof out);
	assert_string_equal(out, "Invalid flags parameter");
	for (int err = RESOLVE_OK; err <= RESOLVE_NOMEM; err++) {
		resolve_why(
			&(struct resolve_end){.err = (enum resolve_err)err}, out, sizeof out);
		assert_true(strlen(out) > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_ede),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("resolve_answer", tests, NULL, NULL);
}
