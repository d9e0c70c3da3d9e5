/* SPDX-License-Identifier: MIT */
#include "resolver/message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Messages are written as C strings; their last byte is not the terminator. */
#define BYTES(text)                                                                            \
	{                                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                                      \
	}
#define WIRE(text) ((struct wire)BYTES(text))

#define HEADER(flags, qd, an, ns, ar) "\xab\xcd" flags "\0" qd "\0" an "\0" ns "\0" ar
#define QUESTION "\7eXample\3com\0\0\1\0\1"
#define OPT(class, ttl, options) "\0\0\x29" class ttl options
#define PLAIN_OPT OPT("\x10\0", "\0\0\0\0", "\0\0")

static const struct {
	const char *name;
	struct wire message;
	bool reply;
	enum rcode rcode;
} requests[] = {
	{"plain", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION), true, RCODE_NOERROR},
	{"with EDNS", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1") QUESTION PLAIN_OPT), true,
		RCODE_NOERROR},
	{"root name", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\0\0\2\0\1"), true,
		RCODE_NOERROR},
	{"unknown option",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1")
				QUESTION OPT("\x10\0", "\0\0\0\0", "\0\6\xff\0\0\2hi")),
		true, RCODE_NOERROR},
	{"a record beside the OPT",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\2") QUESTION
			"\xc0\x0c\0\1\0\1\0\0\0\0\0\0" PLAIN_OPT),
		true, RCODE_NOERROR},
	{"empty", BYTES(""), false, RCODE_NOERROR},
	{"shorter than a header", BYTES("\xab\xcd\1\0\0\1\0\0\0\0\0"), false, RCODE_NOERROR},
	{"a reply", BYTES(HEADER("\x81\0", "\1", "\0", "\0", "\0") QUESTION), false,
		RCODE_NOERROR},
	{"no question", BYTES(HEADER("\1\0", "\0", "\0", "\0", "\0")), true, RCODE_FORMERR},
	{"two questions", BYTES(HEADER("\1\0", "\2", "\0", "\0", "\0") QUESTION QUESTION), true,
		RCODE_FORMERR},
	{"cut in the name", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\7exam"), true,
		RCODE_FORMERR},
	{"cut in the type", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\1a\0\0"), true,
		RCODE_FORMERR},
	{"compressed question",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\xc0\x0c\0\1\0\1"), true,
		RCODE_FORMERR},
	{"label of a reserved kind",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\x40\0\0\1\0\1"), true,
		RCODE_FORMERR},
	{"bytes behind the end", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION "x"),
		true, RCODE_FORMERR},
	{"two OPT records",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\2") QUESTION PLAIN_OPT PLAIN_OPT),
		true, RCODE_FORMERR},
	{"OPT among the answers",
		BYTES(HEADER("\1\0", "\1", "\1", "\0", "\0") QUESTION PLAIN_OPT), true,
		RCODE_FORMERR},
	{"OPT with a name",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1") QUESTION "\1a" PLAIN_OPT), true,
		RCODE_FORMERR},
	{"option longer than the OPT",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1")
				QUESTION OPT("\x10\0", "\0\0\0\0", "\0\5\0\x0a\0\2x")),
		true, RCODE_FORMERR},
	{"OPT cut short", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1") QUESTION "\0\0\x29\x10"),
		true, RCODE_FORMERR},
	{"pointer to itself",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1") QUESTION
			"\xc0\x1d\0\1\0\1\0\0\0\0\0\0"),
		true, RCODE_FORMERR},
	{"EDNS version 1",
		BYTES(HEADER("\1\0", "\1", "\0", "\0", "\1")
				QUESTION OPT("\x10\0", "\0\1\0\0", "\0\0")),
		true, RCODE_BADVERS},
	{"status query", BYTES(HEADER("\x11\0", "\1", "\0", "\0", "\0") QUESTION), true,
		RCODE_NOTIMP},
	{"update", BYTES(HEADER("\x29\0", "\1", "\0", "\0", "\0") QUESTION), true,
		RCODE_NOTIMP},
	{"zone transfer", BYTES(HEADER("\1\0", "\1", "\0", "\0", "\0") "\1a\0\0\xfc\0\1"), true,
		RCODE_NOTIMP},
};

static struct answer_room room;

static void test_requests([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct request request;
		enum rcode rcode = RCODE_NOERROR;
		bool reply = message_read_request(requests[i].message, &request, &rcode);

		if (reply != requests[i].reply || rcode != requests[i].rcode)
			fail_msg("%s: reply %d, rcode %d", requests[i].name, reply, (int)rcode);
	}
}

