/* SPDX-License-Identifier: MIT */
/* Certificates with one fault each (tests/data/ctpolicy), under each policy. */
#include "ctpolicy/der.h"
#include "ctpolicy/entry.h"
#include "ctpolicy/loglist.h"
#include "ctpolicy/sct.h"
#include "tests/unit/ctpolicy/files.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW "2026-01-15T12:00:00Z"
#define NOW_MS UINT64_C(1768478400000)

static const struct {
	const char *name;
	enum ct_sct_status last; /* of the last SCT; only where there is one */
	enum ct_verdict two_logs, chrome, apple;
} cases[] = {
	{"good", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
	{"rsa-log", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
	{"static-ct", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
	{"only-tiled", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_NO_RFC6962_LOG},
	{"no-sct", CT_SCT_VALID, CT_NO_SCTS, CT_NO_SCTS, CT_NO_SCTS},
	{"one-sct", CT_SCT_VALID, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS},
	{"one-log-twice", CT_SCT_DUPLICATE, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"one-operator", CT_SCT_VALID, CT_COMPLIANT, CT_NOT_DIVERSE_SCTS, CT_NOT_DIVERSE_SCTS},
	{"previous-operator", CT_SCT_VALID, CT_COMPLIANT, CT_NOT_DIVERSE_SCTS,
		CT_NOT_DIVERSE_SCTS},
	{"bad-signature", CT_SCT_BAD_SIGNATURE, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"unknown-log", CT_SCT_UNKNOWN_LOG, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"retired-before", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
	{"retired-after", CT_SCT_AFTER_RETIREMENT, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"all-retired", CT_SCT_VALID, CT_COMPLIANT, CT_NO_CURRENT_LOG, CT_NO_CURRENT_LOG},
	{"pending-log", CT_SCT_LOG_PENDING, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"rejected-log", CT_SCT_LOG_REJECTED, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"stateless-log", CT_SCT_LOG_STATELESS, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"future-sct", CT_SCT_IN_FUTURE, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"outside-interval", CT_SCT_OUTSIDE_INTERVAL, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"mimic-logs", CT_SCT_LOG_BARRED, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"many-scts", CT_SCT_UNKNOWN_LOG, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS,
		CT_NOT_ENOUGH_SCTS},
	{"broken-list", CT_SCT_VALID, CT_MALFORMED, CT_MALFORMED, CT_MALFORMED},
	/* notAfter - notBefore is exactly 180 days: of Apple's days that is one more. */
	{"lifetime-180", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_NOT_ENOUGH_SCTS},
	{"two-of-one", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
	{"long-lived-two", CT_SCT_VALID, CT_COMPLIANT, CT_NOT_ENOUGH_SCTS, CT_NOT_ENOUGH_SCTS},
	{"long-lived-three", CT_SCT_VALID, CT_COMPLIANT, CT_COMPLIANT, CT_COMPLIANT},
};

static void expect(const struct ct_log_list *list, const char *name, enum ct_policy policy,
	enum ct_verdict wanted, enum ct_sct_status last)
{
	struct ct_report report;
	char file[64], text[512];
	enum ct_verdict verdict;

	snprintf(file, sizeof file, "%s.pem", name);
	verdict = file_check(list, policy, DATA, file, NOW, &report);
	ct_report_text(&report, text, sizeof text);
	if (verdict != wanted || verdict != report.verdict)
		fail_msg("%s, %s: %s (%s)", name, ct_policy_name(policy),
			ct_verdict_name(verdict), text);
	if (report.n_scts > 0 && report.scts[report.n_scts - 1].status != last)
		fail_msg("%s, %s: %s", name, ct_policy_name(policy), text);
	assert_true(strlen(text) > 0);
}

static void test_cases([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		expect(list, cases[i].name, CT_POLICY_TWO_LOGS, cases[i].two_logs,
			cases[i].last);
		expect(list, cases[i].name, CT_POLICY_CHROME, cases[i].chrome, cases[i].last);
		expect(list, cases[i].name, CT_POLICY_APPLE, cases[i].apple, cases[i].last);
	}
	ct_log_list_free(list);
}

/* After 70 days a list is stale: two logs of two operators are needed, whatever the policy, and
 * what is current is not asked any more. */
static void test_stale_list([[maybe_unused]] void **state)
{
	static const struct {
		const char *name, *time;
		enum ct_policy policy;
		enum ct_verdict verdict;
		bool stale;
	} stale[] = {
		{"good.pem", "2026-03-26T12:00:00Z", CT_POLICY_CHROME, CT_COMPLIANT, false},
		{"good.pem", "2026-03-26T12:00:01Z", CT_POLICY_CHROME, CT_COMPLIANT, true},
		{"one-operator.pem", "2026-03-26T12:00:00Z", CT_POLICY_TWO_LOGS, CT_COMPLIANT,
			false},
		{"one-operator.pem", "2026-03-26T12:00:01Z", CT_POLICY_TWO_LOGS,
			CT_NOT_DIVERSE_SCTS, true},
		{"all-retired.pem", "2026-03-26T12:00:01Z", CT_POLICY_CHROME, CT_COMPLIANT,
			true},
		{"long-lived-two.pem", "2026-03-26T12:00:01Z", CT_POLICY_APPLE, CT_COMPLIANT,
			true},
		{"one-sct.pem", "2026-03-26T12:00:01Z", CT_POLICY_TWO_LOGS, CT_NOT_ENOUGH_SCTS,
			true},
		{"mimic-logs.pem", "2036-03-26T12:00:01Z", CT_POLICY_TWO_LOGS,
			CT_NOT_ENOUGH_SCTS, true},
	};
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");

	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
		struct ct_report report;

		if (file_check(list, stale[i].policy, DATA, stale[i].name, stale[i].time,
			    &report) != stale[i].verdict ||
			report.list_stale != stale[i].stale)
			fail_msg("case %zu: %s", i, ct_verdict_name(report.verdict));
	}
	ct_log_list_free(list);
}

/* The issuer's key is signed with the certificate: another issuer's makes every signature
 * wrong. */
static void test_wrong_issuer([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[0]};
	struct ct_report report;

	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(NOW_MS), &report),
		CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.scts[0].status, CT_SCT_BAD_SIGNATURE);
	evidence.issuer.size /= 2;
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(NOW_MS), &report),
		CT_MALFORMED);
	pem_free(&chain);
	ct_log_list_free(list);
}

