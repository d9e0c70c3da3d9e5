/* SPDX-License-Identifier: MIT */
/* Genuine records in wrong places, forged ones beside them, and answers that are made to cost
 * much. */
#include "judged.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { A = 1, TXT = 16, FORGED_MAX = 64, MESSAGE_MAX = 65535 };

/* Records to be put together; what they point to is the vectors', or static. */
struct forged {
	struct rrs rrs;
	struct rr list[FORGED_MAX];
	struct rrs sources[4];
	unsigned n_sources;
};

static void take(struct forged *f, const char *text, uint16_t type, enum rr_section section,
	uint16_t only)
{
	struct rrs *source = &f->sources[f->n_sources++];

	*source = rrs_of(find_text(text, type));
	for (size_t i = 0; i < source->n; i++) {
		struct rr rr = source->list[i];
		struct rrsig sig;
		bool covers = rr.type == TYPE_RRSIG && rrsig_read(rr.rdata, &sig) &&
			      sig.covered == only;

		if (only != 0 && rr.type != only && !covers)
			continue;
		rr.section = section;
		assert_in_range(f->rrs.n, 0, FORGED_MAX - 1);
		f->list[f->rrs.n++] = rr;
	}
	f->rrs.list = f->list;
	if (section == SECTION_ANSWER)
		f->rrs.n_answers = f->rrs.n;
}

static void forged_free(struct forged *f)
{
	while (f->n_sources > 0)
		rrs_free(&f->sources[--f->n_sources]);
}

/* As if this had been asked. */
static const struct vector *question(const char *text, uint16_t type)
{
	static uint8_t wire[300];
	static struct vector asked;
	size_t n;

	assert_true(dname_from_text(text, asked.name));
	n = dname_size(asked.name);
	memset(wire, 0, sizeof wire);
	wire[2] = 0x81;
	wire[3] = 0x80;
	wire[5] = 1;
	memcpy(wire + 12, asked.name, n);
	wire[12 + n] = (uint8_t)(type >> 8);
	wire[13 + n] = (uint8_t)type;
	wire[15 + n] = 1;
	asked.type = type;
	asked.wire = wire;
	asked.size = 16 + n;
	return &asked;
}

static struct dnssec_verdict judge_forged(struct dnssec *dnssec, const struct vector *asked,
	const struct forged *f, struct dnssec_work *work)
{
	static uint8_t message[MESSAGE_MAX];
	size_t n = write_message(asked, &f->rrs, message);

	return judge_message(dnssec, (struct wire){message, n}, vectors->now_s, work);
}

static void expect(struct dnssec *dnssec, const struct vector *asked, struct forged *f,
	enum dnssec_result want)
{
	struct dnssec_work work = {0};
	struct dnssec_verdict got = judge_forged(dnssec, asked, f, &work);

	if (got.result != want)
		fail_msg("%d (%s), not %d", got.result, got.why, want);
	forged_free(f);
}

