/* SPDX-License-Identifier: MIT */
/* Verdicts in words. */
#include "ctpolicy/ctpolicy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCT(s)                                                                                 \
	{                                                                                      \
		.status = (s), .operator_name = "Åland"                                       \
	}
#define VALID SCT(CT_SCT_VALID)
#define BY_TLS                                                                                 \
	{                                                                                      \
		.status = CT_SCT_VALID, .origin = CT_ORIGIN_TLS, .operator_name = "Åland"     \
	}

static const struct {
	struct ct_report report;
	const char *text;
} words[] = {
	{{.verdict = CT_COMPLIANT,
		 .logs = 2,
		 .operators = 2,
		 .origins = 7,
		 .n_scts = 2,
		 .scts = {VALID, VALID}},
		"2 of 2 SCTs count, from 2 logs of 2 operators"},
	{{.verdict = CT_COMPLIANT,
		 .logs = 2,
		 .operators = 2,
		 .origins = 7,
		 .n_scts = 2,
		 .scts = {VALID, VALID},
		 .list_stale = true,
		 .list_age_days = 95},
		"2 of 2 SCTs count, from 2 logs of 2 operators, while the log list is "
		"stale (95 days old)"},
	{{.verdict = CT_COMPLIANT,
		 .logs = 2,
		 .operators = 2,
		 .origins = 1 << CT_ORIGIN_TLS,
		 .n_scts = 3,
		 .list_stale = true,
		 .clock_unset = true,
		 .scts = {VALID, BY_TLS, BY_TLS}},
		"2 of 2 SCTs by TLS count, from 2 logs of 2 operators, while the clock is not "
		"set"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .policy = CT_POLICY_CHROME,
		 .logs_needed = 2,
		 .operators_needed = 2,
		 .origins = 1 << CT_ORIGIN_EMBEDDED,
		 .n_scts = 2,
		 .scts = {SCT(CT_SCT_BAD_SIGNATURE), BY_TLS}},
		"its one embedded SCT does not count: its signature is wrong; policy chrome "
		"needs 2 logs of 2 operators"},
	{{.verdict = CT_NO_SCTS, .logs_needed = 2},
		"it carries no SCT: it was not shown to any Certificate Transparency log"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .policy = CT_POLICY_CHROME,
		 .logs_needed = 2,
		 .operators_needed = 2,
		 .logs = 1,
		 .operators = 1,
		 .origins = 7,
		 .n_scts = 2,
		 .list_age_days = 95,
		 .scts = {VALID, SCT(CT_SCT_UNKNOWN_LOG)}},
		"1 of 2 SCTs counts, from 1 log of 1 operator (Åland); 1 does not because its "
		"log is not in the list, which is 95 days old; policy chrome needs 2 logs of 2 "
		"operators"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .policy = CT_POLICY_APPLE,
		 .logs_needed = 3,
		 .operators_needed = 2,
		 .lifetime_days = 200,
		 .logs = 1,
		 .operators = 1,
		 .origins = 7,
		 .n_scts = 4,
		 .list_age_days = 1,
		 .scts_left_out = 5,
		 .scts = {SCT(CT_SCT_UNKNOWN_LOG), VALID, SCT(CT_SCT_BAD_SIGNATURE),
			 SCT(CT_SCT_UNKNOWN_LOG)}},
		"1 of 4 SCTs counts, from 1 log of 1 operator (Åland); 2 do not because their "
		"logs are not in the list, which is 1 day old; 1 does not because its "
		"signature "
		"is wrong; 5 more were not looked at; policy apple needs 3 logs of 2 operators "
		"for a lifetime of 200 days"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .logs_needed = 2,
		 .operators_needed = 1,
		 .origins = 7,
		 .n_scts = 1,
		 .scts = {SCT(CT_SCT_LOG_PENDING)}},
		"its one SCT does not count: its log is still pending; policy two-logs needs 2 "
		"logs"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .logs_needed = 2,
		 .operators_needed = 1,
		 .origins = 7,
		 .n_scts = 2,
		 .scts = {SCT(CT_SCT_LOG_BARRED), SCT(CT_SCT_LOG_BARRED)}},
		"none of its 2 SCTs counts: each is of a log whose private key is public; "
		"policy two-logs needs 2 logs"},
	{{.verdict = CT_NOT_ENOUGH_SCTS,
		 .logs_needed = 2,
		 .operators_needed = 2,
		 .origins = 7,
		 .n_scts = 3,
		 .list_stale = true,
		 .list_age_days = 71,
		 .scts = {SCT(CT_SCT_UNKNOWN_LOG), SCT(CT_SCT_IN_FUTURE),
			 SCT(CT_SCT_UNKNOWN_LOG)}},
		"none of its 3 SCTs counts; 2 because their logs are not in the list, which is "
		"71 days old; 1 because its timestamp is in the future; policy two-logs needs "
		"2 "
		"logs of 2 operators while the log list is stale (71 days old)"},
	{{.verdict = CT_NOT_DIVERSE_SCTS,
		 .policy = CT_POLICY_CHROME,
		 .logs_needed = 2,
		 .operators_needed = 2,
		 .logs = 2,
		 .operators = 1,
		 .origins = 7,
		 .n_scts = 2,
		 .scts = {VALID, VALID}},
		"2 of 2 SCTs count, from 2 logs of 1 operator (Åland); policy chrome needs 2 "
		"logs of 2 operators"},
	{{.verdict = CT_NO_CURRENT_LOG,
		 .policy = CT_POLICY_CHROME,
		 .logs = 2,
		 .operators = 2,
		 .origins = 7,
		 .n_scts = 3,
		 .list_age_days = 60,
		 .scts = {VALID, VALID, SCT(CT_SCT_UNKNOWN_LOG)}},
		"2 of 3 SCTs count, from 2 logs of 2 operators, but all of these logs are "
		"retired now; 1 does not because its log is not in the list, which is 60 days "
		"old; policy chrome needs a current one"},
	{{.verdict = CT_NO_RFC6962_LOG,
		 .policy = CT_POLICY_APPLE,
		 .logs = 2,
		 .operators = 2,
		 .origins = 7,
		 .n_scts = 2,
		 .scts = {VALID, VALID}},
		"2 of 2 SCTs count, from 2 logs of 2 operators, but none is an RFC 6962 "
		"log; policy apple needs one"},
	{{.verdict = CT_MALFORMED}, "it, or its SCTs, cannot be parsed"},
	{{.verdict = CT_NOMEM}, "out of memory"},
};

