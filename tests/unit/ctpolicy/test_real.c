/* SPDX-License-Identifier: MIT */
/* Certificates that were really in use, and log lists of their time, with clocks of their time.
 * The folder is $CTRESOLVED_REAL_DATA (see CONTRIBUTING.md); without it the test is skipped. */
#include "ctpolicy/calendar.h"
#include "ctpolicy/crypto.h"
#include "ctpolicy/entry.h"
#include "tests/unit/ctpolicy/files.h"
#include <gnutls/gnutls.h>
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

static json_t *base64(const uint8_t *bytes, size_t size)
{
	gnutls_datum_t raw = {(unsigned char *)(uintptr_t)bytes, (unsigned)size}, text = {0};
	json_t *string;

	assert_int_equal(gnutls_base64_encode2(&raw, &text), 0);
	string = json_stringn((const char *)text.data, text.size);
	gnutls_free(text.data);
	return string;
}

/* A log of a list, from the point on P-256 that is its public key. */
static json_t *log_of_point(const char *file)
{
	/* The SubjectPublicKeyInfo of such a key, up to the point (RFC 5480 section 2). */
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
		0x07, 0x03, 0x42, 0x00};
	struct ct_bytes point = file_read(folder, file);
	uint8_t spki[sizeof head + 65], id[SHA256_SIZE];

	assert_int_equal(point.size, 65);
	memcpy(spki, head, sizeof head);
	memcpy(spki + sizeof head, point.data, point.size);
	file_free(point);
	assert_int_equal(ctp_sha256((struct ct_bytes){spki, sizeof spki}, id), CT_OK);
	return json_pack("{s:s, s:o, s:o, s:s, s:{s:{s:s}}}", "description", file, "log_id",
		base64(id, sizeof id), "key", base64(spki, sizeof spki), "url",
		"https://log.invalid/", "state", "usable", "timestamp", "2016-01-01T00:00:00Z");
}

/* The two logs of sct-tls-ext/, in a list of their time. */
static struct ct_log_list *list_of_2017(void)
{
	json_t *document = json_pack("{s:s, s:[{s:s, s:[o]}, {s:s, s:[o]}]}",
		"log_list_timestamp", "2017-07-01T00:00:00Z", "operators", "name", "Google",
		"logs", log_of_point("sct-tls-ext/sctrs-google-pilot-pubkey.bin"), "name",
		"Symantec", "logs", log_of_point("sct-tls-ext/sctrs-symantec-log-pubkey.bin"));
	struct ct_log_list *list = NULL;
	struct ct_error error;
	char *text;

	assert_non_null(document);
	text = json_dumps(document, 0);
	assert_non_null(text);
	if (ct_log_list_parse(
		    (struct ct_bytes){(uint8_t *)text, strlen(text)}, &list, &error) != CT_OK)
		fail_msg("%s", error.text);
	free(text);
	json_decref(document);
	return list;
}

/* SignedCertificateTimestampList (RFC 6962 section 3.3) of the two SCTs, as a server sends it.
 */
static struct ct_bytes scts_of_2017(uint8_t *out, size_t size)
{
	static const char *const files[] = {
		"sct-tls-ext/sctrs-google-sct0.bin", "sct-tls-ext/sctrs-google-sct1.bin"};
	size_t end = 2;

	for (size_t i = 0; i < 2; i++) {
		struct ct_bytes sct = file_read(folder, files[i]);

		assert_true(sct.size >= 1 && sct.size <= size - end - 2);
		out[end++] = (uint8_t)(sct.size >> 8);
		out[end++] = (uint8_t)sct.size;
		memcpy(out + end, sct.data, sct.size);
		end += sct.size;
		file_free(sct);
	}
	out[0] = (uint8_t)((end - 2) >> 8);
	out[1] = (uint8_t)(end - 2);
	return (struct ct_bytes){out, end};
}

/* google.com's SCTs came by TLS in 2017: signed over the certificate as it is. */
static void test_2017_by_tls([[maybe_unused]] void **state)
{
	struct ct_log_list *list = list_of_2017();
	struct ct_bytes leaf = file_read(folder, "sct-tls-ext/sctrs-google-cert.bin");
	uint8_t *bytes = (uint8_t *)(uintptr_t)leaf.data;
	uint8_t scts[512];
	/* Its issuer is not at hand; of an SCT by TLS nobody asks who it is. */
	struct ct_evidence evidence = {
		.leaf = leaf, .issuer = leaf, .tls_scts = scts_of_2017(scts, sizeof scts)};
	struct ct_report report;
	uint64_t now_ms = 0;

	assert_true(ctp_calendar_parse("2017-07-10T00:00:00Z", &now_ms));
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(now_ms), &report),
		CT_COMPLIANT);
	assert_int_equal(report.n_scts, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(report.scts[i].status, CT_SCT_VALID);
		assert_int_equal(report.scts[i].origin, CT_ORIGIN_TLS);
	}
	assert_string_equal(report.scts[0].operator_name, "Google");
	assert_string_equal(report.scts[1].operator_name, "Symantec");
	assert_int_equal(
		ct_check(list, CT_POLICY_CHROME, &evidence, AT(now_ms), &report), CT_COMPLIANT);
	assert_int_equal(report.lifetime_days, 84);

	/* The last byte is one of the issuer's signature: the logs signed that as well. */
	bytes[leaf.size - 1] ^= 1;
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(now_ms), &report),
		CT_NOT_ENOUGH_SCTS);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(report.scts[i].status, CT_SCT_BAD_SIGNATURE);
	bytes[leaf.size - 1] ^= 1;

	assert_true(ctp_calendar_parse("2017-06-28T11:14:45Z", &now_ms));
	assert_int_equal(ct_check(list, CT_POLICY_TWO_LOGS, &evidence, AT(now_ms), &report),
		CT_NOT_ENOUGH_SCTS);
	assert_int_equal(report.scts[0].status, CT_SCT_IN_FUTURE);
	file_free(leaf);
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
		cmocka_unit_test(test_2017_by_tls),
	};

	folder = getenv("CTRESOLVED_REAL_DATA");
	if (folder == NULL) {
		puts("skipped: CTRESOLVED_REAL_DATA is not set");
		return 77;
	}
	return cmocka_run_group_tests_name("real certificates", tests, NULL, NULL);
}
