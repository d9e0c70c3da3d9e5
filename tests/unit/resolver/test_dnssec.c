/* SPDX-License-Identifier: MIT */
/* Answers of a tree of signed zones, judged; and what is no answer any more when it is
 * changed. */
#include "judged.h"
#include "resolver/dnssec.h"
#include "resolver/dnssec_rr.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dnssec_verdict judge(struct dnssec *dnssec, const uint8_t *name, uint16_t type)
{
	const struct vector *vector = vectors_find(vectors, name, type);
	struct dnssec_work work = {0};

	assert_non_null(vector);
	return judge_message(
		dnssec, (struct wire){vector->wire, vector->size}, vectors->now_s, &work);
}

static struct dnssec_verdict judge_text(struct dnssec *dnssec, const char *text, uint16_t type)
{
	uint8_t name[DNAME_SIZE_MAX];

	assert_true(dname_from_text(text, name));
	return judge(dnssec, name, type);
}

static unsigned compare(struct dnssec *dnssec, const char *how)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < vectors->n_cases; i++) {
		const struct vector_case *c = &vectors->cases[i];
		struct dnssec_verdict got = judge(dnssec, c->name, c->type);

		if (got.result == c->want && (int)got.ede == c->ede)
			continue;
		print_message("%s, %s: %d, EDE %d (%s), not %d, EDE %d\n", c->text, how,
			got.result, got.ede, got.why, c->want, c->ede);
		wrong++;
	}
	return wrong;
}

