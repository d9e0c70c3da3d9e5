/* SPDX-License-Identifier: MIT */
/* Certificates of unusual shapes, made here element by element: what is cut out of them, and
 * which are no certificates at all. */
#include "ctpolicy/der.h"
#include "ctpolicy/entry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct made {
	uint8_t bytes[2048];
	size_t n;
};

static void add(struct made *made, const char *bytes, size_t n)
{
	assert_true(made->n + n <= sizeof made->bytes);
	memcpy(made->bytes + made->n, bytes, n);
	made->n += n;
}
#define ADD(made, bytes) add(made, bytes, sizeof(bytes) - 1)

/* All since `from` becomes the value of one element. */
static void wrap(struct made *made, size_t from, uint8_t tag)
{
	size_t size = made->n - from, header = ctp_der_header_size(size);

	assert_true(made->n + header <= sizeof made->bytes);
	memmove(made->bytes + from + header, made->bytes + from, size);
	ctp_der_write_header(made->bytes + from, tag, size);
	made->n += header;
}

/* Where an element may stand that does not belong there. */
enum place {
	NOWHERE,
	BEHIND_CERTIFICATE,
	IN_CERTIFICATE,
	IN_VALIDITY,
	BEHIND_EXTENSIONS,
	IN_EXTENSIONS,
	IN_EXTENSION,
	IN_SCT_EXTENSION,
	PLACES,
};

struct shape {
	const char *name;
	size_t scts;   /* SCT extensions */
	size_t others; /* further extensions, half of them before it */
	bool no_version, unique_ids, critical, no_octets;
	enum place stray;
};

static void stray(struct made *made, const struct shape *shape, enum place place)
{
	if (shape->stray == place)
		ADD(made, "\5\0");
}

static void add_other(struct made *made, const struct shape *shape, size_t i)
{
	size_t from = made->n;

	ADD(made, "\6\3\x55\x1d\x0f");
	if (i % 2 == 0)
		ADD(made, "\1\1\xff");
	ADD(made, "\4\4\3\2\7\x80");
	stray(made, shape, IN_EXTENSION);
	wrap(made, from, DER_SEQUENCE);
}

static void add_scts(struct made *made, const struct shape *shape)
{
	size_t extension = made->n, value;

	ADD(made, "\6\x0a\x2b\6\1\4\1\xd6\x79\2\4\2");
	if (shape->critical)
		ADD(made, "\1\1\xff");
	value = made->n;
	ADD(made, "scts");
	if (!shape->no_octets)
		wrap(made, value, DER_OCTET_STRING);
	stray(made, shape, IN_SCT_EXTENSION);
	wrap(made, value, DER_OCTET_STRING);
	wrap(made, extension, DER_SEQUENCE);
}

static void add_extensions(struct made *made, const struct shape *shape)
{
	size_t from = made->n;

	if (shape->scts + shape->others == 0)
		return;
	for (size_t i = 0; i < shape->others / 2; i++)
		add_other(made, shape, i);
	for (size_t i = 0; i < shape->scts; i++)
		add_scts(made, shape);
	for (size_t i = shape->others / 2; i < shape->others; i++)
		add_other(made, shape, i);
	wrap(made, from, DER_SEQUENCE);
	stray(made, shape, IN_EXTENSIONS);
	wrap(made, from, DER_CONTEXT_CONSTRUCTED + 3);
}

static void add_tbs(struct made *made, const struct shape *shape)
{
	size_t from = made->n, validity;

	if (!shape->no_version)
		ADD(made, "\xa0\3\2\1\2");
	ADD(made, "\2\1\1\x30\0\x30\0"); /* serialNumber, signature, issuer */
	validity = made->n;
	ADD(made, "\x17\x0d"
		  "260101000000Z"
		  "\x17\x0d"
		  "260401000000Z");
	stray(made, shape, IN_VALIDITY);
	wrap(made, validity, DER_SEQUENCE);
	ADD(made, "\x30\0\x30\2\5\0"); /* subject, subjectPublicKeyInfo */
	if (shape->unique_ids)
		ADD(made, "\x81\2\0\1\x82\2\0\2");
	add_extensions(made, shape);
	stray(made, shape, BEHIND_EXTENSIONS);
	wrap(made, from, DER_SEQUENCE);
}

static struct made make(const struct shape *shape)
{
	struct made made = {0};

	add_tbs(&made, shape);
	ADD(&made, "\x30\0\3\1\0");
	stray(&made, shape, IN_CERTIFICATE);
	wrap(&made, 0, DER_SEQUENCE);
	stray(&made, shape, BEHIND_CERTIFICATE);
	return made;
}

static bool parse(const struct made *made, struct certificate *ret)
{
	return ctp_certificate_parse((struct ct_bytes){made->bytes, made->n}, ret);
}

