/* SPDX-License-Identifier: MIT */
/* Certificates that were really in use, and log lists of their time, with clocks of their time.
 * The folder is $CTRESOLVED_REAL_DATA (see CONTRIBUTING.md); without it the test is skipped. */
#include "ctpolicy/entry.h"
#include "tests/unit/ctpolicy/files.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

#define LIST_12 "loglists/google-log_list-12.6-2022-09-20.json"
#define LIST_80 "loglists/google-log_list-80.14-2026-01-02.json"
#define LIST_89 "loglists/google-all_logs_list-89.25-2026-08-20.json"
#define CERT_2018 "negative/cloudflare-dns.com-2018-NO-SCTS.chain.pem"
#define CERT_2019 "certs/cloudflare-dns.com-2019-digicert-ecc.chain.pem"
#define CERT_2021 "certs/cloudflare-dns.com-2021-digicert-hybrid.chain.pem"
#define CERT_2025 "certs/cloudflare.com-2025-we1.chain.pem"
#define CERT_PYTHON "certs/limbo-docs.python.org.chain.pem"

static struct ct_report check(
	const char *list_file, enum ct_policy policy, const char *chain, const char *time)
{
	struct ct_log_list *list = file_log_list(folder, list_file);
	struct ct_report report;

	(void)!file_check(list, policy, folder, chain, time, &report);
	ct_log_list_free(list); /* the report's names go with it */
	return report;
}

static void test_2021_passes([[maybe_unused]] void **state)
{
	for (int policy = CT_POLICY_TWO_LOGS; policy <= CT_POLICY_APPLE; policy++) {
		struct ct_report report = check(
			LIST_12, (enum ct_policy)policy, CERT_2021, "2022-10-01T00:00:00Z");

		assert_int_equal(report.verdict, CT_COMPLIANT);
		assert_int_equal(report.logs, 3);
		assert_int_equal(report.operators, 3);
		assert_int_equal(report.lifetime_days, 366);
	}
}

/* All three logs of the 2019 certificate have been retired since: they vouch for it still, but
 * none is current. */
static void test_2019_has_no_current_log([[maybe_unused]] void **state)
{
	struct ct_report report =
		check(LIST_12, CT_POLICY_CHROME, CERT_2019, "2022-10-01T00:00:00Z");

	assert_int_equal(report.verdict, CT_NO_CURRENT_LOG);
	assert_int_equal(report.logs, 3);
	assert_int_equal(
		check(LIST_12, CT_POLICY_TWO_LOGS, CERT_2019, "2022-10-01T00:00:00Z").verdict,
		CT_COMPLIANT);
}

/* A list that has no date gets one: the second version of the schema, and excerpts. */
static struct ct_log_list *dated_list(const char *file, const char *date)
{
	struct ct_bytes undated = file_read(folder, file);
	json_t *document = json_loadb((const char *)undated.data, undated.size, 0, NULL);
	struct ct_log_list *list = NULL;
	struct ct_error error;
	char *text;

	assert_non_null(document);
	json_object_set_new(document, "log_list_timestamp", json_string(date));
	text = json_dumps(document, 0);
	if (ct_log_list_parse(
		    (struct ct_bytes){(uint8_t *)text, strlen(text)}, &list, &error) != CT_OK)
		fail_msg("%s: %s", file, error.text);
	free(text);
	json_decref(document);
	file_free(undated);
	return list;
}

static void test_2019_passes_with_the_logs_of_its_time([[maybe_unused]] void **state)
{
	struct ct_log_list *list =
		dated_list("loglists/google-v2-log_list-2020.json", "2019-06-17T00:00:00Z");
	struct ct_report report;

	assert_int_equal(file_check(list, CT_POLICY_TWO_LOGS, folder, CERT_2019,
				 "2019-06-18T00:00:00Z", &report),
		CT_COMPLIANT);
	assert_int_equal(report.logs, 3);
	assert_int_equal(file_check(list, CT_POLICY_CHROME, folder, CERT_2019,
				 "2019-06-18T00:00:00Z", &report),
		CT_COMPLIANT);
	ct_log_list_free(list);
}

