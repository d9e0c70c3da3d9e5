/* SPDX-License-Identifier: MIT */
#include "ctpolicy/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DAYS(n) ((n)*CT_DAY_MS)
#define TWO CT_POLICY_TWO_LOGS
#define CHROME CT_POLICY_CHROME
#define APPLE CT_POLICY_APPLE

/* So many logs of so many operators; those that are current, and those that are RFC 6962
 * logs. */
#define TALLY(n, of, now, rfc)                                                                 \
	{                                                                                      \
		.scts = (n), .logs = (n), .operators = (of), .current = (now),                 \
		.rfc6962 = (rfc)                                                               \
	}
#define FACTS(n, of, ms, now, rfc)                                                             \
	.all = TALLY(n, of, now, rfc), .embedded = TALLY(n, of, now, rfc), .lifetime_ms = (ms)
/* By TLS, all current. */
#define TLS(n, of, rfc)                                                                        \
	.all = TALLY(n, of, n, rfc), .tls = TALLY(n, of, n, rfc),                              \
	.current = TALLY(n, of, n, rfc), .lifetime_ms = DAYS(398)
/* One embedded, one by TLS, of two operators. */
#define MIXED(days, now, rfc)                                                                  \
	.all = TALLY(2, 2, now, rfc), .embedded = TALLY(1, 1, (now)-1, 0),                     \
	.tls = TALLY(1, 1, 1, rfc), .current = TALLY(now, now, now, rfc),                      \
	.lifetime_ms = DAYS(days)
#define GOOD(n, of, days) FACTS(n, of, DAYS(days), n, n)

static const struct {
	const char *name;
	enum ct_policy policy;
	struct facts facts;
	enum ct_verdict want;
} cases[] = {
	{"nothing", TWO, {0}, CT_NO_SCTS},
	{"none counts", TWO, {.all = {.scts = 3}}, CT_NOT_ENOUGH_SCTS},
	{"one log", TWO, {GOOD(1, 1, 90)}, CT_NOT_ENOUGH_SCTS},
	{"two logs, one operator", TWO, {GOOD(2, 1, 90)}, CT_COMPLIANT},
	{"two logs for long", TWO, {GOOD(2, 1, 900)}, CT_COMPLIANT},
	{"two logs, none current", TWO, {FACTS(2, 1, DAYS(90), 0, 2)}, CT_COMPLIANT},
	{"stale, one operator", TWO, {GOOD(2, 1, 90), .list_stale = true}, CT_NOT_DIVERSE_SCTS},
	{"stale, two operators", TWO, {GOOD(2, 2, 90), .list_stale = true}, CT_COMPLIANT},
	{"one log", CHROME, {GOOD(1, 1, 90)}, CT_NOT_ENOUGH_SCTS},
	{"two logs, one operator", CHROME, {GOOD(2, 1, 90)}, CT_NOT_DIVERSE_SCTS},
	{"two logs, two operators", CHROME, {GOOD(2, 2, 90)}, CT_COMPLIANT},
	{"180 days", CHROME, {GOOD(2, 2, 180)}, CT_COMPLIANT},
	{"a millisecond more", CHROME, {FACTS(2, 2, DAYS(180) + 1, 2, 2)}, CT_NOT_ENOUGH_SCTS},
	{"three logs for long", CHROME, {GOOD(3, 2, 398)}, CT_COMPLIANT},
	{"three logs, one operator", CHROME, {GOOD(3, 1, 398)}, CT_NOT_DIVERSE_SCTS},
	{"none current", CHROME, {FACTS(3, 2, DAYS(90), 0, 3)}, CT_NO_CURRENT_LOG},
	{"none RFC 6962", CHROME, {FACTS(2, 2, DAYS(90), 2, 0)}, CT_COMPLIANT},
	{"stale, for long", CHROME, {FACTS(2, 2, DAYS(398), 0, 2), .list_stale = true},
		CT_COMPLIANT},
	{"stale, one operator", CHROME, {GOOD(3, 1, 90), .list_stale = true},
		CT_NOT_DIVERSE_SCTS},
	{"two logs, two operators", APPLE, {GOOD(2, 2, 90)}, CT_COMPLIANT},
	{"two logs, one operator", APPLE, {GOOD(2, 1, 90)}, CT_NOT_DIVERSE_SCTS},
	{"just below 180 days", APPLE, {FACTS(2, 2, DAYS(180) - 1000, 2, 2)}, CT_COMPLIANT},
	{"180 days, its last second included", APPLE, {GOOD(2, 2, 180)}, CT_NOT_ENOUGH_SCTS},
	{"three logs, two of one operator", APPLE, {GOOD(3, 2, 398)}, CT_COMPLIANT},
	{"four logs, three of one operator", APPLE, {FACTS(4, 2, DAYS(398), 4, 4)},
		CT_COMPLIANT},
	{"three logs, all of one operator", APPLE, {FACTS(3, 1, DAYS(398), 3, 3)},
		CT_NOT_DIVERSE_SCTS},
	{"none current", APPLE, {FACTS(2, 2, DAYS(90), 0, 2)}, CT_NO_CURRENT_LOG},
	{"none RFC 6962", APPLE, {FACTS(2, 2, DAYS(90), 2, 0)}, CT_NO_RFC6962_LOG},
	{"only by OCSP", CHROME, {.all = {.scts = 2}}, CT_NOT_ENOUGH_SCTS},
	{"by TLS", TWO, {TLS(2, 1, 2)}, CT_COMPLIANT},
	{"by TLS", CHROME, {TLS(2, 2, 0)}, CT_COMPLIANT},
	{"by TLS, one log", CHROME, {TLS(1, 1, 1)}, CT_NOT_ENOUGH_SCTS},
	{"by TLS, one operator", CHROME, {TLS(2, 1, 2)}, CT_NOT_DIVERSE_SCTS},
	{"by TLS", APPLE, {TLS(2, 2, 1)}, CT_COMPLIANT},
	{"by TLS, none RFC 6962", APPLE, {TLS(2, 2, 0)}, CT_NO_RFC6962_LOG},
	{"by TLS, one operator", APPLE, {TLS(2, 1, 2)}, CT_NOT_DIVERSE_SCTS},
	{"one embedded, one by TLS", TWO, {MIXED(90, 2, 2)}, CT_COMPLIANT},
	{"one embedded, one by TLS", CHROME, {MIXED(90, 2, 2)}, CT_NOT_ENOUGH_SCTS},
	{"one embedded, one by TLS", APPLE, {MIXED(398, 2, 2)}, CT_COMPLIANT},
	{"a retired one embedded, one by TLS", APPLE, {MIXED(90, 1, 2)}, CT_NOT_ENOUGH_SCTS},
	{"two embedded for long, none by TLS counts", APPLE,
		{GOOD(2, 2, 398), .tls = {.scts = 1}, .current = TALLY(2, 2, 2, 2)},
		CT_NOT_ENOUGH_SCTS},
	{"two embedded for long, two by TLS", CHROME,
		{GOOD(2, 2, 398), .tls = TALLY(2, 2, 2, 2)}, CT_COMPLIANT},
	{"stale, one embedded, one by TLS", CHROME, {MIXED(90, 2, 2), .list_stale = true},
		CT_COMPLIANT},
	{"stale, none RFC 6962", APPLE, {FACTS(2, 2, DAYS(398), 2, 0), .list_stale = true},
		CT_COMPLIANT},
};

