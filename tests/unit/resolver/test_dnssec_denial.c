/* SPDX-License-Identifier: MIT */
/* What NSEC and NSEC3 records prove, and what they only seem to: no signatures here. */
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_denial.h"
#include "resolver/dnssec_ldns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum what { NAME, TYPE, NEARER, DS };
enum { A = 1, TXT = 16 };

/* An NSEC record; types are letters. Of an NSEC3, the owner is the name's hash, or with a `<`
 * in front just before that, so that the record covers it; a `+` among the types is opt-out. */
struct proof {
	const char *owner, *next, *types;
};

struct denial_case {
	const char *text;
	struct proof records[4];
	enum what what;
	const char *name;
	unsigned number; /* the type, or labels */
	int want;        /* enum denied, or enum cut for DS */
};

static uint8_t names[16][DNAME_SIZE_MAX];
static unsigned n_names;
static uint8_t bitmaps[8][34], hashes[8][NSEC3_HASH_SIZE];

static const uint8_t *name_of(const char *text)
{
	uint8_t *name = names[n_names++];

	assert_true(dname_from_text(text, name));
	return name;
}

static struct wire bitmap_of(const char *types, uint8_t *out)
{
	static const struct {
		char letter;
		uint8_t type;
	} letters[] = {{'a', A}, {'n', TYPE_NS}, {'c', TYPE_CNAME}, {'s', TYPE_SOA}, {'t', TXT},
		{'d', TYPE_DNAME}, {'D', TYPE_DS}};

	memset(out, 0, 34);
	out[1] = 32;
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (strchr(types, letters[i].letter) != NULL)
			out[2 + letters[i].type / 8] |= (uint8_t)(0x80 >> letters[i].type % 8);
	return (struct wire){out, 34};
}

static void step(uint8_t *hash, int by)
{
	hash[NSEC3_HASH_SIZE - 1] = (uint8_t)(hash[NSEC3_HASH_SIZE - 1] + by);
}

static struct denial denial_of(const struct proof *records, bool hashed)
{
	struct denial d = {.zone = name_of("z"), .ttl_s = 300};

	for (unsigned i = 0; i < 4 && records[i].owner != NULL; i++) {
		const struct proof *r = &records[i];
		struct wire bitmap = bitmap_of(r->types, bitmaps[i]);
		bool before = hashed && r->owner[0] == '<';

		if (!hashed) {
			d.nsec[d.n_nsec++] =
				(struct nsec){name_of(r->owner), name_of(r->next), bitmap};
			continue;
		}
		crypto_nsec3_hash(name_of(r->owner + before), d.salt, 0, d.nsec3[i].owner);
		memcpy(hashes[i], d.nsec3[i].owner, NSEC3_HASH_SIZE);
		step(hashes[i], 1);
		step(d.nsec3[i].owner, before ? -1 : 0);
		d.nsec3[i].next = hashes[i];
		d.nsec3[i].bitmap = bitmap;
		d.nsec3[i].opt_out = strchr(r->types, '+') != NULL;
		d.n_nsec3++;
	}
	return d;
}

static void check(const struct denial_case *c, bool hashed)
{
	struct dnssec_work work = {0};
	struct dnssec_verdict verdict = {0};
	struct judging j = {NULL, 0, &work, &verdict};
	struct denial d;
	const uint8_t *name;
	int got = -1;

	n_names = 0;
	d = denial_of(c->records, hashed);
	name = name_of(c->name);
	switch (c->what) {
	case NAME: got = (int)denial_of_name(&j, &d, name); break;
	case TYPE: got = (int)denial_of_type(&j, &d, name, (uint16_t)c->number); break;
	case NEARER: got = (int)denial_of_nearer(&j, &d, name, c->number); break;
	case DS: got = (int)denial_of_ds(&j, &d, name); break;
	}
	if (got != c->want)
		fail_msg("%s: %d, not %d", c->text, got, c->want);
}