/* A name may have 255 bytes, not 256 (RFC 1035 section 3.1). */
static void test_longest_name([[maybe_unused]] void **state)
{
	uint8_t message[MESSAGE_HEADER_SIZE + 300] = {0xab, 0xcd, 1, 0, 0, 1};
	struct request request;
	enum rcode rcode;

	for (size_t labels = 126; labels <= 128; labels++) {
		size_t size = MESSAGE_HEADER_SIZE;

		for (size_t i = 0; i < labels; i++) {
			message[size++] = 1;
			message[size++] = 'a';
		}
		message[size++] = 0;
		memcpy(message + size, "\0\1\0\1", 4);
		assert_true(message_read_request(
			(struct wire){message, size + 4}, &request, &rcode));
		assert_int_equal(rcode, labels <= 127 ? RCODE_NOERROR : RCODE_FORMERR);
	}
}

static struct request request_of(struct wire message)
{
	struct request request;
	enum rcode rcode;

	assert_true(message_read_request(message, &request, &rcode));
	assert_int_equal(rcode, RCODE_NOERROR);
	return request;
}

static void test_query_is_padded_and_clean([[maybe_unused]] void **state)
{
	/* EDNS with DO, and an EDNS client subnet that must not leave; RD, AD and CD set. */
	struct request request =
		request_of(WIRE(HEADER("\1\x30", "\1", "\0", "\0", "\1") QUESTION OPT(
			"\x10\0", "\0\0\x80\0", "\0\x0b\0\x08\0\7\0\1\x18\0\xc0\0\2")));
	uint8_t out[MESSAGE_QUERY_MAX];
	size_t size = message_write_query(&request, PROTOCOL_TLS, out);

	assert_int_equal(size, 128);
	assert_memory_equal(out,
		"\0\0\1\x30\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\0\0\x80\0",
		12 + 17 + 9);
	/* Its options are the keepalive (RFC 7828) and the padding, which is all zeroes. */
	assert_memory_equal(out + 12 + 17 + 9, "\0\x58\0\x0b\0\0\0\x0c\0\x50", 10);
	for (size_t i = 12 + 17 + 19; i < size; i++)
		assert_int_equal(out[i], 0);
}

/* HTTP keeps connections by itself; in plain text there is nothing to be hidden. */
static void test_query_for_each_protocol([[maybe_unused]] void **state)
{
	struct request request =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION));
	uint8_t out[MESSAGE_QUERY_MAX];

	assert_int_equal(message_write_query(&request, PROTOCOL_HTTPS, out), 128);
	assert_memory_equal(out + 12 + 17 + 9, "\0\x58\0\x0c\0\x54", 6);
	assert_int_equal(message_write_query(&request, PROTOCOL_PLAIN, out), 12 + 17 + 11);
	assert_memory_equal(out + 12 + 17 + 9, "\0\0", 2);
}

/* RFC 7871 section 7.1.2: who asks that no subnet be told gets that, also of us. */
static void test_no_subnet([[maybe_unused]] void **state)
{
	struct request request = request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\1")
			QUESTION OPT("\x10\0", "\0\0\0\0", "\0\x08\0\x08\0\4\0\2\0\0")));
	struct wire message = WIRE(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION
		"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1");
	uint8_t out[512];
	struct answer answer;
	size_t size;

	assert_true(request.ecs_none);
	assert_int_equal(message_write_query(&request, PROTOCOL_TLS, out), 128);
	/* Who asks the same joins it: upstream it is the same whatever family was meant. */
	assert_memory_equal(out + 12 + 17 + 11, "\0\x08\0\4\0\1\0\0\0\x0b\0\0\0\x0c", 14);
	assert_true(message_read_answer(request.question, message, &room, &answer));
	size = message_write_reply(&request, &answer, out, sizeof out);
	assert_memory_equal(out + size - 10, "\0\x08\0\x08\0\4\0\2\0\0", 10);
	/* Where that would not fit, the answer is truncated. */
	size = message_write_reply(&request, &answer, out, 12 + 17 + answer.body.size + 11);
	assert_int_equal(out[2] & 2, 2);
}

