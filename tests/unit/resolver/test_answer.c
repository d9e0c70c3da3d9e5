/* SPDX-License-Identifier: MIT */
/* Which records of an answer are passed on, and for how long they are kept. */
#include "resolver/reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text)                                                                            \
	{                                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                                      \
	}

#define HEADER(low, an, ns, ar) "\xab\xcd\x81" low "\0\1\0" an "\0" ns "\0" ar
#define NAME "\3www\7example\3com\0" /* at 12; example.com at 16, com at 24 */
#define QUESTION NAME "\0\1\0\1"     /* 12 to 33 */
#define IN_A "\0\1\0\1"
#define TTL300 "\0\0\1\x2c"
#define A "\xc0\x0c" IN_A TTL300 "\0\4\xc0\0\2\1"
#define SOA_DATA "\0\x1a\1m\xc0\x10\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x3c"
#define SOA "\xc0\x10\0\6\0\1" TTL300 SOA_DATA /* MINIMUM 60 */

static const struct wire question = BYTES(QUESTION);
static struct answer_room room;

static bool read_it(struct wire message, struct answer *ret)
{
	return message_read_answer(question, message, &room, ret);
}

static const struct {
	const char *name;
	struct wire message;
	unsigned answers, authorities;
	uint32_t lifetime_s;
	bool negative;
} cases[] = {
	{"what was asked", BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION A), 1, 0, 300,
		false},
	{"its owner in full",
		BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION
			"\3WWW\7eXample\3com\0" IN_A TTL300 "\0\4\xc0\0\2\1"),
		1, 0, 300, false},
	{"an address of another name",
		BYTES(HEADER("\x80", "\2", "\0", "\0") QUESTION A "\4bank\xc0\x10" IN_A TTL300
								  "\0\4\xc0\0\2\1"),
		1, 0, 300, false},
	{"only of another name",
		BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION "\4bank\xc0\x10" IN_A TTL300
								"\0\4\xc0\0\2\1"),
		0, 0, 0, true},
	{"of another class",
		BYTES(HEADER("\x80", "\2", "\0", "\0") QUESTION A "\xc0\x0c\0\1\0\3" TTL300
								  "\0\4\xc0\0\2\1"),
		1, 0, 300, false},
	{"of another type",
		BYTES(HEADER("\x80", "\2", "\0", "\0") QUESTION A "\xc0\x0c\0\x10\0\1" TTL300
								  "\0\2\1a"),
		1, 0, 300, false},
	{"a chain",
		BYTES(HEADER("\x80", "\2", "\0", "\0") QUESTION
			"\xc0\x0c\0\5\0\1\0\0\0\x0a\0\4\1c"
			"\xc0\x10\xc0\x2d" IN_A TTL300 "\0\4\xc0\0\2\1"),
		2, 0, 10, false},
	{"a chain, its end first",
		BYTES(HEADER("\x80", "\2", "\0", "\0") QUESTION
			"\1c\xc0\x10" IN_A TTL300
			"\0\4\xc0\0\2\1\xc0\x0c\0\5\0\1\0\0\0\x0a\0\2\xc0\x21"),
		2, 0, 10, false},
	{"two aliases of one name",
		BYTES(HEADER("\x80", "\3", "\0", "\0") QUESTION
			"\xc0\x0c\0\5\0\1\0\0\0\x0a\0\4\1c"
			"\xc0\x10\xc0\x0c\0\5\0\1\0\0\0\x0a\0\4\1d\xc0\x10\xc0\x2d" IN_A TTL300
			"\0\4\xc0\0\2\1"),
		2, 0, 10, false},
	{"an alias of itself",
		BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION
			"\xc0\x0c\0\5\0\1\0\0\0\x0a\0\2\xc0\x0c"),
		1, 0, 0, true},
	{"a DNAME, and the alias that it makes",
		BYTES(HEADER("\x80", "\3", "\0", "\0") QUESTION
			"\xc0\x10\0\x27\0\1" TTL300 "\0\5\3net\0\xc0\x0c\0\5\0\1" TTL300
			"\0\6\3www\xc0\x2d\xc0\x3e" IN_A TTL300 "\0\4\xc0\0\2\1"),
		3, 0, 300, false},
	{"NODATA", BYTES(HEADER("\x80", "\0", "\1", "\0") QUESTION SOA), 0, 1, 60, true},
	{"NXDOMAIN", BYTES(HEADER("\x83", "\0", "\1", "\0") QUESTION SOA), 0, 1, 60, true},
	{"NODATA without an SOA", BYTES(HEADER("\x80", "\0", "\0", "\0") QUESTION), 0, 0, 0,
		true},
	{"SERVFAIL", BYTES(HEADER("\x82", "\0", "\0", "\0") QUESTION), 0, 0, 5, true},
	{"REFUSED", BYTES(HEADER("\x85", "\0", "\0", "\0") QUESTION), 0, 0, 5, true},
	{"name servers of the zone",
		BYTES(HEADER("\x80", "\1", "\1", "\0") QUESTION A "\xc0\x10\0\2\0\1" TTL300
								  "\0\2\xc0\x0c"),
		1, 1, 300, false},
	{"name servers of a sibling",
		BYTES(HEADER("\x80", "\1", "\1", "\0") QUESTION A
			"\4bank\xc0\x18\0\2\0\1" TTL300 "\0\2\xc0\x0c"),
		1, 0, 300, false},
	{"an SOA from elsewhere",
		BYTES(HEADER("\x83", "\0", "\1", "\0") QUESTION
			"\4bank\xc0\x18\0\6\0\1" TTL300 SOA_DATA),
		0, 0, 0, true},
	{"an address besides",
		BYTES(HEADER("\x80", "\1", "\0", "\1") QUESTION A "\4bank\xc0\x10" IN_A TTL300
								  "\0\4\xc0\0\2\1"),
		1, 0, 300, false},
	{"the highest bit of its TTL",
		BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION "\xc0\x0c" IN_A "\x80\0\1\x2c"
								"\0\4\xc0\0\2\1"),
		1, 0, 0, false},
	{"more than a day",
		BYTES(HEADER("\x80", "\1", "\0", "\0") QUESTION "\xc0\x0c" IN_A
								"\x7f\xff\xff\xff"
								"\0\4\xc0\0\2\1"),
		1, 0, 86400, false},
	{"an SOA for more than an hour",
		BYTES(HEADER("\x83", "\0", "\1", "\0") QUESTION
			"\xc0\x10\0\6\0\1\0\1\0\0"
			"\0\x1a\1m\xc0\x10\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\1\0\0"),
		0, 1, 3600, true},
};

