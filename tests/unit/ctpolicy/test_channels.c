/* SPDX-License-Identifier: MIT */
/* SCTs that come beside the certificate: by TLS, and in an OCSP response (tests/data/ctpolicy,
 * make-channels). */
#include "tests/unit/ctpolicy/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS UINT64_C(1768478400000) /* 2026-01-15T12:00:00Z */
#define DAY_MS UINT64_C(86400000)

enum {
	E = 1 << CT_ORIGIN_EMBEDDED,
	T = 1 << CT_ORIGIN_TLS,
	O = 1 << CT_ORIGIN_OCSP,
	ANY = E | T | O,
};

static struct ct_log_list *list;
static struct ct_report report;
static char text[512];

static struct ct_bytes optional_file(const char *name)
{
	return name != NULL ? file_read(DATA, name) : (struct ct_bytes){0};
}

/* Fills `report` and `text`. tls and ocsp: files; NULL: none came. */
static enum ct_verdict judge(enum ct_policy policy, const char *chain_file, const char *tls,
	const char *ocsp, struct ct_clock clock)
{
	struct pem_chain chain = file_chain(DATA, chain_file);
	struct ct_bytes response = optional_file(ocsp);
	struct ct_evidence evidence = {
		.leaf = chain.der[0],
		.issuer = chain.der[1],
		.tls_scts = optional_file(tls),
	};
	enum ct_verdict verdict;

	if (ocsp != NULL)
		assert_int_equal(ct_ocsp_scts(response, 0, &evidence.ocsp_scts), CT_OK);
	/* What is left of the last report must not pass for this one's. */
	memset(&report, 0xee, sizeof report);
	verdict = ct_check(list, policy, &evidence, clock, &report);
	assert_int_equal(verdict, report.verdict);
	assert_int_equal(policy, report.policy);
	ct_report_text(&report, text, sizeof text);
	file_free(evidence.tls_scts);
	file_free(response);
	pem_free(&chain);
	return verdict;
}

/* Of each SCT its origin and how it was judged: "T+" is one by TLS that counts. */
static const struct {
	char letter;
	enum ct_sct_status status;
} marks[] = {
	{'+', CT_SCT_VALID},
	{'!', CT_SCT_BAD_SIGNATURE},
	{'=', CT_SCT_DUPLICATE},
	{'>', CT_SCT_IN_FUTURE},
	{'r', CT_SCT_LOG_NOT_CURRENT},
	{'o', CT_SCT_NOT_FROM_OCSP},
};

static const char *shorthand(void)
{
	static char scts[2 * CT_SCTS_MAX + 1];

	memset(scts, 0, sizeof scts);
	for (size_t i = 0; i < report.n_scts; i++) {
		scts[2 * i] = "ETO"[report.scts[i].origin];
		scts[2 * i + 1] = '?';
		for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
			if (marks[m].status == report.scts[i].status)
				scts[2 * i + 1] = marks[m].letter;
	}
	return scts;
}

struct row {
	const char *chain, *tls, *ocsp;
	enum ct_policy policy;
	enum ct_verdict verdict;
	const char *scts; /* shorthand() */
	unsigned origins;
	size_t logs, operators;
	const char *text;
};

static void expect(const struct row *row, struct ct_clock clock)
{
	enum ct_verdict verdict = judge(row->policy, row->chain, row->tls, row->ocsp, clock);

	if (verdict != row->verdict || strcmp(shorthand(), row->scts) != 0 ||
		report.origins != row->origins || report.logs != row->logs ||
		report.operators != row->operators || strcmp(text, row->text) != 0)
		fail_msg("%s, %s, %s, %s: %s, %s, origins %u, %zu logs, %zu operators: \"%s\"",
			row->chain, row->tls != NULL ? row->tls : "-",
			row->ocsp != NULL ? row->ocsp : "-", ct_policy_name(row->policy),
			ct_verdict_name(verdict), shorthand(), report.origins, report.logs,
			report.operators, text);
}

#define NONE "channels.pem"
#define ONE "channels-one.pem"         /* Ash1 of Operator A */
#define TWO "channels-two.pem"         /* and Beech1 of Operator B */
#define LONG "channels-long.pem"       /* the same for 200 days */
#define RETIRED "channels-retired.pem" /* Oldelm of Operator B */
#define TWO_LOGS CT_POLICY_TWO_LOGS
#define CHROME CT_POLICY_CHROME
#define APPLE CT_POLICY_APPLE
#define FEW CT_NOT_ENOUGH_SCTS