static void test_cases([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	unsigned wrong = compare(dnssec, "one after the other");

	wrong += compare(dnssec, "with all that was learnt");
	dnssec_free(dnssec);
	for (size_t i = 0; i < vectors->n_cases; i++) {
		struct dnssec_verdict got;

		dnssec = make(NULL, 0);
		got = judge(dnssec, vectors->cases[i].name, vectors->cases[i].type);
		wrong += got.result != vectors->cases[i].want;
		dnssec_free(dnssec);
	}
	assert_int_equal(wrong, 0);
}

/* No byte of what a signature is over can be changed, nor a record taken away: whatever comes
 * of it, a wrong answer is never secure. */
static void test_changed_answers([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);

	dnssec_limit(dnssec, UINT32_MAX);
	for (size_t i = 0; i < vectors->n_cases; i++) {
		const struct vector_case *c = &vectors->cases[i];
		const struct vector *vector = vectors_find(vectors, c->name, c->type);
		size_t first = 12 + dname_size(vector->name) + 4;
		uint8_t *copy = malloc(vector->size);
		struct rrs whole;

		assert_non_null(copy);
		assert_int_equal(rrs_read((struct wire){vector->wire, vector->size},
					 RR_CANONICAL, &whole),
			RRS_READ);
		for (size_t at = first; c->want == DNSSEC_SECURE && at < vector->size;
			at += 13) {
			struct dnssec_work work = {0};
			struct dnssec_verdict got;
			struct rrs changed;

			memcpy(copy, vector->wire, vector->size);
			copy[at] ^= 1;
			if (rrs_read((struct wire){copy, vector->size}, RR_CANONICAL,
				    &changed) != RRS_READ)
				continue;
			got = judge_message(dnssec, (struct wire){copy, vector->size},
				vectors->now_s, &work);
			/* TTLs may be lower, and signatures besides a good one wrong; the
			 * data is the same, or it is not secure. */
			for (size_t k = 0; got.result == DNSSEC_SECURE && k < whole.n_answers;
				k++) {
				const struct rr *a = &whole.list[k], *b = &changed.list[k];

				if (a->type == TYPE_RRSIG)
					continue;
				assert_int_equal(a->type, b->type);
				assert_true(dname_equal(a->owner, b->owner));
				assert_int_equal(a->rdata.size, b->rdata.size);
				assert_memory_equal(
					a->rdata.data, b->rdata.data, a->rdata.size);
			}
			rrs_free(&changed);
		}
		rrs_free(&whole);
		free(copy);
	}
	dnssec_free(dnssec);
}

/* What is there cannot be denied by the answer to another question, though all proofs in it are
 * good. */
static void test_proofs_of_others([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	unsigned tried = 0;

	dnssec_limit(dnssec, UINT32_MAX);
	for (size_t k = 0; k < vectors->n_cases; k++) {
		const struct vector *other =
			vectors_find(vectors, vectors->cases[k].name, vectors->cases[k].type);
		struct rrs rrs;

		assert_int_equal(
			rrs_read((struct wire){other->wire, other->size}, RR_CANONICAL, &rrs),
			RRS_READ);
		for (size_t i = 0; i < vectors->n_cases && rrs.n_answers == 0; i++) {
			const struct vector_case *c = &vectors->cases[i];
			const struct vector *asked = vectors_find(vectors, c->name, c->type);
			struct dnssec_work work = {0};
			uint8_t message[65535];
			size_t n;

			if (c->want != DNSSEC_SECURE || asked->wire[7] == 0)
				continue;
			n = write_message(asked, &rrs, message);
			if (judge_message(
				    dnssec, (struct wire){message, n}, vectors->now_s, &work)
					.result == DNSSEC_SECURE)
				fail_msg("%s: denied by the answer to %s", c->text,
					vectors->cases[k].text);
			tried++;
		}
		rrs_free(&rrs);
	}
	assert_in_range(tried, 500, 10000);
	dnssec_free(dnssec);
}

/* The code in the header is not signed; what it says must be proven all the same. */
static void test_other_codes([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);

	dnssec_limit(dnssec, UINT32_MAX);
	for (size_t i = 0; i < vectors->n_cases; i++) {
		const struct vector_case *c = &vectors->cases[i];
		const struct vector *vector = vectors_find(vectors, c->name, c->type);
		uint8_t copy[65535];
		struct dnssec_work work = {0};

		memcpy(copy, vector->wire, vector->size);
		copy[3] ^= RCODE_NXDOMAIN;
		if (judge_message(
			    dnssec, (struct wire){copy, vector->size}, vectors->now_s, &work)
				.result == DNSSEC_SECURE)
			fail_msg("%s: with code %d", c->text, copy[3] & 15);
	}
	dnssec_free(dnssec);
}

/* A CNAME that is not signed, below a DNAME that is, but not what that makes: to a name whose
 * records are signed as well. */
static void test_wrong_substitution([[maybe_unused]] void **state)
{
	const struct vector *asked = find_text("www.tree.nsec.lab.", 1);
	struct rrs tree = rrs_of(asked), www = rrs_of(find_text("www.nsec.lab.", 1));
	struct rr list[16];
	struct rrs forged = {.list = list};
	struct dnssec *dnssec = make(NULL, 0);
	unsigned changed = 0;

	for (size_t i = 0; i < tree.n_answers; i++) {
		if (tree.list[i].type == TYPE_CNAME) {
			tree.list[i].rdata =
				(struct wire){www.list[0].owner, dname_size(www.list[0].owner)};
			changed++;
		}
		if (tree.list[i].type == TYPE_CNAME || dname_labels(tree.list[i].owner) == 3)
			if (!dname_equal(
				    tree.list[i].owner, find_text("www.nsec3.lab.", 1)->name))
				list[forged.n++] = tree.list[i];
	}
	for (size_t i = 0; i < www.n_answers; i++)
		list[forged.n++] = www.list[i];
	forged.n_answers = forged.n;
	assert_int_equal(changed, 1);
	assert_int_equal(judge_rrs(dnssec, asked, &forged), DNSSEC_BOGUS);
	rrs_free(&tree);
	rrs_free(&www);
	dnssec_free(dnssec);
}

/* The NSEC of a wildcard, expanded to a name that is there, would deny its types. */
static void test_expanded_proof([[maybe_unused]] void **state)
{
	const struct vector *wild = find_text("x.wild.nsec.lab.", 16);
	struct vector asked = *wild;
	struct rrs rrs = rrs_of(wild);
	struct dnssec *dnssec = make(NULL, 0);
	uint8_t name[DNAME_SIZE_MAX], wire[512];
	unsigned changed = 0;

	assert_true(dname_from_text("near.wild.nsec.lab.", name));
	memcpy(asked.name, name, sizeof name);
	memcpy(wire, wild->wire, 12);
	memcpy(wire + 12, name, dname_size(name));
	memcpy(wire + 12 + dname_size(name), "\0\20\0\1", 4);
	asked.wire = wire;
	for (size_t i = 0; i < rrs.n; i++) {
		if (dname_equal(rrs.list[i].owner, name))
			continue; /* what it really has */
		rrs.list[changed] = rrs.list[i];
		if (dname_is_wildcard(rrs.list[i].owner))
			rrs.list[changed].owner = name;
		changed++;
	}
	rrs.n = changed;
	assert_int_equal(changed, 4);
	assert_int_equal(judge_rrs(dnssec, &asked, &rrs), DNSSEC_BOGUS);
	rrs_free(&rrs);
	dnssec_free(dnssec);
}

/* Without its signatures an answer is not insecure, but bogus. */
static void test_stripped([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);

	for (size_t i = 0; i < vectors->n_cases; i++) {
		const struct vector_case *c = &vectors->cases[i];
		const struct vector *vector = vectors_find(vectors, c->name, c->type);
		struct dnssec_work work = {0};
		struct dnssec_verdict got;
		uint8_t out[65535];
		size_t n = dnssec_strip((struct wire){vector->wire, vector->size}, false, false,
			out, sizeof out);

		assert_in_range(n, 12, vector->size);
		/* Where there are too many iterations, nobody can tell that it is no
		 * delegation. */
		if (c->want != DNSSEC_SECURE || c->type == TYPE_NSEC ||
			strstr(c->text, "iterations") != NULL)
			continue;
		got = judge_message(dnssec, (struct wire){out, n}, vectors->now_s, &work);
		if (got.result != DNSSEC_BOGUS)
			fail_msg("%s: without signatures %d", c->text, got.result);
	}
	dnssec_free(dnssec);
}

static void test_time([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct dnssec_work work = {0};
	struct dnssec_verdict got = judge_text(dnssec, "www.nsec.lab.", 1);
	uint8_t name[DNAME_SIZE_MAX];
	const struct vector *vector;

	assert_int_equal(got.result, DNSSEC_SECURE);
	assert_in_range(got.max_ttl_s, 1, 300);
	assert_true(dname_from_text("www.nsec.lab.", name));
	vector = vectors_find(vectors, name, 1);
	got = judge_message(dnssec, (struct wire){vector->wire, vector->size},
		vectors->now_s + 40 * 86400, &work);
	assert_int_equal(got.result, DNSSEC_BOGUS);
	assert_int_equal(got.ede, EDE_SIGNATURE_EXPIRED);
	dnssec_free(dnssec);
	dnssec = make(NULL, 0);
	work = (struct dnssec_work){0};
	got = judge_message(dnssec, (struct wire){vector->wire, vector->size},
		vectors->now_s - 86400, &work);
	assert_int_equal(got.ede, EDE_SIGNATURE_NOT_YET_VALID);
	dnssec_flush(dnssec);
	/* A clock that is not set holds nothing against it. */
	work = (struct dnssec_work){.clock_unset = true};
	got = judge_message(dnssec, (struct wire){vector->wire, vector->size},
		vectors->now_s - 86400, &work);
	assert_int_equal(got.result, DNSSEC_SECURE);
	dnssec_free(dnssec);
}

static void test_negative_anchors([[maybe_unused]] void **state)
{
	static const char *const negative[] = {"forged.lab", "expired.lab."};
	struct dnssec *dnssec = make(negative, 2);

	assert_int_equal(judge_text(dnssec, "www.forged.lab.", 1).result, DNSSEC_INSECURE);
	assert_int_equal(judge_text(dnssec, "www.expired.lab.", 1).result, DNSSEC_INSECURE);
	assert_int_equal(judge_text(dnssec, "www.future.lab.", 1).result, DNSSEC_BOGUS);
	assert_int_equal(judge_text(dnssec, "www.nsec.lab.", 1).result, DNSSEC_SECURE);
	dnssec_free(dnssec);
}

static void test_what_cannot_be_had([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct dnssec_work work = {0};
	struct dnssec_verdict got;
	uint8_t name[DNAME_SIZE_MAX];
	const struct vector *vector;
	struct wire message;

	assert_true(dname_from_text("www.nsec.lab.", name));
	vector = vectors_find(vectors, name, 1);
	message = (struct wire){vector->wire, vector->size};
	dnssec_judge(dnssec, message, vectors->now_s, &work, &got);
	assert_int_equal(got.result, DNSSEC_NEED);
	assert_int_equal(got.need_size, 5);
	assert_memory_equal(got.need, "\0\0\60\0\1", 5);
	dnssec_learn(dnssec, (struct wire){got.need, got.need_size}, (struct wire){NULL, 0},
		"no upstream answered", vectors->now_s, &work);
	dnssec_judge(dnssec, message, vectors->now_s, &work, &got);
	assert_int_equal(got.result, DNSSEC_INDETERMINATE);
	assert_non_null(strstr(got.why, "no upstream answered"));
	/* Not for long. */
	dnssec_judge(dnssec, message, vectors->now_s + 6, &work, &got);
	assert_int_equal(got.result, DNSSEC_NEED);
	/* And who asks for ever is told no. */
	for (unsigned i = 0; got.result == DNSSEC_NEED; i++) {
		assert_in_range(i, 0, DNSSEC_FETCHES_MAX);
		dnssec_judge(dnssec, message, vectors->now_s + 6, &work, &got);
	}
	assert_int_equal(got.result, DNSSEC_BOGUS);
	dnssec_free(dnssec);
}

/* CVE-2023-50387: the answer that should cost 480 signatures costs few. */
static void test_keytrap([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct dnssec_work work = {0};
	uint8_t name[DNAME_SIZE_MAX];
	const struct vector *vector;
	struct dnssec_verdict got;

	assert_true(dname_from_text("www.keytrap.lab.", name));
	vector = vectors_find(vectors, name, 1);
	got = judge_message(
		dnssec, (struct wire){vector->wire, vector->size}, vectors->now_s, &work);
	assert_int_equal(got.result, DNSSEC_BOGUS);
	assert_in_range(work.signatures, 1, 30);
	dnssec_free(dnssec);
}

static void test_busy_second([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);

	assert_int_equal(judge_text(dnssec, "www.nsec.lab.", 1).result, DNSSEC_SECURE);
	dnssec_limit(dnssec, 3);
	assert_int_equal(judge_text(dnssec, "www.nsec.lab.", 1).result, DNSSEC_INDETERMINATE);
	dnssec_limit(dnssec, 1000);
	assert_int_equal(judge_text(dnssec, "www.nsec.lab.", 1).result, DNSSEC_SECURE);
	dnssec_flush(dnssec);
	dnssec_limit(dnssec, 8);
	judge_text(dnssec, "www.nsec3.lab.", 1);
	/* What was not verified for want of time is not remembered as bogus. */
	dnssec_limit(dnssec, 1000);
	assert_int_equal(judge_text(dnssec, "www.nsec3.lab.", 1).result, DNSSEC_SECURE);
	dnssec_free(dnssec);
}

/* Facts that have to go again and again: slower, and the same. */
static void test_small_store([[maybe_unused]] void **state)
{
	struct dnssec_params params = {.anchor_file = vectors->anchor, .store_bytes = 6000};
	char why[256];
	struct dnssec *dnssec = dnssec_new(&params, why, sizeof why);

	assert_non_null(dnssec);
	assert_int_equal(compare(dnssec, "with little room"), 0);
	dnssec_free(dnssec);
}

static void test_strip([[maybe_unused]] void **state)
{
	uint8_t name[DNAME_SIZE_MAX], out[65535];
	const struct vector *vector;
	size_t n;
	struct rrs rrs;

	assert_true(dname_from_text("x.walias.nsec.lab.", name));
	vector = vectors_find(vectors, name, 1);
	n = dnssec_strip(
		(struct wire){vector->wire, vector->size}, false, true, out, sizeof out);
	assert_int_equal(rrs_read((struct wire){out, n}, RR_AS_SENT, &rrs), RRS_READ);
	assert_int_equal(rrs.n, 2);
	assert_int_equal(rrs.list[0].type, TYPE_CNAME);
	assert_int_equal(rrs.list[1].type, 1);
	assert_true(dname_equal(rrs.list[1].owner, rrs.list[0].rdata.data));
	assert_int_equal(out[3] & 0x20, 0x20);
	rrs_free(&rrs);
	n = dnssec_strip(
		(struct wire){vector->wire, vector->size}, true, false, out, sizeof out);
	assert_int_equal(rrs_read((struct wire){out, n}, RR_AS_SENT, &rrs), RRS_READ);
	assert_in_range(rrs.n, 5, 20);
	assert_int_equal(out[3] & 0x20, 0);
	rrs_free(&rrs);
	assert_int_equal(
		dnssec_strip((struct wire){vector->wire, vector->size}, true, false, out, 40),
		0);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_anchor_files([[maybe_unused]] void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{". DS 20326 8 2 "
		 "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
			NULL},
		{"; a comment\n\n$TTL 5\n. 172800 IN DNSKEY 257 3 13 AAAA ;;state=2 [VALID]\n",
			NULL},
		{". 172800 IN DNSKEY 257 3 13 AAAA ;;state=1 [ ADDPEND ]\n", "no trust anchor"},
		{"", "no trust anchor"},
		{". IN A 192.0.2.1\n", ":1: neither DS nor DNSKEY"},
		{"\n. IN DS 1 200 2 E06D\n", ":2: its algorithm"},
		{". IN DS 1 5 2 "
		 "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
			":1: its algorithm"},
		{". IN DS 1 8 1 E06D44B80B8F1D39A95C0B0D7C65D08458E88040", NULL},
		{"nonsense\n", ":1: "},
		{". IN DNSKEY 0 3 13 AAAA\n", "not a zone key"},
	};
	char path[] = "/tmp/ctresolved-anchors.XXXXXX", why[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dnssec_params params = {.anchor_file = path};
		struct dnssec *dnssec;

		write_file(path, cases[i].text);
		dnssec = dnssec_new(&params, why, sizeof why);
		if ((dnssec != NULL) != (cases[i].wrong == NULL) ||
			(cases[i].wrong != NULL && strstr(why, cases[i].wrong) == NULL))
			fail_msg("%s: %s", cases[i].text, why);
		dnssec_free(dnssec);
	}
	remove(path);
	assert_null(dnssec_new(&(struct dnssec_params){.anchor_file = path}, why, sizeof why));
	/* Those that are built in. */
	dnssec_free(dnssec_new(&(struct dnssec_params){0}, why, sizeof why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_changed_answers),
		cmocka_unit_test(test_proofs_of_others),
		cmocka_unit_test(test_other_codes),
		cmocka_unit_test(test_wrong_substitution),
		cmocka_unit_test(test_expanded_proof),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_negative_anchors),
		cmocka_unit_test(test_what_cannot_be_had),
		cmocka_unit_test(test_keytrap),
		cmocka_unit_test(test_busy_second),
		cmocka_unit_test(test_small_store),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_anchor_files),
	};

	return cmocka_run_group_tests_name("dnssec", tests, judged_load, judged_unload);
}