/* A certificate that is cut anywhere, or changed in any byte, is never accepted: cut bytes do
 * not parse; changed ones are not what the logs signed, or lie outside of it, in the CA's
 * signature. */
static void test_every_byte_counts([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");
	size_t size = chain.der[0].size, tbs_end;
	uint8_t *bytes = malloc(size);
	struct ct_evidence evidence = {{bytes, 0}, chain.der[1]};
	struct ct_bytes rest = chain.der[0];
	struct ct_report report;
	struct der whole, tbs;

	assert_non_null(bytes);
	memcpy(bytes, chain.der[0].data, size);
	assert_true(ctp_der_take(&rest, DER_SEQUENCE, &whole));
	assert_true(ctp_der_take(&whole.value, DER_SEQUENCE, &tbs));
	tbs_end = (size_t)(tbs.whole.data + tbs.whole.size - chain.der[0].data);
	for (size_t n = 0; n < size; n++) {
		evidence.leaf.size = n;
		assert_int_equal(
			ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report),
			CT_MALFORMED);
	}
	evidence.leaf.size = size;
	for (size_t i = 0; i < tbs_end; i++) {
		bytes[i] ^= 1;
		if (ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report) ==
			CT_COMPLIANT)
			fail_msg("byte %zu", i);
		bytes[i] ^= 1;
	}
	assert_int_equal(
		ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report), CT_COMPLIANT);
	free(bytes);
	pem_free(&chain);
	ct_log_list_free(list);
}

