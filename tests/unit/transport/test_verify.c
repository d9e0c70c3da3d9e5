/* SPDX-License-Identifier: MIT */
/* Chains that GnuTLS itself would take (tests/data/transport). The lab has all the others. */
#include "ctpolicy/entry.h"
#include "tests/unit/ctpolicy/files.h"
#include "transport/describe.h"
#include "transport/verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define IN_2030 UINT64_C(1893456000000)
#define IN_2020 UINT64_C(1577836800000)
#define IN_2050 UINT64_C(2524608000000)

static const struct subject ONE = {.address = {1, 1, 1, 1}, .address_size = 4};

/* False: the anchors cannot be read, and `why` says it. */
static bool judge_chain(const char *anchors, const struct wire *der, size_t n, uint64_t now_ms,
	struct verdict *ret, char why[256])
{
	struct trust_params params = {
		.anchors_path = anchors,
		.list = file_log_list(LISTS, "log_list.json"),
		.policy = CT_POLICY_CHROME,
	};
	struct trust *trust = trust_new(&params, why, 256);

	if (trust == NULL)
		return false;
	verify_peer(trust, &ONE, &(struct peer){.der = der, .n = n}, AT(now_ms), ret);
	trust_free(trust);
	assert_false(ret->accepted); /* none carries an SCT */
	return true;
}

/* The first certificate of a file, borrowed from `chain`. */
static struct wire read_first(const char *file, struct pem_chain *chain)
{
	struct ct_bytes text = file_read(DATA, file);

	assert_true(pem_read(text, chain));
	file_free(text);
	return (struct wire){chain->der[0].data, chain->der[0].size};
}

static bool judge_by(const char *anchors, const char *file, size_t copies, uint64_t now_ms,
	struct verdict *ret, char why[256])
{
	struct wire der[VERIFY_CHAIN_MAX + 1];
	struct pem_chain chain;
	struct wire first = read_first(file, &chain);
	bool good;

	for (size_t i = 0; i < copies; i++)
		der[i] = first;
	good = judge_chain(anchors, der, copies, now_ms, ret, why);
	pem_free(&chain);
	return good;
}

static struct verdict judge(const char *file, size_t copies, uint64_t now_ms)
{
	struct verdict verdict;
	char why[256] = "";

	if (!judge_by(DATA "/ca.pem", file, copies, now_ms, &verdict, why))
		fail_msg("%s", why);
	return verdict;
}