/* What the logs signed is the same certificate without its SCTs, to the byte. */
static void test_shapes([[maybe_unused]] void **state)
{
	static const struct shape shapes[] = {
		{"no extension at all", .scts = 0},
		{"no SCTs", .others = 3},
		{"SCTs only: then the [3] goes too", .scts = 1},
		{"SCTs first", .scts = 1, .others = 1},
		{"SCTs last", .scts = 1, .others = 2},
		{"SCTs in the middle", .scts = 1, .others = 9},
		{"critical", .scts = 1, .others = 2, .critical = true},
		{"unique identifiers", .scts = 1, .others = 2, .unique_ids = true},
		{"unique identifiers and nothing else", .scts = 1, .unique_ids = true},
		{"version 1", .scts = 1, .others = 2, .no_version = true},
		{"a length that shrinks to its short form", .scts = 1, .others = 7},
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct shape without = shapes[i];
		struct made made = make(&shapes[i]), wanted = {0};
		struct certificate certificate;
		uint8_t rebuilt[sizeof made.bytes];

		without.scts = 0;
		add_tbs(&wanted, &without);
		if (!parse(&made, &certificate) ||
			certificate.has_scts != (shapes[i].scts > 0) ||
			ctp_precert_tbs_size(&certificate) != wanted.n ||
			ctp_precert_tbs_write(&certificate, rebuilt) != rebuilt + wanted.n ||
			memcmp(rebuilt, wanted.bytes, wanted.n) != 0)
			fail_msg("%s", shapes[i].name);
		assert_memory_equal(certificate.spki.data, "\x30\2\5\0", 4);
		assert_int_equal(certificate.spki.size, 4);
		assert_true(certificate.not_before_ms == 1767225600000);
		assert_true(certificate.not_after_ms == 1775001600000);
		if (certificate.has_scts)
			assert_memory_equal(certificate.scts.data, "scts", 4);
	}
}

static void test_malformed([[maybe_unused]] void **state)
{
	struct shape shape = {.scts = 1, .others = 2};
	struct certificate certificate;
	struct made made;

	for (int place = NOWHERE; place < PLACES; place++) {
		shape.stray = (enum place)place;
		made = make(&shape);
		if (parse(&made, &certificate) != (place == NOWHERE))
			fail_msg("place %d", place);
	}
	shape = (struct shape){.scts = 2};
	made = make(&shape);
	assert_false(parse(&made, &certificate));
	shape = (struct shape){.scts = 1, .no_octets = true};
	made = make(&shape);
	assert_false(parse(&made, &certificate));
}

/* Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension */
static void test_empty_extensions([[maybe_unused]] void **state)
{
	struct shape shape = {.no_version = true};
	struct certificate certificate;
	struct made made = {0};

	add_tbs(&made, &shape);
	made.bytes[1] = (uint8_t)(made.bytes[1] + 4);
	ADD(&made, "\xa3\2\x30\0");
	ADD(&made, "\x30\0\3\1\0");
	wrap(&made, 0, DER_SEQUENCE);
	assert_false(parse(&made, &certificate));
}

/* Its length has 24 bits in what is signed: one that does not fit is not cut to fit. */
static void test_too_large([[maybe_unused]] void **state)
{
	static const uint8_t hash[32];
	struct certificate certificate = {.before_extensions = {NULL, 0x1000000}};
	struct entry entry = {0};

	assert_int_equal(
		ctp_entry_new(&certificate, ENTRY_PRECERT, hash, 0, &entry), CT_E_MALFORMED);
	assert_null(entry.bytes);
}

/* RFC 6962 section 3.2, field by field. */
static void test_signed_data([[maybe_unused]] void **state)
{
	static const uint8_t hash[] = "0123456789abcdef0123456789abcdef";
	static const char header[] = "\0\0\0\0\1\2\3\4\5\6\0\1"
				     "0123456789abcdef0123456789abcdef\0\0";
	struct shape shape = {.scts = 1};
	struct made made = make(&shape);
	struct certificate certificate;
	struct ct_bytes data;
	struct entry entry;
	size_t tbs;

	assert_true(parse(&made, &certificate));
	tbs = ctp_precert_tbs_size(&certificate);
	assert_true(tbs < 256);
	assert_int_equal(ctp_entry_new(&certificate, ENTRY_PRECERT, hash, 2, &entry), CT_OK);
	for (size_t n = 0; n <= 2; n++) {
		data = ctp_entry_complete(&entry, UINT64_C(0x010203040506),
			(struct ct_bytes){(const uint8_t *)"xy", n});
		assert_int_equal(data.size, sizeof header + tbs + 2 + n);
		assert_memory_equal(data.data, header, sizeof header - 1);
		assert_int_equal(data.data[sizeof header - 1], tbs);
		assert_int_equal(data.data[data.size - n - 1], n);
		assert_memory_equal(data.data + data.size - n, "xy", n);
	}
	ctp_entry_free(&entry);
	ctp_entry_free(&entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_empty_extensions),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_signed_data),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