#define NEEDS_2(policy) "; policy " policy " needs 2 logs of 2 operators"
#define BOTH "2 of 2 SCTs count, from 2 logs of 2 operators"
#define ONE_DOES(what) "1 of 2 SCTs" what " counts, from 1 log of 1 operator (Operator A)"

static const struct row rows[] = {
	/* By TLS alone. */
	{NONE, "good.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "T+T+", ANY, 2, 2, BOTH},
	{NONE, "good.tls-scts", NULL, CHROME, CT_COMPLIANT, "T+T+", T, 2, 2, BOTH},
	{NONE, "good.tls-scts", NULL, APPLE, CT_COMPLIANT, "T+T+", E | T, 2, 2, BOTH},
	{NONE, "one-operator.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "T+T+", ANY, 2, 1,
		"2 of 2 SCTs count, from 2 logs of 1 operator (Operator A)"},
	{NONE, "one-operator.tls-scts", NULL, CHROME, CT_NOT_DIVERSE_SCTS, "T+T+", T, 2, 1,
		"2 of 2 SCTs count, from 2 logs of 1 operator (Operator A)" NEEDS_2("chrome")},
	{NONE, "one-operator.tls-scts", NULL, APPLE, CT_NOT_DIVERSE_SCTS, "T+T+", E | T, 2, 1,
		"2 of 2 SCTs count, from 2 logs of 1 operator (Operator A)" NEEDS_2("apple")},
	{NONE, "bad-signature.tls-scts", NULL, TWO_LOGS, FEW, "T+T!", ANY, 1, 1,
		ONE_DOES("") "; 1 does not because its signature is wrong; policy two-logs "
			     "needs 2 logs"},
	{NONE, "bad-signature.tls-scts", NULL, CHROME, FEW, "T+T!", T, 1, 1,
		ONE_DOES("") "; 1 does not because its signature is wrong" NEEDS_2("chrome")},
	{NONE, "duplicate.tls-scts", NULL, TWO_LOGS, FEW, "T+T=", ANY, 1, 1,
		ONE_DOES("") "; 1 does not because another one of the same log counts already; "
			     "policy two-logs needs 2 logs"},
	{NONE, "duplicate.tls-scts", NULL, APPLE, FEW, "T+T=", E | T, 1, 1,
		ONE_DOES("") "; 1 does not because another one of the same log counts "
			     "already" NEEDS_2("apple")},
	{NONE, "future.tls-scts", NULL, TWO_LOGS, FEW, "T>T>", ANY, 0, 0,
		"none of its 2 SCTs counts: their timestamps are in the future; policy "
		"two-logs needs 2 logs"},
	{NONE, "malformed.tls-scts", NULL, TWO_LOGS, CT_MALFORMED, "", ANY, 0, 0,
		"it, or its SCTs, cannot be parsed"},
	{NONE, NULL, NULL, CHROME, CT_NO_SCTS, "", E | O, 0, 0,
		"it carries no SCT: it was not shown to any Certificate Transparency log"},
	/* A log that has retired since vouches for what it saw before, but browsers take its
	 * SCTs from within the certificate only: those by TLS could have been renewed. */
	{NONE, "retired.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "T+T+", ANY, 2, 2, BOTH},
	{NONE, "retired.tls-scts", NULL, CHROME, FEW, "TrT+", T, 1, 1,
		ONE_DOES("") "; 1 does not because it came by TLS, and its log is retired "
			     "now" NEEDS_2("chrome")},
	{NONE, "retired.tls-scts", NULL, APPLE, FEW, "TrT+", E | T, 1, 1,
		ONE_DOES("") "; 1 does not because it came by TLS, and its log is retired "
			     "now" NEEDS_2("apple")},
	{NONE, "tiled.tls-scts", NULL, CHROME, CT_COMPLIANT, "T+T+", T, 2, 2, BOTH},
	{NONE, "tiled.tls-scts", NULL, APPLE, CT_NO_RFC6962_LOG, "T+T+", E | T, 2, 2,
		BOTH ", but none is an RFC 6962 log; policy apple needs one"},
	/* Ash1 embedded, Beech1 by TLS: enough together, but not one way. */
	{ONE, "one-other.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "E+T+", ANY, 2, 2, BOTH},
	{ONE, "one-other.tls-scts", NULL, CHROME, FEW, "E+T+", E | O, 1, 1,
		"1 of 1 embedded SCT counts, from 1 log of 1 operator (Operator A)" NEEDS_2(
			"chrome")},
	{ONE, "one-other.tls-scts", NULL, APPLE, CT_COMPLIANT, "E+T+", E | T, 2, 2, BOTH},
	{ONE, "one-retired.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "E+T+", ANY, 2, 2, BOTH},
	{ONE, "one-retired.tls-scts", NULL, APPLE, FEW, "E+Tr", E | O, 1, 1,
		"1 of 1 embedded SCT counts, from 1 log of 1 operator (Operator A)" NEEDS_2(
			"apple")},
	/* 200 days: three embedded ones, or of Apple's mixture two, one of them by TLS. */
	{LONG, NULL, NULL, APPLE, FEW, "E+E+", E | O, 2, 2,
		BOTH "; policy apple needs 3 logs of 2 operators for a lifetime of 200 days"},
	{LONG, "long.tls-scts", NULL, CHROME, FEW, "E+E+T+", E | O, 2, 2,
		"2 of 2 embedded SCTs count, from 2 logs of 2 operators; policy chrome needs 3 "
		"logs of 2 operators for a lifetime of 200 days"},
	{LONG, "long.tls-scts", NULL, APPLE, CT_COMPLIANT, "E+E+T+", E | T, 3, 2,
		"3 of 3 SCTs count, from 3 logs of 2 operators"},
	{LONG, "long-bad.tls-scts", NULL, APPLE, FEW, "E+E+T!", E | O, 2, 2,
		"2 of 2 embedded SCTs count, from 2 logs of 2 operators; policy apple needs 3 "
		"logs of 2 operators for a lifetime of 200 days"},
	/* The mixture is of logs that are current; that of the embedded one is not. */
	{RETIRED, "old.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "E+T+", ANY, 2, 2, BOTH},
	{RETIRED, "old.tls-scts", NULL, APPLE, FEW, "E+T+", E | O, 1, 1,
		"1 of 1 embedded SCT counts, from 1 log of 1 operator (Operator B)" NEEDS_2(
			"apple")},
	/* One log is one log, whichever ways its SCTs came. */
	{ONE, "one.tls-scts", NULL, TWO_LOGS, FEW, "E+T+", ANY, 1, 1,
		"2 of 2 SCTs count, from 1 log of 1 operator (Operator A); policy two-logs "
		"needs 2 logs"},
	{ONE, "one.tls-scts", NULL, APPLE, FEW, "E+T+", E | O, 1, 1,
		"1 of 1 embedded SCT counts, from 1 log of 1 operator (Operator A)" NEEDS_2(
			"apple")},
	/* Embedded ones are enough, whatever comes by TLS, unless it cannot be parsed. */
	{TWO, "good.tls-scts", NULL, CHROME, CT_COMPLIANT, "E+E+T!T!", E | O, 2, 2,
		"2 of 2 embedded SCTs count, from 2 logs of 2 operators"},
	{TWO, "malformed.tls-scts", NULL, CHROME, CT_MALFORMED, "", E | O, 0, 0,
		"it, or its SCTs, cannot be parsed"},
	/* Made over the precertificate, but sent by TLS; and the other way round. */
	{NONE, "two-precert.tls-scts", NULL, TWO_LOGS, FEW, "T!T!", ANY, 0, 0,
		"none of its 2 SCTs counts: each signature is wrong; policy two-logs needs 2 "
		"logs"},
	{TWO, "two-precert.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "E+E+T!T!", ANY, 2, 2,
		"2 of 4 SCTs count, from 2 logs of 2 operators"},
	{"channels-swapped.pem", NULL, NULL, TWO_LOGS, FEW, "E!E!", ANY, 0, 0,
		"none of its 2 SCTs counts: each signature is wrong; policy two-logs needs 2 "
		"logs"},
	{"channels-swapped.pem", "good.tls-scts", NULL, TWO_LOGS, FEW, "E!E!T!T!", ANY, 0, 0,
		"none of its 4 SCTs counts: each signature is wrong; policy two-logs needs 2 "
		"logs"},
	/* Browsers have given up OCSP. */
	{NONE, NULL, "good.ocsp", TWO_LOGS, CT_COMPLIANT, "O+O+", ANY, 2, 2, BOTH},
	{NONE, NULL, "good.ocsp", CHROME, FEW, "OoOo", E | O, 0, 0,
		"none of its 2 SCTs counts: they came in an OCSP response, which browsers gave "
		"up" NEEDS_2("chrome")},
	{NONE, NULL, "good.ocsp", APPLE, FEW, "OoOo", E | O, 0, 0,
		"none of its 2 SCTs counts: they came in an OCSP response, which browsers gave "
		"up" NEEDS_2("apple")},
	{NONE, NULL, "none.ocsp", TWO_LOGS, CT_NO_SCTS, "", ANY, 0, 0,
		"it carries no SCT: it was not shown to any Certificate Transparency log"},
	{NONE, "good.tls-scts", "good.ocsp", TWO_LOGS, CT_COMPLIANT, "T+T+O+O+", ANY, 2, 2,
		"4 of 4 SCTs count, from 2 logs of 2 operators"},
	{NONE, "good.tls-scts", "good.ocsp", CHROME, CT_COMPLIANT, "T+T+OoOo", T, 2, 2,
		"2 of 2 SCTs by TLS count, from 2 logs of 2 operators"},
	{NONE, "bad-signature.tls-scts", "good.ocsp", APPLE, FEW, "T+T!OoOo", E | T, 1, 1,
		ONE_DOES(" by TLS") "; 1 does not because its signature is wrong" NEEDS_2(
			"apple")},
	{TWO, NULL, "good.ocsp", APPLE, CT_COMPLIANT, "E+E+OoOo", E | O, 2, 2,
		"2 of 4 SCTs count, from 2 logs of 2 operators"},
};

static void test_channels([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(&rows[i], AT(NOW_MS));
}

/* Only so many are looked at; the 17th, which would make it enough, is not. */
static void test_many([[maybe_unused]] void **state)
{
	assert_int_equal(judge(TWO_LOGS, NONE, "many.tls-scts", NULL, AT(NOW_MS)), FEW);
	assert_int_equal(report.n_scts, CT_SCTS_MAX);
	assert_int_equal(report.scts_left_out, 1);
	assert_string_equal(shorthand(), "T+T=T=T=T=T=T=T=T=T=T=T=T=T=T=T=");
	assert_non_null(strstr(text, "; 1 more were not looked at"));

	/* Together they are as many: the embedded ones come first. */
	assert_int_equal(judge(CHROME, TWO, "many.tls-scts", NULL, AT(NOW_MS)), CT_COMPLIANT);
	assert_int_equal(report.n_scts, CT_SCTS_MAX);
	assert_int_equal(report.scts_left_out, 3);
	assert_int_equal(report.scts[1].origin, CT_ORIGIN_EMBEDDED);
	assert_int_equal(report.scts[2].origin, CT_ORIGIN_TLS);
}

/* A list that is too old cannot tell which logs are current: two logs of two operators are
 * asked for, by any ways together. */
static void test_stale_list([[maybe_unused]] void **state)
{
#define STALE "the log list is stale (70 days old)"
	static const struct row stale[] = {
		{NONE, "good.tls-scts", NULL, CHROME, CT_COMPLIANT, "T+T+", ANY, 2, 2,
			BOTH ", while " STALE},
		{NONE, "retired.tls-scts", NULL, CHROME, CT_COMPLIANT, "T+T+", ANY, 2, 2,
			BOTH ", while " STALE},
		{NONE, "one-operator.tls-scts", NULL, TWO_LOGS, CT_NOT_DIVERSE_SCTS, "T+T+",
			ANY, 2, 1,
			"2 of 2 SCTs count, from 2 logs of 1 operator (Operator A)" NEEDS_2(
				"two-logs") " while " STALE},
		{ONE, "one-other.tls-scts", NULL, CHROME, CT_COMPLIANT, "E+T+", ANY, 2, 2,
			BOTH ", while " STALE},
		{ONE, "one.tls-scts", NULL, APPLE, FEW, "E+T+", ANY, 1, 1,
			"2 of 2 SCTs count, from 1 log of 1 operator (Operator A)" NEEDS_2(
				"apple") " while " STALE},
		{NONE, NULL, "good.ocsp", CHROME, FEW, "OoOo", ANY, 0, 0,
			"none of its 2 SCTs counts: they came in an OCSP response, which "
			"browsers gave up" NEEDS_2("chrome") " while " STALE},
	};

	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
		expect(&stale[i], AT(NOW_MS + 70 * DAY_MS + 1));
		assert_true(report.list_stale && !report.clock_unset);
		assert_int_equal(report.list_age_days, 70);
	}
	(void)judge(CHROME, NONE, "good.tls-scts", NULL, AT(NOW_MS + 70 * DAY_MS));
	assert_false(report.list_stale);
	assert_int_equal(report.origins, T);
}

/* A clock that is not set says "now or later": what seems to be of the future need not be, and
 * the list may be of any age. */
static void test_clock_unset([[maybe_unused]] void **state)
{
	static const struct row unset[] = {
		{NONE, "future.tls-scts", NULL, TWO_LOGS, CT_COMPLIANT, "T+T+", ANY, 2, 2,
			BOTH ", while the clock is not set"},
		{NONE, "future.tls-scts", NULL, CHROME, CT_COMPLIANT, "T+T+", ANY, 2, 2,
			BOTH ", while the clock is not set"},
		{NONE, "one-operator.tls-scts", NULL, TWO_LOGS, CT_NOT_DIVERSE_SCTS, "T+T+",
			ANY, 2, 1,
			"2 of 2 SCTs count, from 2 logs of 1 operator (Operator A)" NEEDS_2(
				"two-logs") " while the clock is not set"},
		{NONE, "bad-signature.tls-scts", NULL, TWO_LOGS, FEW, "T+T!", ANY, 1, 1,
			ONE_DOES("") "; 1 does not because its signature is wrong" NEEDS_2(
				"two-logs") " while the clock is not set"},
	};

	for (size_t i = 0; i < sizeof unset / sizeof *unset; i++) {
		expect(&unset[i], (struct ct_clock){.now_ms = NOW_MS, .unset = true});
		assert_true(report.list_stale && report.clock_unset);
	}
	/* Before the list was made, and in the first millisecond of 1970. */
	expect(&unset[0], (struct ct_clock){.now_ms = 0, .unset = true});

	/* Set, the same clock holds them to be of the future, up to the millisecond. */
	assert_int_equal(judge(TWO_LOGS, NONE, "future.tls-scts", NULL, AT(NOW_MS)), FEW);
	assert_string_equal(shorthand(), "T>T>");
	assert_false(report.list_stale || report.clock_unset);
	assert_int_equal(
		judge(TWO_LOGS, NONE, "future.tls-scts", NULL, AT(NOW_MS + DAY_MS - 1)), FEW);
	assert_int_equal(judge(TWO_LOGS, NONE, "future.tls-scts", NULL, AT(NOW_MS + DAY_MS)),
		CT_COMPLIANT);
}

/* Any list that is not one, whichever way it came, and though the other way would do. */
static void test_malformed_lists([[maybe_unused]] void **state)
{
	static const struct ct_bytes broken[] = {
		{(const uint8_t *)"\0", 1},
		{(const uint8_t *)"\0\0", 2},
		{(const uint8_t *)"\0\2\0\0", 4},
		{(const uint8_t *)"\0\3\0\1\0", 5},
		{(const uint8_t *)"\0\3\0\1\1x", 6},
	};
	struct pem_chain chain = file_chain(DATA, TWO);

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct ct_evidence evidence = {.leaf = chain.der[0], .issuer = chain.der[1]};

		assert_int_equal(
			ct_check(list, CHROME, &evidence, AT(NOW_MS), &report), CT_COMPLIANT);
		evidence.tls_scts = broken[i];
		assert_int_equal(
			ct_check(list, CHROME, &evidence, AT(NOW_MS), &report), CT_MALFORMED);
		assert_int_equal(report.n_scts, 0);
		evidence.tls_scts = (struct ct_bytes){0};
		evidence.ocsp_scts = broken[i];
		assert_int_equal(
			ct_check(list, TWO_LOGS, &evidence, AT(NOW_MS), &report), CT_MALFORMED);
		assert_int_equal(report.n_scts, 0);
	}
	pem_free(&chain);
}

static int set_up([[maybe_unused]] void **state)
{
	list = file_log_list(DATA, "channels_log_list.json");
	return 0;
}

static int tear_down([[maybe_unused]] void **state)
{
	ct_log_list_free(list);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_stale_list),
		cmocka_unit_test(test_clock_unset),
		cmocka_unit_test(test_malformed_lists),
	};

	return cmocka_run_group_tests_name("channels", tests, set_up, tear_down);
}