static void test_chains([[maybe_unused]] void **state)
{
	static const struct {
		const char *file;
		size_t copies;
		uint64_t now_ms;
		const char *words; /* NULL: the chain is good */
	} cases[] = {
		{"good.pem", 1, IN_2030, NULL},
		{"good.pem", 8, IN_2030, NULL},
		{"good.pem", 9, IN_2030, "too much"},
		{"good.pem", 0, IN_2030, "no certificate"},
		{"good.pem", 1, IN_2020, "not valid before"},
		{"good.pem", 1, IN_2050, "expired"},
		{"ca.pem", 1, IN_2030, "certificate of a CA"},
		{"version1.pem", 1, IN_2030, "not X.509 version 3"},
		{"dsa.pem", 1, IN_2030, "neither RSA nor EC"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct verdict verdict = judge(cases[i].file, cases[i].copies, cases[i].now_ms);
		const char *reason = verdict.chain.reason;

		if (verdict.chain.ok != (cases[i].words == NULL) ||
			(cases[i].words != NULL && strstr(reason, cases[i].words) == NULL))
			fail_msg("case %zu, %s: %s", i, cases[i].file, reason);
	}
}

/* With a good chain and the right address, what is missing is said to be missing: the SCTs. */
static void test_each_check_has_its_words([[maybe_unused]] void **state)
{
	struct verdict verdict = judge("good.pem", 1, IN_2030);

	assert_true(verdict.chain.ok && verdict.distrust.ok && verdict.name.ok);
	assert_false(verdict.ct.ok);
	assert_int_equal(verdict.report.verdict, CT_NO_SCTS);
	assert_ptr_equal(strstr(verdict_reason(&verdict), "it carries no SCT"),
		verdict_reason(&verdict));
	verdict = judge("version1.pem", 1, IN_2030);
	assert_false(verdict.name.ok || verdict.ct.ok || verdict.distrust.ok);
	assert_int_equal(verdict.report.verdict, CT_MALFORMED); /* not judged is not accepted */
	assert_int_equal(verdict.report.policy, CT_POLICY_CHROME);
}

/* GnuTLS, and who built it, have dates as time_t: where that ends in 2038 they say the last of
 * 2037, and nothing else. What they would say with another time_t than ours is garbage. */
static void test_dates_after_2038([[maybe_unused]] void **state)
{
	const uint64_t last_of_2037 = UINT64_C(2145914603000),
		       in_2038 = UINT64_C(2147483648000);
	struct ct_bytes text = file_read(DATA, "good.pem");
	struct certificate_text words;
	struct certificate parsed;
	struct pem_chain chain;
	struct wire der;

	assert_true(pem_read(text, &chain));
	der = (struct wire){chain.der[0].data, chain.der[0].size};
	assert_true(ctp_certificate_parse(chain.der[0], &parsed));
	assert_true(parsed.not_after_ms > in_2038);
	assert_true(describe_certificate(der, &words));
	assert_int_equal(words.not_before_ms, parsed.not_before_ms);
	assert_int_equal(
		words.not_after_ms, sizeof(time_t) > 4 ? parsed.not_after_ms : last_of_2037);
	pem_free(&chain);
	file_free(text);
}

/* Judges good.pem by a file with the anchors `before`, its own under `marker`, and `after`. */
static bool judged_by(const char *before, const char *marker, const char *after, char why[256])
{
	struct ct_bytes ca = file_read(DATA, "ca.pem");
	const char *body = memchr(ca.data, '\n', ca.size);
	const char *end = memmem(ca.data, ca.size, "-----END", 8);
	char path[] = "/tmp/test_verify.XXXXXX";
	struct verdict verdict = {0};
	FILE *out = fdopen(mkstemp(path), "w");

	assert_true(out != NULL && body != NULL && end != NULL);
	fprintf(out, "%s-----BEGIN %s-----%.*s-----END %s-----\n%s", before, marker,
		(int)(end - body), body, marker, after);
	assert_int_equal(fclose(out), 0);
	file_free(ca);
	*why = '\0';
	if (judge_by(path, "good.pem", 1, IN_2030, &verdict, why))
		snprintf(why, 256, "%s", verdict.chain.reason);
	unlink(path);
	return verdict.chain.ok;
}

/* Many anchors in a file, with words between them, and under the other name that they have. */
static void test_anchors_of_a_file([[maybe_unused]] void **state)
{
	struct ct_bytes text = file_read(DATA, "version1.pem");
	char *other = calloc(1, 2 * text.size + 1), why[256];

	for (size_t i = 0; i < 2; i++)
		memcpy(other + i * text.size, text.data, text.size);
	file_free(text);
	assert_true(judged_by("", "CERTIFICATE", "", why));
	assert_true(judged_by(other, "CERTIFICATE", other, why));
	assert_true(judged_by("Words\r\n", "X509 CERTIFICATE", "-----BEGIN WORDS-----\n", why));
	assert_false(judged_by(other, "PUBLIC KEY", other, why));
	assert_non_null(strstr(why, "no path leads from it to a trust anchor"));
	assert_false(judged_by("", "CERTIFICATE", "-----BEGIN CERTIFICATE-----\nAAAA", why));
	assert_non_null(strstr(why, "/tmp/test_verify."));
	free(other);
}

/* It is found by its own name, though nobody has its issuer's. */
static void test_anchor_itself([[maybe_unused]] void **state)
{
	struct verdict verdict;
	char why[256] = "";

	assert_true(judge_by(DATA "/good.pem", "good.pem", 1, IN_2030, &verdict, why));
	assert_non_null(strstr(verdict.chain.reason, "it is a trust anchor itself"));
}

/* Whoever knows where they are: there are some, and our authority is none of them. */
static void test_anchors_of_the_system([[maybe_unused]] void **state)
{
	struct verdict verdict;
	char why[256] = "";

	assert_true(judge_by(NULL, "good.pem", 1, IN_2030, &verdict, why));
	assert_false(verdict.chain.ok);
	assert_non_null(
		strstr(verdict.chain.reason, "no path leads from it to a trust anchor"));
}

/* The first certificate of each file; what they are worth to these anchors. */
static struct verdict judge_pair(const char *anchors, const char *leaf, const char *other)
{
	struct pem_chain chains[2];
	struct wire der[] = {read_first(leaf, &chains[0]), read_first(other, &chains[1])};
	struct verdict verdict;
	char why[256] = "";

	if (!judge_chain(anchors, der, 2, IN_2030, &verdict, why))
		fail_msg("%s", why);
	for (size_t i = 0; i < 2; i++)
		pem_free(&chains[i]);
	return verdict;
}

/* Two anchors of one name, and the root of one of them: which of them GnuTLS finds is a matter
 * of where it looks, and is to be as where all anchors of the file are in one list. */
static void test_anchors_of_one_name([[maybe_unused]] void **state)
{
	static const char *const names[] = {"intermediate.pem", "rekeyed.pem", "root.pem"};
	char path[] = "/tmp/test_verify.XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");
	struct verdict verdict;

	assert_non_null(out);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ct_bytes text = file_read(DATA, names[i]);

		assert_int_equal(fwrite(text.data, 1, text.size, out), text.size);
		file_free(text);
	}
	assert_int_equal(fclose(out), 0);
	verdict = judge_pair(path, "of-intermediate.pem", "intermediate.pem");
	unlink(path);
	if (!verdict.chain.ok)
		fail_msg("%s", verdict.chain.reason);
	verdict = judge_pair(DATA "/rekeyed.pem", "of-intermediate.pem", "intermediate.pem");
	assert_false(verdict.chain.ok);
}

static void test_anchors([[maybe_unused]] void **state)
{
	static const char *const paths[] = {DATA "/missing.pem", LISTS "/log_list.json"};

	for (size_t i = 0; i < 2; i++) {
		struct trust_params params = {.anchors_path = paths[i],
			.list = file_log_list(LISTS, "log_list.json")};
		char why[512] = "";

		assert_null(trust_new(&params, why, sizeof why));
		assert_ptr_equal(strstr(why, paths[i]), why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_each_check_has_its_words),
		cmocka_unit_test(test_dates_after_2038),
		cmocka_unit_test(test_anchors_of_a_file),
		cmocka_unit_test(test_anchor_itself),
		cmocka_unit_test(test_anchors_of_the_system),
		cmocka_unit_test(test_anchors_of_one_name),
		cmocka_unit_test(test_anchors),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