/* What the logs signed is rebuilt to the byte; the other side is another implementation. */
static void test_rebuilt_tbs([[maybe_unused]] void **state)
{
	static const char *const names[] = {"good", "static-ct", "rsa-log", "long-lived-three"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct certificate certificate;
		struct pem_chain chain;
		struct ct_bytes golden;
		uint8_t rebuilt[4096];
		char file[64];

		snprintf(file, sizeof file, "%s.tbs", names[i]);
		golden = file_read(DATA, file);
		snprintf(file, sizeof file, "%s.pem", names[i]);
		chain = file_chain(DATA, file);
		assert_true(ctp_certificate_parse(chain.der[0], &certificate));
		assert_int_equal(ctp_precert_tbs_size(&certificate), golden.size);
		assert_ptr_equal(
			ctp_precert_tbs_write(&certificate, rebuilt), rebuilt + golden.size);
		assert_memory_equal(rebuilt, golden.data, golden.size);
		pem_free(&chain);
		file_free(golden);
	}
}

/* The log whose SCT stands at this place, for a test that changes it. */
static struct ct_log *log_of(
	struct ct_log_list *list, const struct ct_report *report, size_t sct)
{
	for (size_t i = 0; i < list->n; i++)
		if (&list->entries[i].log == report->scts[sct].log)
			return &list->entries[i].log;
	fail_msg("SCT %zu is of no log", sct);
	return NULL;
}

/* Each limit, to the millisecond. */
static void test_edges([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	struct certificate leaf;
	struct ct_report report;
	struct ct_log *log, saved;
	uint64_t made_ms;

	assert_true(ctp_certificate_parse(chain.der[0], &leaf));
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(NOW_MS), &report),
		CT_COMPLIANT);
	assert_int_equal(report.lifetime_days, 90);
	made_ms = report.scts[0].timestamp_ms;
	log = log_of(list, &report, 0);
	saved = *log;
#define EXPECT(wanted, now_ms)                                                                 \
	do {                                                                                   \
		(void)!ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(now_ms), &report);     \
		assert_int_equal(report.scts[0].status, wanted);                               \
		*log = saved;                                                                  \
	} while (0)
	EXPECT(CT_SCT_VALID, made_ms);
	EXPECT(CT_SCT_IN_FUTURE, made_ms - 1);
	log->interval_start_ms = leaf.not_after_ms;
	EXPECT(CT_SCT_VALID, NOW_MS);
	log->interval_start_ms = leaf.not_after_ms + 1;
	EXPECT(CT_SCT_OUTSIDE_INTERVAL, NOW_MS);
	log->interval_end_ms = leaf.not_after_ms + 1;
	EXPECT(CT_SCT_VALID, NOW_MS);
	log->interval_end_ms = leaf.not_after_ms;
	EXPECT(CT_SCT_OUTSIDE_INTERVAL, NOW_MS);
	log->state = CT_LOG_RETIRED;
	log->state_since_ms = made_ms + 1;
	EXPECT(CT_SCT_VALID, NOW_MS);
	log->state = CT_LOG_RETIRED;
	log->state_since_ms = made_ms;
	EXPECT(CT_SCT_AFTER_RETIREMENT, NOW_MS);
#undef EXPECT
	pem_free(&chain);
	ct_log_list_free(list);
}