static void test_records([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;

		if (!read_it(cases[i].message, &answer))
			fail_msg("%s: not an answer", cases[i].name);
		if (answer.answers != cases[i].answers ||
			answer.authorities != cases[i].authorities ||
			answer.lifetime_s != cases[i].lifetime_s ||
			answer.negative != cases[i].negative)
			fail_msg("%s: %u, %u, %u s, negative %d", cases[i].name, answer.answers,
				answer.authorities, answer.lifetime_s, answer.negative);
		assert_int_equal(answer.n_ttls, answer.answers + answer.authorities);
	}
}

/* What is left when a record is taken out is still a message that means the same. */
static void test_rewritten([[maybe_unused]] void **state)
{
	static const struct wire message = BYTES(HEADER("\x80", "\2", "\0", "\1") QUESTION
		"\1c\xc0\x10" IN_A TTL300 "\0\4\xc0\0\2\1\xc0\x0c\0\5\0\1\0\0\0\x0a\0\2\xc0\x21"
		"\0\0\x29\x04\xd0\0\0\0\0\0\x08\0\x0f\0\4\0\x16hi");
	struct request request = {.id = 0x1234, .edns = true, .question = question};
	uint8_t out[512];
	struct answer answer;
	size_t size;

	assert_true(read_it(message, &answer));
	assert_int_equal(answer.ede, EDE_NO_REACHABLE_AUTHORITY);
	size = message_write_reply(&request, &answer, out, sizeof out);
	assert_int_equal(size, 12 + 21 + 17 + 10 + 15 + 15 + 10 + 4 + 11 + 8);
	assert_memory_equal(out + 33,
		NAME "\0\5\0\1\0\0\0\x0a\0\x0f\1c\7example\3com\0"
		     "\1c\7example\3com\0" IN_A TTL300 "\0\4\xc0\0\2\1"
		     "\0\0\x29\x04\xd0\0\0\0\0\0\x08\0\x0f\0\4\0\x16hi",
		size - 33);
}

/* Of a negative answer no TTL outlives its SOA's MINIMUM. */
static void test_negative_ttl([[maybe_unused]] void **state)
{
	struct request request = {.question = question};
	uint8_t out[512];
	struct answer answer;

	assert_true(read_it(
		(struct wire)BYTES(HEADER("\x83", "\0", "\1", "\0") QUESTION SOA), &answer));
	answer.age_s = 20;
	(void)message_write_reply(&request, &answer, out, sizeof out);
	assert_memory_equal(out + 33, "\xc0\x10\0\6\0\1\0\0\0\x28", 10);
}

/* A message all of pointers to pointers costs no more than its size is worth. */
static void test_budget([[maybe_unused]] void **state)
{
	static uint8_t message[65535];
	struct wire head = BYTES(HEADER("\x80", "\0", "\0", "\0") QUESTION);
	size_t at = head.size, names = at + 11;
	struct answer answer;

	memcpy(message, head.data, head.size);
	/* A record whose data is a tower of labels, each under the one before. */
	memcpy(message + at, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\xfe", 12);
	at += 12;
	for (size_t i = 0; i < 127; i++) {
		message[at++] = 1;
		message[at++] = 'a';
	}
	names = at - 254;
	message[7] = 1;
	while (at + 12 < 40000) {
		message[at++] = (uint8_t)(0xc0 | names >> 8);
		message[at++] = (uint8_t)names;
		memcpy(message + at, "\0\1\0\1\0\0\1\x2c\0\0", 10);
		at += 10;
		if (++message[7] == 0)
			message[6]++;
	}
	assert_false(read_it((struct wire){message, at}, &answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_negative_ttl),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