/* A certificate for 1.1.1.1 that was trusted, and that no log vouches for. */
static void test_2018_is_refused([[maybe_unused]] void **state)
{
	for (int policy = CT_POLICY_TWO_LOGS; policy <= CT_POLICY_APPLE; policy++)
		assert_int_equal(check(LIST_12, (enum ct_policy)policy, CERT_2018,
					 "2018-04-01T00:00:00Z")
					 .verdict,
			CT_NO_SCTS);
}

/* Three SCTs, one from a static-ct log: its leaf index is an extension, and is signed. */
static void test_static_ct_passes([[maybe_unused]] void **state)
{
	for (int policy = CT_POLICY_TWO_LOGS; policy <= CT_POLICY_APPLE; policy++) {
		struct ct_report report = check(
			LIST_80, (enum ct_policy)policy, CERT_PYTHON, "2026-02-20T00:00:00Z");

		assert_int_equal(report.verdict, CT_COMPLIANT);
		assert_int_equal(report.logs, 3);
	}
}

/* Before its SCTs were made they are in the future; before that day nobody could have had them.
 */
static void test_future([[maybe_unused]] void **state)
{
	struct ct_report report =
		check(LIST_80, CT_POLICY_CHROME, CERT_PYTHON, "2026-01-12T00:00:00Z");

	assert_int_equal(report.verdict, CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.scts[0].status, CT_SCT_IN_FUTURE);
}

/* The logs of 2025 have left the list of August 2026. */
static void test_unknown_logs([[maybe_unused]] void **state)
{
	struct ct_report report =
		check(LIST_89, CT_POLICY_TWO_LOGS, CERT_2025, "2026-08-21T00:00:00Z");

	assert_int_equal(report.verdict, CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.scts[0].status, CT_SCT_UNKNOWN_LOG);
}

static void test_golden_tbs([[maybe_unused]] void **state)
{
	struct ct_bytes golden =
		file_read(folder, "certs/cloudflare.com-2025-we1.tbs-without-sct.der");
	struct pem_chain chain = file_chain(folder, CERT_2025);
	struct certificate certificate;
	uint8_t rebuilt[4096];

	assert_true(ctp_certificate_parse(chain.der[0], &certificate));
	assert_int_equal(ctp_precert_tbs_size(&certificate), golden.size);
	ctp_precert_tbs_write(&certificate, rebuilt);
	assert_memory_equal(rebuilt, golden.data, golden.size);
	pem_free(&chain);
	file_free(golden);
}

/* Two signatures of the logs whose private keys are public, under the very list that names
 * them. */
static void test_mimics_are_refused([[maybe_unused]] void **state)
{
	struct ct_log_list *list = dated_list(
		"loglists/chrome-log-mimics-PRIVATE-KEYS-PUBLIC.json", "2026-01-15T00:00:00Z");
	struct ct_report report;

	assert_true(ct_log_list_at(list, 0)->barred && ct_log_list_at(list, 1)->barred);
	assert_int_equal(file_check(list, CT_POLICY_TWO_LOGS, DATA, "mimic-logs.pem",
				 "2026-01-15T12:00:00Z", &report),
		CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.n_scts, 2);
	assert_int_equal(report.scts[0].status, CT_SCT_LOG_BARRED);
	assert_int_equal(report.scts[1].status, CT_SCT_LOG_BARRED);
	ct_log_list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_2021_passes),
		cmocka_unit_test(test_2019_has_no_current_log),
		cmocka_unit_test(test_2019_passes_with_the_logs_of_its_time),
		cmocka_unit_test(test_2018_is_refused),
		cmocka_unit_test(test_static_ct_passes),
		cmocka_unit_test(test_future),
		cmocka_unit_test(test_unknown_logs),
		cmocka_unit_test(test_golden_tbs),
		cmocka_unit_test(test_mimics_are_refused),
	};

	folder = getenv("CTRESOLVED_REAL_DATA");
	if (folder == NULL) {
		puts("skipped: CTRESOLVED_REAL_DATA is not set");
		return 77;
	}
	return cmocka_run_group_tests_name("real certificates", tests, NULL, NULL);
}