static void test_age([[maybe_unused]] void **state)
{
	static const struct {
		uint32_t age_s, max_age_s, ttl;
	} cases[] = {{0, UINT32_MAX, 300}, {100, UINT32_MAX, 200}, {300, UINT32_MAX, 0},
		{UINT32_MAX, UINT32_MAX, 0}, {0, 120, 120}, {100, 120, 20}, {130, 120, 0},
		{10, 0, 290}, {0, 4000, 300}};
	struct request request =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION));
	struct wire message = WIRE(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION
		"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;
		uint8_t out[512];

		assert_true(message_read_answer(request.question, message, &room, &answer));
		answer_was_cached(&answer, cases[i].age_s, cases[i].max_age_s);
		(void)message_write_reply(&request, &answer, out, sizeof out);
		assert_int_equal((uint32_t)out[12 + 17 + 6] << 24 |
					 (uint32_t)out[12 + 17 + 7] << 16 |
					 (uint32_t)out[12 + 17 + 8] << 8 | out[12 + 17 + 9],
			cases[i].ttl);
		assert_memory_equal(out + 12 + 17 + 10, "\0\4\xc0\0\2\1", 6);
	}
}

static void test_keepalive([[maybe_unused]] void **state)
{
	struct request request =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION));
	struct answer answer;

	assert_true(message_read_answer(request.question,
		WIRE(HEADER("\x81\x80", "\1", "\0", "\0", "\1")
				QUESTION OPT("\x10\0", "\0\0\0\0", "\0\x06\0\x0b\0\2\0\x64")),
		&room, &answer));
	assert_true(answer.keepalive);
	assert_int_equal(answer.keepalive_ms, 10000);
	/* Of another length it says nothing. */
	assert_true(message_read_answer(request.question,
		WIRE(HEADER("\x81\x80", "\1", "\0", "\0", "\1")
				QUESTION OPT("\x10\0", "\0\0\0\0", "\0\x04\0\x0b\0\0")),
		&room, &answer));
	assert_false(answer.keepalive);
}

#define ANSWER_RR "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1"

static const struct {
	const char *name;
	struct wire message;
	bool good;
} answers[] = {
	{"plain", BYTES(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION ANSWER_RR), true},
	{"other case",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0",
			"\0") "\7ExamplE\3cOm\0\0\1\0\1" ANSWER_RR),
		true},
	{"with OPT",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0", "\1") QUESTION ANSWER_RR PLAIN_OPT),
		true},
	{"header with an error", BYTES(HEADER("\x81\x81", "\0", "\0", "\0", "\0")), true},
	{"header without an error", BYTES(HEADER("\x81\x80", "\0", "\0", "\0", "\0")), false},
	{"no reply", BYTES(HEADER("\1\x80", "\1", "\1", "\0", "\0") QUESTION ANSWER_RR), false},
	{"another opcode", BYTES(HEADER("\xa1\x80", "\1", "\1", "\0", "\0") QUESTION ANSWER_RR),
		false},
	{"another name",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0",
			"\0") "\7eXamplf\3com\0\0\1\0\1" ANSWER_RR),
		false},
	{"another type",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0",
			"\0") "\7eXample\3com\0\0\2\0\1" ANSWER_RR),
		false},
	{"another class",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0",
			"\0") "\7eXample\3com\0\0\1\0\3" ANSWER_RR),
		false},
	{"two questions", BYTES(HEADER("\x81\x80", "\2", "\0", "\0", "\0") QUESTION QUESTION),
		false},
	{"an answer too few",
		BYTES(HEADER("\x81\x80", "\1", "\2", "\0", "\0") QUESTION ANSWER_RR), false},
	{"RDATA cut",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION
			"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\5\xc0\0\2\1"),
		false},
	{"pointer forwards",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION
			"\xc0\x40\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1"),
		false},
	{"bytes behind the end",
		BYTES(HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION ANSWER_RR "x"),
		false},
	{"two OPT records",
		BYTES(HEADER("\x81\x80", "\1", "\0", "\0", "\2") QUESTION PLAIN_OPT PLAIN_OPT),
		false},
};

static void test_answers([[maybe_unused]] void **state)
{
	struct request request =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION));

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct answer answer;

		if (message_read_answer(request.question, answers[i].message, &room, &answer) !=
			answers[i].good)
			fail_msg("%s", answers[i].name);
	}
}

static size_t reply_to(struct wire question, struct wire message, uint8_t *out, size_t limit)
{
	struct request request = request_of(question);
	struct answer answer;

	assert_true(message_read_answer(request.question, message, &room, &answer));
	return message_write_reply(&request, &answer, out, limit);
}