/* Signatures are no records that could have been asked for with ANY. */
static void test_any_of_signatures_only([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct forged f = {0};

	take(&f, "www.nsec.lab.", A, SECTION_ANSWER, A);
	for (size_t i = f.rrs.n; i-- > 0;)
		if (f.list[i].type != TYPE_RRSIG)
			f.list[i] = f.list[f.rrs.n - 1];
	f.rrs.n = f.rrs.n_answers = 1;
	assert_int_equal(f.list[0].type, TYPE_RRSIG);
	expect(dnssec, question("www.nsec.lab.", TYPE_ANY), &f, DNSSEC_BOGUS);
	dnssec_free(dnssec);
}

/* The name has types: that one of them is not ANY is no proof that it has none. */
static void test_any_denied([[maybe_unused]] void **state)
{
	static const char *const names[] = {"www.nsec.lab.", "www.nsec3.lab."};
	struct dnssec *dnssec = make(NULL, 0);

	for (size_t i = 0; i < 2; i++) {
		struct forged f = {0};

		take(&f, names[i], TXT, SECTION_AUTHORITY, 0);
		expect(dnssec, question(names[i], TYPE_ANY), &f, DNSSEC_BOGUS);
	}
	{
		struct forged f = {0};

		take(&f, "empty.nsec.lab.", A, SECTION_AUTHORITY, 0);
		expect(dnssec, question("empty.nsec.lab.", TYPE_ANY), &f, DNSSEC_SECURE);
	}
	dnssec_free(dnssec);
}

/* A trust anchor below what nobody has signed, or is not to be judged; and a signature that
 * says to be of up there. */
static struct dnssec *make_island(bool root, const char *const *negative, size_t n)
{
	struct rrs ds = rrs_of(find_text("nsec.lab.", TYPE_DS));
	struct dnssec_params params = {.negative = negative, .n_negative = n};
	char path[] = "/tmp/ctresolved-anchors.XXXXXX", why[256];
	int fd = mkstemp(path);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL, *in = fopen(vectors->anchor, "re");
	struct dnssec *dnssec;

	assert_true(out != NULL && in != NULL);
	for (int c; root && (c = getc(in)) != EOF;)
		putc(c, out);
	fprintf(out, "\nnsec.lab. IN DS %u %u %u ", read16(ds.list[0].rdata.data),
		ds.list[0].rdata.data[2], ds.list[0].rdata.data[3]);
	for (size_t i = 4; i < ds.list[0].rdata.size; i++)
		fprintf(out, "%02X", ds.list[0].rdata.data[i]);
	fprintf(out, "\n");
	fclose(in);
	fclose(out);
	rrs_free(&ds);
	params.anchor_file = path;
	dnssec = dnssec_new(&params, why, sizeof why);
	remove(path);
	if (dnssec == NULL)
		fail_msg("%s", why);
	return dnssec;
}

static void claim_signer(struct forged *f, const char *signer)
{
	static uint8_t rdata[FORGED_MAX][300];
	uint8_t name[DNAME_SIZE_MAX];

	assert_true(dname_from_text(signer, name));
	for (size_t i = 0; i < f->rrs.n; i++) {
		struct rr *rr = &f->list[i];

		if (rr->type != TYPE_RRSIG)
			continue;
		memcpy(rdata[i], rr->rdata.data, 18);
		memcpy(rdata[i] + 18, name, dname_size(name));
		memset(rdata[i] + 18 + dname_size(name), 'x', 64);
		rr->rdata = (struct wire){rdata[i], 18 + dname_size(name) + 64};
	}
}

static void test_signer_above_the_anchor([[maybe_unused]] void **state)
{
	static const char *const negative[] = {"lab."};

	for (unsigned i = 0; i < 2; i++) {
		struct dnssec *dnssec =
			i == 0 ? make_island(false, NULL, 0) : make_island(true, negative, 1);
		struct forged good = {0}, f = {0}, none = {0};

		take(&good, "www.nsec.lab.", A, SECTION_ANSWER, A);
		expect(dnssec, question("www.nsec.lab.", A), &good, DNSSEC_SECURE);
		take(&f, "www.nsec.lab.", A, SECTION_ANSWER, A);
		claim_signer(&f, "lab.");
		expect(dnssec, question("www.nsec.lab.", A), &f, DNSSEC_BOGUS);
		take(&none, "www.nsec.lab.", TXT, SECTION_AUTHORITY, 0);
		claim_signer(&none, "lab.");
		expect(dnssec, question("www.nsec.lab.", A), &none, DNSSEC_BOGUS);
		dnssec_free(dnssec);
	}
}

/* An SOA besides the zone's own would be passed on, and AD be said of it. */
static void test_forged_soa([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	uint8_t name[DNAME_SIZE_MAX];
	struct forged f = {0};

	assert_true(dname_from_text("lab.", name));
	take(&f, "www.nsec.lab.", TXT, SECTION_AUTHORITY, 0);
	for (size_t i = 0; i < f.rrs.n; i++)
		if (f.list[i].type == TYPE_SOA)
			f.list[i].owner = name;
	expect(dnssec, question("www.nsec.lab.", TXT), &f, DNSSEC_BOGUS);
	dnssec_free(dnssec);
}

/* Behind a wildcard's alias nobody has signed: then there is a proof of the zone above, but of
 * the wildcard. */
static void test_proof_of_the_way([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct forged f = {0};

	take(&f, "nothing.sub.nsec.lab.", A, SECTION_AUTHORITY, 0);
	take(&f, "x.walias.nsec.lab.", A, SECTION_AUTHORITY, TYPE_NSEC);
	assert_in_range(f.rrs.n, 3, 8);
	f.rrs.rcode = RCODE_NXDOMAIN;
	expect(dnssec, question("nothing.sub.nsec.lab.", A), &f, DNSSEC_INSECURE);
	dnssec_free(dnssec);
}

static void relabel(struct forged *f, int by, uint8_t *rdata)
{
	*f = (struct forged){0};
	take(f, "www.nsec.lab.", A, SECTION_ANSWER, A);
	for (size_t i = 0; i < f->rrs.n; i++) {
		if (f->list[i].type != TYPE_RRSIG)
			continue;
		memcpy(rdata, f->list[i].rdata.data, f->list[i].rdata.size);
		rdata[3] = (uint8_t)(rdata[3] + by);
		f->list[i].rdata.data = rdata;
	}
}

/* More labels than the name has, or fewer than the signer's: not even tried. */
static void test_labels([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	static const int wrong[] = {1, 100, -2, -3};
	uint8_t rdata[512];
	struct forged f;

	relabel(&f, 0, rdata);
	expect(dnssec, question("www.nsec.lab.", A), &f, DNSSEC_SECURE);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct dnssec_work work = {0};
		struct dnssec_verdict got;

		relabel(&f, wrong[i], rdata);
		got = judge_forged(dnssec, question("www.nsec.lab.", A), &f, &work);
		assert_int_equal(got.result, DNSSEC_BOGUS);
		assert_non_null(strstr(got.why, "number of labels"));
		assert_int_equal(work.signatures, 0);
		forged_free(&f);
	}
	dnssec_free(dnssec);
}

/* One signature, and 13 keys that it could be of. */
static void test_keys_of_one_tag([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	struct dnssec_work work = {0};
	struct forged f = {0};

	take(&f, "www.keytrap.lab.", A, SECTION_ANSWER, A);
	judge_forged(dnssec, question("www.keytrap.lab.", A), &f, &work);
	assert_in_range(f.rrs.n, 3, FORGED_MAX);
	for (size_t i = 0; i < f.rrs.n; i++)
		if (f.list[i].type != TYPE_RRSIG)
			f.list[0] = f.list[i];
	for (size_t i = 0; i < f.rrs.n; i++)
		if (f.list[i].type == TYPE_RRSIG)
			f.list[1] = f.list[i];
	f.rrs.n = f.rrs.n_answers = 2;
	work = (struct dnssec_work){0};
	assert_int_equal(
		judge_forged(dnssec, question("www.keytrap.lab.", A), &f, &work).result,
		DNSSEC_BOGUS);
	assert_int_equal(work.signatures, 4);
	forged_free(&f);
	dnssec_free(dnssec);
}

/* What was learnt while the clock was wrong does not outlive that. */
static void test_clock_set_back([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	const struct vector *vector = find_text("www.nsec.lab.", A);
	struct wire message = {vector->wire, vector->size};
	struct dnssec_work work = {0};
	struct dnssec_verdict got;

	got = judge_message(dnssec, message, vectors->now_s + 20 * 86400, &work);
	assert_int_equal(got.result, DNSSEC_SECURE);
	dnssec_judge(dnssec, message, vectors->now_s, &work, &got);
	assert_int_equal(got.result, DNSSEC_NEED);
	dnssec_free(dnssec);
}

/* Many wait for the same keys: these are verified once. */
static void test_learnt_once([[maybe_unused]] void **state)
{
	struct dnssec *dnssec = make(NULL, 0);
	const struct vector *vector = find_text("www.nsec.lab.", A), *keys;
	struct dnssec_work work = {0}, other = {0};
	struct dnssec_verdict got;
	struct wire wanted, message;

	dnssec_judge(
		dnssec, (struct wire){vector->wire, vector->size}, vectors->now_s, &work, &got);
	assert_int_equal(got.result, DNSSEC_NEED);
	wanted = (struct wire){got.need, got.need_size};
	keys = find_text(".", TYPE_DNSKEY);
	message = (struct wire){keys->wire, keys->size};
	dnssec_learn(dnssec, wanted, message, NULL, vectors->now_s, &work);
	assert_int_equal(work.signatures, 1);
	dnssec_learn(dnssec, wanted, message, NULL, vectors->now_s, &other);
	assert_int_equal(other.signatures, 0);
	dnssec_free(dnssec);
}

/* Four of P-256 on the way, and two of P-384, which count as eight each. */
static void test_costly_signatures([[maybe_unused]] void **state)
{
	const struct vector *vector = find_text("www.p384.lab.", A);
	struct wire message = {vector->wire, vector->size};

	for (unsigned i = 0; i < 2; i++) {
		struct dnssec *dnssec = make(NULL, 0);
		struct dnssec_work work = {0};

		dnssec_limit(dnssec, 19 + i);
		assert_int_equal(judge_message(dnssec, message, vectors->now_s, &work).result,
			i == 0 ? DNSSEC_INDETERMINATE : DNSSEC_SECURE);
		dnssec_free(dnssec);
	}
}

/* Each DS looks at each key. */
static void test_many_keys([[maybe_unused]] void **state)
{
	static uint8_t message[MESSAGE_MAX];
	struct dnssec *dnssec = make(NULL, 0);
	struct rrs keys = rrs_of(find_text(".", TYPE_DNSKEY)), many = keys;
	struct dnssec_work work = {0};
	struct rr list[129];
	size_t n;

	many.list = list;
	for (many.n = 0; many.n < 129; many.n++)
		list[many.n] = keys.list[many.n % keys.n];
	many.n_answers = many.n;
	for (unsigned i = 0; i < 2; i++) {
		n = write_message(question(".", TYPE_DNSKEY), &many, message);
		dnssec_learn(dnssec, (struct wire){(const uint8_t *)"\0\0\60\0\1", 5},
			(struct wire){message, n}, NULL, vectors->now_s, &work);
		assert_int_equal(work.signatures, i);
		/* Not one too many. */
		many.n = many.n_answers = 128;
		dnssec_flush(dnssec);
	}
	rrs_free(&keys);
	dnssec_free(dnssec);
}

/* A message of names of 120 labels: a question, and records. */
struct long_message {
	uint8_t bytes[MESSAGE_MAX];
	size_t size;
	unsigned n;
};

static void put_long_name(struct long_message *m, char label)
{
	for (unsigned i = 0; i < 120; i++) {
		m->bytes[m->size++] = 1;
		m->bytes[m->size++] = (uint8_t)label;
	}
	m->bytes[m->size++] = 0;
}

static void put_record(
	struct long_message *m, size_t owner, uint8_t type, const uint8_t *rdata, uint8_t size)
{
	const uint8_t fixed[] = {(uint8_t)(0xc0 | owner >> 8), (uint8_t)owner, 0, type, 0, 1, 0,
		0, 1, 44, 0, size};

	memcpy(m->bytes + m->size, fixed, sizeof fixed);
	memcpy(m->bytes + m->size + sizeof fixed, rdata, size);
	m->size += sizeof fixed + size;
	m->n++;
	m->bytes[6] = (uint8_t)(m->n >> 8);
	m->bytes[7] = (uint8_t)m->n;
}

static struct long_message *begin_long(void)
{
	struct long_message *m = calloc(1, sizeof *m);

	assert_non_null(m);
	memcpy(m->bytes, "\0\0\201\200\0\1", 6);
	m->size = 12;
	put_long_name(m, 'a');
	memcpy(m->bytes + m->size, "\0\1\0\1", 4);
	m->size += 4;
	return m;
}

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Under an emulator it is as much work, and takes longer. */
static double little_s(void)
{
	return getenv("CTRESOLVED_EMULATED") == NULL ? 0.3 : 9;
}

static void test_long_names_cost_little([[maybe_unused]] void **state)
{
	static uint8_t out[MESSAGE_MAX];
	struct long_message *m = begin_long();
	const uint8_t address[] = {192, 0, 2, 1};
	size_t owner = m->size + 12 + 4;
	double before;

	/* The first record's data is where the others' owner stands. */
	put_record(m, 12, 99, address, 4);
	put_long_name(m, 'b');
	m->bytes[m->size - 241 - 5] = 4 + 241;
	while (m->n < 2048)
		put_record(m, owner, A, address, 4);
	before = cpu_s();
	dnssec_strip((struct wire){m->bytes, m->size}, true, true, out, sizeof out);
	assert_true(cpu_s() - before < little_s());
	free(m);
}

/* As many signatures as find room, each of which 32 RRsets would have to look at. */
static void test_many_signatures_cost_little([[maybe_unused]] void **state)
{
	static const char *const negative[] = {"a."};
	struct dnssec *dnssec = make(negative, 1);
	struct long_message *m = begin_long();
	const uint8_t signature[22] = {0, A, 13, 1, [18] = 1, [19] = 'b', [21] = 'x'};
	struct dnssec_work work = {0};
	struct dnssec_verdict got;
	double before;

	for (uint8_t type = 200; type < 232; type++)
		put_record(m, 12, type, signature, 4);
	while (m->n < 1900)
		put_record(m, 12, TYPE_RRSIG, signature, sizeof signature);
	before = cpu_s();
	for (unsigned i = 0; i < 10; i++)
		dnssec_judge(
			dnssec, (struct wire){m->bytes, m->size}, vectors->now_s, &work, &got);
	assert_true(cpu_s() - before < little_s());
	assert_int_equal(got.result, DNSSEC_BOGUS);
	free(m);
	dnssec_free(dnssec);
}

/* RFC 6672 section 2.4: a name has one at most; each link of a chain would look at all. */
static void test_many_dnames([[maybe_unused]] void **state)
{
	static const char *const negative[] = {"a."};
	struct dnssec *dnssec = make(negative, 1);
	enum dnssec_result want[] = {DNSSEC_INSECURE, DNSSEC_BOGUS};

	for (unsigned i = 0; i < 2; i++) {
		struct long_message *m = begin_long();
		struct dnssec_work work = {0};
		struct dnssec_verdict got;

		for (uint8_t n = 0; n <= i; n++)
			put_record(m, 14, TYPE_DNAME,
				(const uint8_t[]){1, (uint8_t)('x' + n), 1, 'a', 0}, 5);
		dnssec_judge(
			dnssec, (struct wire){m->bytes, m->size}, vectors->now_s, &work, &got);
		assert_int_equal(got.result, want[i]);
		free(m);
	}
	dnssec_free(dnssec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_of_signatures_only),
		cmocka_unit_test(test_any_denied),
		cmocka_unit_test(test_signer_above_the_anchor),
		cmocka_unit_test(test_forged_soa),
		cmocka_unit_test(test_proof_of_the_way),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_keys_of_one_tag),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_learnt_once),
		cmocka_unit_test(test_costly_signatures),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_many_dnames),
		cmocka_unit_test(test_long_names_cost_little),
		cmocka_unit_test(test_many_signatures_cost_little),
	};

	return cmocka_run_group_tests_name("dnssec_attacks", tests, judged_load, judged_unload);
}