static void test_sentences([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char text[512];

		ct_report_text(&words[i].report, text, sizeof text);
		assert_string_equal(text, words[i].text);
	}
}

/* A character in UTF-8 begins where no byte 10xxxxxx stands. */
static bool at_character(const char *text)
{
	return ((uint8_t)*text & 0xc0) != 0x80;
}

/* Whatever the size: as much as fits, whole characters, and not a byte too far. */
static void test_sizes([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (size_t size = 1; size <= strlen(words[i].text) + 1; size++) {
			char *text = malloc(size);
			size_t n;

			assert_non_null(text);
			ct_report_text(&words[i].report, text, size);
			n = strlen(text);
			assert_memory_equal(text, words[i].text, n);
			assert_true(at_character(words[i].text + n));
			assert_true(n == size - 1 || !at_character(words[i].text + size - 1));
			free(text);
		}
	}
	ct_report_text(&words[0].report, NULL, 0);
}

/* Every value has its own word; what is none has a question mark. */
static void test_names([[maybe_unused]] void **state)
{
	for (int i = CT_COMPLIANT; i <= CT_NOMEM; i++) {
		const char *name = ct_verdict_name((enum ct_verdict)i);

		assert_string_not_equal(name, "?");
		for (int j = CT_COMPLIANT; j < i; j++)
			assert_string_not_equal(name, ct_verdict_name((enum ct_verdict)j));
	}
	for (int i = CT_SCT_VALID; i <= CT_SCT_NOT_FROM_OCSP; i++) {
		const char *name = ct_sct_status_name((enum ct_sct_status)i);
		const char *text = ct_sct_status_text((enum ct_sct_status)i);

		assert_string_not_equal(name, "?");
		assert_string_not_equal(text, "?");
		for (int j = CT_SCT_VALID; j < i; j++) {
			assert_string_not_equal(
				name, ct_sct_status_name((enum ct_sct_status)j));
			assert_string_not_equal(
				text, ct_sct_status_text((enum ct_sct_status)j));
		}
	}
	assert_string_equal(ct_log_state_name(CT_LOG_USABLE), "usable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