/* A log that will be retired is current until then. */
static void test_retired_tomorrow([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct ct_report report;
	struct ct_log *log;

	assert_int_equal(
		file_check(list, CT_POLICY_CHROME, DATA, "all-retired.pem", NOW, &report),
		CT_NO_CURRENT_LOG);
	log = log_of(list, &report, 1);
	log->state_since_ms = NOW_MS + 1;
	assert_int_equal(
		file_check(list, CT_POLICY_CHROME, DATA, "all-retired.pem", NOW, &report),
		CT_COMPLIANT);
	log->state_since_ms = NOW_MS;
	assert_int_equal(
		file_check(list, CT_POLICY_CHROME, DATA, "all-retired.pem", NOW, &report),
		CT_NO_CURRENT_LOG);
	ct_log_list_free(list);
}

/* A list that is newer than the clock is fresh. */
static void test_list_of_tomorrow([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct ct_report report;

	assert_int_equal(file_check(list, CT_POLICY_CHROME, DATA, "good.pem",
				 "2026-01-15T11:59:59Z", &report),
		CT_COMPLIANT);
	assert_false(report.list_stale);
	assert_int_equal(report.list_age_days, 0);
	ct_log_list_free(list);
}

/* An SCT with a wrong signature does not stand in the way of a right one of the same log. */
static void test_wrong_then_right([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "one-log-twice.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	struct certificate leaf;
	struct ct_report report;
	struct reader items;
	struct sct sct;

	assert_true(
		ctp_certificate_parse(chain.der[0], &leaf) && ctp_scts_open(leaf.scts, &items));
	assert_int_equal(ctp_scts_next(&items, &sct), SCT_PARSED);
	*(uint8_t *)(uintptr_t)(sct.signature.data + sct.signature.size - 1) ^= 1;
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(NOW_MS), &report),
		CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.logs, 1);
	assert_int_equal(report.scts[0].status, CT_SCT_BAD_SIGNATURE);
	assert_int_equal(report.scts[1].status, CT_SCT_VALID);
	pem_free(&chain);
	ct_log_list_free(list);
}

/* What does not fit is counted; and a list that breaks behind it is worth nothing. */
static void test_too_many([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "many-scts.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	struct certificate leaf;
	struct ct_report report;
	struct reader items;
	uint8_t *length;
	struct sct sct;

	(void)!ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report);
	assert_int_equal(report.n_scts, CT_SCTS_MAX);
	assert_int_equal(report.scts_left_out, 3);
	assert_true(
		ctp_certificate_parse(chain.der[0], &leaf) && ctp_scts_open(leaf.scts, &items));
	while (ctp_scts_next(&items, &sct) != SCT_END)
		;
	/* The low byte of the last signature's length. */
	length = (uint8_t *)(uintptr_t)(sct.signature.data - 1);
	(*length)--;
	assert_int_equal(
		ct_check(list, CT_POLICY_CHROME, &evidence, AT(NOW_MS), &report), CT_MALFORMED);
	assert_int_equal(report.n_scts + report.scts_left_out, 0);
	pem_free(&chain);
	ct_log_list_free(list);
}

/* What a policy needs is told of whatever it refuses. */
static void test_needs_are_told([[maybe_unused]] void **state)
{
	static const struct {
		const char *name;
		enum ct_policy policy;
		size_t logs, operators;
	} needs[] = {
		{"broken-list.pem", CT_POLICY_TWO_LOGS, 2, 1},
		{"no-sct.pem", CT_POLICY_CHROME, 2, 2},
		{"long-lived-two.pem", CT_POLICY_CHROME, 3, 2},
	};
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct ct_evidence nothing = {0};
	struct ct_report report;

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		(void)!file_check(list, needs[i].policy, DATA, needs[i].name, NOW, &report);
		assert_int_equal(report.logs_needed, needs[i].logs);
		assert_int_equal(report.operators_needed, needs[i].operators);
	}
	assert_int_equal(
		ct_check(list, CT_POLICY_CHROME, &nothing, AT(NOW_MS), &report), CT_MALFORMED);
	assert_int_equal(report.logs_needed, 2);
	assert_int_equal(report.operators_needed, 2);
	ct_log_list_free(list);
}

/* A certificate that ends before it begins has no lifetime to be judged. */
static void test_ends_before_it_begins([[maybe_unused]] void **state)
{
	struct ct_log_list *list = file_log_list(DATA, "log_list.json");
	struct pem_chain chain = file_chain(DATA, "good.pem");
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	struct ct_report report;
	uint8_t *begin, *end, saved[15];

	begin = memmem(chain.der[0].data, chain.der[0].size, "\x17\x0d", 2);
	assert_non_null(begin);
	end = begin + sizeof saved;
	memcpy(saved, begin, sizeof saved);
	memcpy(begin, end, sizeof saved);
	memcpy(end, saved, sizeof saved);
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(NOW_MS), &report),
		CT_MALFORMED);
	assert_int_equal(report.n_scts, 0);
	assert_int_equal(report.lifetime_days, 0);
	pem_free(&chain);
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_stale_list),
		cmocka_unit_test(test_wrong_issuer),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_rebuilt_tbs),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_retired_tomorrow),
		cmocka_unit_test(test_list_of_tomorrow),
		cmocka_unit_test(test_wrong_then_right),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_needs_are_told),
		cmocka_unit_test(test_ends_before_it_begins),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