static void test_cases([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (ctp_policy_judge(cases[i].policy, &cases[i].facts).verdict != cases[i].want)
			fail_msg("%s: %s", ct_policy_name(cases[i].policy), cases[i].name);
}

static void test_names([[maybe_unused]] void **state)
{
	enum ct_policy policy = CT_POLICY_APPLE;

	assert_true(ct_policy_from_name("two-logs", &policy));
	assert_int_equal(policy, CT_POLICY_TWO_LOGS);
	assert_false(ct_policy_from_name("none", &policy));
	assert_false(ct_policy_from_name("", &policy));
	assert_int_equal(policy, CT_POLICY_TWO_LOGS);
	assert_string_equal(ct_policy_name((enum ct_policy)3), "?");
}

/* What is needed is told before anything is known of the SCTs. */
static void test_needs([[maybe_unused]] void **state)
{
	static const struct {
		enum ct_policy policy;
		struct facts facts;
		size_t logs, operators;
	} needs[] = {
		{TWO, {.lifetime_ms = DAYS(900)}, 2, 1},
		{TWO, {.list_stale = true}, 2, 2},
		{CHROME, {.lifetime_ms = DAYS(180)}, 2, 2},
		{CHROME, {.lifetime_ms = DAYS(181)}, 3, 2},
		{CHROME, {.lifetime_ms = DAYS(181), .list_stale = true}, 2, 2},
		{APPLE, {.lifetime_ms = DAYS(180) - 1000}, 2, 2},
		{APPLE, {.lifetime_ms = DAYS(180)}, 3, 2},
	};

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		struct judgement got = ctp_policy_judge(needs[i].policy, &needs[i].facts);

		if (got.logs_needed != needs[i].logs ||
			got.operators_needed != needs[i].operators)
			fail_msg("case %zu: %zu of %zu", i, got.logs_needed,
				got.operators_needed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_needs),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