#define TEXT_RR "\xc0\x0c\0\1\0\1\0\0\1\x2c\x02\x01"

static void test_replies([[maybe_unused]] void **state)
{
	struct wire plain = WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION);
	struct wire edns = WIRE(HEADER("\1\0", "\1", "\0", "\0", "\1")
			QUESTION OPT("\x10\0", "\0\0\x80\0", "\0\0"));
	uint8_t big[12 + 17 + 12 + 513] =
		HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION TEXT_RR;
	uint8_t out[1232];
	size_t size;

	/* The client's ID and spelling; RA is theirs; AD only for who asked for it; no OPT for
	 * who sent none; additional records stay behind. */
	size = reply_to(plain,
		WIRE("\0\7\x81\xa0\0\1\0\1\0\0\0\2"
		     "\7ExamplE\3cOm\0\0\1\0\1" ANSWER_RR ANSWER_RR PLAIN_OPT),
		out, 512);
	assert_int_equal(size, 12 + 17 + 16);
	assert_memory_equal(
		out, HEADER("\x81\x80", "\1", "\1", "\0", "\0") QUESTION ANSWER_RR, size);

	/* Who sets DO gets AD (RFC 6840 section 5.8), and an OPT of ours. */
	size = reply_to(
		edns, WIRE("\0\7\x81\xa0\0\1\0\1\0\0\0\0" QUESTION ANSWER_RR), out, 1232);
	assert_int_equal(size, 12 + 17 + 16 + 11);
	assert_memory_equal(out,
		HEADER("\x81\xa0", "\1", "\1", "\0", "\1") QUESTION ANSWER_RR
		"\0\0\x29\x04\xd0\0\0\x80\0\0\0",
		size);

	/* Too large for the client: the question, with TC. */
	size = reply_to(plain, (struct wire){big, sizeof big}, out, 512);
	assert_int_equal(size, 12 + 17);
	assert_memory_equal(out, HEADER("\x83\x80", "\1", "\0", "\0", "\0") QUESTION, size);
	size = reply_to(plain, (struct wire){big, sizeof big}, out, sizeof out);
	assert_int_equal(size, sizeof big);

	/* A header with an error becomes a reply with the question. */
	size = reply_to(plain, WIRE("\0\7\x81\x85\0\0\0\0\0\0\0\0"), out, 512);
	assert_memory_equal(out, HEADER("\x81\x85", "\1", "\0", "\0", "\0") QUESTION, size);

	/* BADVERS from upstream cannot be said without EDNS. */
	size = reply_to(plain,
		WIRE("\0\7\x81\x80\0\1\0\0\0\0\0\1" QUESTION OPT(
			"\x04\xd0", "\1\0\0\0", "\0\0")),
		out, 512);
	assert_memory_equal(out, HEADER("\x81\x82", "\1", "\0", "\0", "\0") QUESTION, size);
}

static void test_errors([[maybe_unused]] void **state)
{
	struct request plain =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\0") QUESTION));
	struct request edns =
		request_of(WIRE(HEADER("\1\0", "\1", "\0", "\0", "\1") QUESTION PLAIN_OPT));
	char text[1000];
	uint8_t out[MESSAGE_ERROR_MAX];
	size_t size;

	size = message_write_error(&plain, RCODE_SERVFAIL, EDE_OTHER, "why", out);
	assert_int_equal(size, 12 + 17);
	assert_memory_equal(out, HEADER("\x81\x82", "\1", "\0", "\0", "\0") QUESTION, size);

	size = message_write_error(&edns, RCODE_SERVFAIL, EDE_NETWORK_ERROR, "why", out);
	assert_int_equal(size, 12 + 17 + 11 + 9);
	assert_memory_equal(out + 29,
		"\0\0\x29\x04\xd0\0\0\0\0\0\x09"
		"\0\x0f\0\5\0\x17"
		"why",
		20);

	size = message_write_error(&edns, RCODE_BADVERS, EDE_NONE, "", out);
	assert_memory_equal(out,
		HEADER("\x81\x80", "\1", "\0", "\0", "\1") QUESTION
		"\0\0\x29\x04\xd0\1\0\0\0\0\0",
		size);

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(message_write_error(&edns, RCODE_SERVFAIL, EDE_OTHER, text, out),
		MESSAGE_ERROR_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_query_is_padded_and_clean),
		cmocka_unit_test(test_query_for_each_protocol),
		cmocka_unit_test(test_no_subnet),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