static const struct denial_case nsec_cases[] = {
	{"covered, and so is the wildcard", {{"a.z", "c.z", "a"}, {"z", "a.z", "ns"}}, NAME,
		"b.z", 0, DENIED},
	{"the wildcard is not denied", {{"a.z", "c.z", "a"}}, NAME, "b.z", 0, DENIED_NOT},
	{"not covered", {{"a.z", "b.z", "a"}, {"z", "a.z", "ns"}}, NAME, "b.z", 0, DENIED_NOT},
	{"the last one", {{"a.z", "z", "a"}, {"z", "a.z", "ns"}}, NAME, "b.z", 0, DENIED},
	{"below a delegation", {{"b.z", "d.z", "n"}, {"z", "b.z", "ns"}}, NAME, "x.b.z", 0,
		DENIED_NOT},
	{"below a DNAME", {{"b.z", "d.z", "d"}, {"z", "b.z", "ns"}}, NAME, "x.b.z", 0,
		DENIED_NOT},
	{"below a name", {{"b.z", "d.z", "a"}}, NAME, "x.b.z", 0, DENIED},
	{"empty, so it is there", {{"a.z", "x.b.z", "a"}, {"z", "a.z", "ns"}}, NAME, "b.z", 0,
		DENIED_NOT},
	{"empty has no type", {{"a.z", "x.b.z", "a"}}, TYPE, "b.z", A, DENIED},
	{"no such type", {{"b.z", "c.z", "a"}}, TYPE, "b.z", TXT, DENIED},
	{"the type is there", {{"b.z", "c.z", "t"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"a CNAME is there", {{"b.z", "c.z", "c"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"the parent's of a delegation", {{"b.z", "c.z", "n"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"the parent's of a delegation, DS", {{"b.z", "c.z", "n"}}, TYPE, "b.z", TYPE_DS,
		DENIED},
	{"the child's, DS", {{"b.z", "c.z", "ns"}}, TYPE, "b.z", TYPE_DS, DENIED_NOT},
	{"a wildcard without the type", {{"a.z", "c.z", "a"}, {"*.z", "a.z", "a"}}, TYPE, "b.z",
		TXT, DENIED},
	{"a wildcard with the type", {{"a.z", "c.z", "a"}, {"*.z", "a.z", "t"}}, TYPE, "b.z",
		TXT, DENIED_NOT},
	{"nothing nearer", {{"a.z", "c.z", "a"}}, NEARER, "b.z", 1, DENIED},
	{"something nearer", {{"a.b.z", "c.b.z", "a"}}, NEARER, "b.b.z", 1, DENIED_NOT},
	{"a delegation", {{"b.z", "c.z", "n"}}, DS, "b.z", 0, CUT_INSECURE},
	{"a signed one", {{"b.z", "c.z", "nD"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"the zone below, of itself", {{"b.z", "c.z", "ns"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"no delegation", {{"b.z", "c.z", "a"}}, DS, "b.z", 0, CUT_NONE},
	{"an alias", {{"b.z", "c.z", "c"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"an empty one", {{"a.z", "x.b.z", "a"}}, DS, "b.z", 0, CUT_NONE},
	{"nothing there", {{"a.z", "c.z", "a"}}, DS, "b.z", 0, CUT_ABSENT},
	{"nothing said", {{"c.z", "d.z", "a"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"below another delegation", {{"b.z", "c.z", "n"}}, DS, "x.b.z", 0, CUT_UNPROVEN},
};

static const struct denial_case nsec3_cases[] = {
	{"all three", {{"z", "", "ns"}, {"<b.z", "", "a"}, {"<*.z", "", "a"}}, NAME, "b.z", 0,
		DENIED},
	{"no wildcard denied", {{"z", "", "ns"}, {"<b.z", "", "a"}}, NAME, "b.z", 0,
		DENIED_NOT},
	{"no encloser", {{"<b.z", "", "a"}, {"<*.z", "", "a"}}, NAME, "b.z", 0, DENIED_NOT},
	{"next closer not denied", {{"z", "", "ns"}, {"<*.z", "", "a"}}, NAME, "b.z", 0,
		DENIED_NOT},
	{"opt-out", {{"z", "", "ns"}, {"<b.z", "", "a+"}, {"<*.z", "", "a"}}, NAME, "b.z", 0,
		DENIED_OPT_OUT},
	{"it is there", {{"b.z", "", "a"}, {"<*.z", "", "a"}}, NAME, "b.z", 0, DENIED_NOT},
	{"below a delegation", {{"b.z", "", "n"}, {"<x.b.z", "", "a"}, {"<*.b.z", "", "a"}},
		NAME, "x.b.z", 0, DENIED_NOT},
	{"below a DNAME", {{"b.z", "", "d"}, {"<x.b.z", "", "a"}, {"<*.b.z", "", "a"}}, NAME,
		"x.b.z", 0, DENIED_NOT},
	{"deep", {{"z", "", "ns"}, {"<c.z", "", "a"}, {"<*.z", "", "a"}}, NAME, "a.b.c.z", 0,
		DENIED},
	{"no such type", {{"b.z", "", "a"}}, TYPE, "b.z", TXT, DENIED},
	{"the type is there", {{"b.z", "", "t"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"a CNAME is there", {{"b.z", "", "c"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"the parent's", {{"b.z", "", "n"}}, TYPE, "b.z", TXT, DENIED_NOT},
	{"a wildcard without the type", {{"z", "", "ns"}, {"<b.z", "", "a"}, {"*.z", "", "a"}},
		TYPE, "b.z", TXT, DENIED},
	{"a wildcard with the type", {{"z", "", "ns"}, {"<b.z", "", "a"}, {"*.z", "", "t"}},
		TYPE, "b.z", TXT, DENIED_NOT},
	{"no such name is another matter",
		{{"z", "", "ns"}, {"<b.z", "", "a"}, {"<*.z", "", "a"}}, TYPE, "b.z", TXT,
		DENIED_NOT},
	{"nothing nearer", {{"<b.z", "", "a"}}, NEARER, "a.b.z", 1, DENIED},
	{"nothing nearer, but opt-out", {{"<b.z", "", "a+"}}, NEARER, "a.b.z", 1,
		DENIED_OPT_OUT},
	{"the next closer is there", {{"<a.b.z", "", "a"}}, NEARER, "a.b.z", 1, DENIED_NOT},
	{"a delegation", {{"b.z", "", "n"}}, DS, "b.z", 0, CUT_INSECURE},
	{"a signed one", {{"b.z", "", "nD"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"the zone below, of itself", {{"b.z", "", "ns"}}, DS, "b.z", 0, CUT_UNPROVEN},
	{"no delegation", {{"b.z", "", "a"}}, DS, "b.z", 0, CUT_NONE},
	{"opted out", {{"z", "", "ns"}, {"<b.z", "", "a+"}}, DS, "b.z", 0, CUT_INSECURE},
	{"nothing there", {{"z", "", "ns"}, {"<b.z", "", "a"}}, DS, "b.z", 0, CUT_ABSENT},
	{"nothing said", {{"z", "", "ns"}}, DS, "b.z", 0, CUT_UNPROVEN},
};

static void test_nsec([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof nsec_cases / sizeof *nsec_cases; i++)
		check(&nsec_cases[i], false);
}

static void test_nsec3([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof nsec3_cases / sizeof *nsec3_cases; i++)
		check(&nsec3_cases[i], true);
}

/* CVE-2023-50868: however many labels, so many hashes and no more. */
static void test_hashes_are_counted([[maybe_unused]] void **state)
{
	static const struct proof records[4] = {{"y.z", "", "a"}};
	struct dnssec_work work = {.hashes = DNSSEC_HASHES_MAX - 3};
	struct dnssec_verdict verdict = {0};
	struct judging j = {NULL, 0, &work, &verdict};
	struct denial d;

	n_names = 0;
	d = denial_of(records, true);
	assert_int_equal(denial_of_name(&j, &d, name_of("a.b.c.d.e.z")), DENIED_STOP);
	assert_true(work.spent);
	assert_int_equal(verdict.result, DNSSEC_BOGUS);
}

int main(void)
{
	char why[256];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nsec),
		cmocka_unit_test(test_nsec3),
		cmocka_unit_test(test_hashes_are_counted),
	};

	if (!ldns_load(why, sizeof why)) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	return cmocka_run_group_tests_name("dnssec_denial", tests, NULL, NULL);
}
