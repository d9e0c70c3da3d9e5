/* SPDX-License-Identifier: MIT */
#include "transport/staple.h"
#include "transport/chain.h"
#include <gnutls/ocsp.h>
#include <gnutls/x509-ext.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SINGLES_MAX = 32,
	SLACK_S = 3600,                /* between our clock and the responder's */
	UNLIMITED_VALID_S = 4 * 86400, /* of a response that names no next update */
	FEATURE_STATUS_REQUEST = 5,    /* RFC 7633 section 6, of RFC 6066 */
};

static void response_free(gnutls_ocsp_resp_t *response)
{
	if (*response != NULL)
		gnutls_ocsp_resp_deinit(*response);
}

static void features_free(gnutls_x509_tlsfeatures_t *features)
{
	if (*features != NULL)
		gnutls_x509_tlsfeatures_deinit(*features);
}

static void set(struct staple *staple, enum staple_status status, const char *words)
{
	staple->status = status;
	snprintf(staple->words, sizeof staple->words, "%s", words);
}

/* Which of its single responses speaks of the leaf? -1: none. */
static int find_single(gnutls_ocsp_resp_t response, gnutls_x509_crt_t leaf)
{
	for (unsigned i = 0; i < SINGLES_MAX; i++) {
		int r = gnutls_ocsp_resp_check_crt(response, i, leaf);

		if (r == GNUTLS_E_SUCCESS)
			return (int)i;
		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return -1;
	}
	return -1;
}

/* The clock is ours, not GnuTLS's: a responder's own certificate is not asked its age. */
static bool signed_by(gnutls_ocsp_resp_t response, gnutls_x509_crt_t issuer)
{
	unsigned status = 0;

	return gnutls_ocsp_resp_verify_direct(
		       response, issuer, &status, GNUTLS_VERIFY_DISABLE_TIME_CHECKS) >= 0 &&
	       status == 0;
}

static bool in_time(time_t this_update, time_t next_update, struct ct_clock clock)
{
	int64_t now = (int64_t)(clock.now_ms / 1000), from = (int64_t)this_update;
	int64_t until =
		next_update != (time_t)-1 ? (int64_t)next_update : from + UNLIMITED_VALID_S;

	return (now + SLACK_S >= from || clock.unset) && now <= until + SLACK_S;
}

static void say_revoked(struct staple *staple, time_t when)
{
	char date[24] = "an unknown day";
	struct tm tm;

	if (when != (time_t)-1 && gmtime_r(&when, &tm) != NULL)
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	staple->status = STAPLE_REVOKED;
	snprintf(staple->words, sizeof staple->words, "its CA has revoked it on %s", date);
}

static void read_single(
	gnutls_ocsp_resp_t response, unsigned i, struct ct_clock clock, struct staple *ret)
{
	time_t this_update, next_update, revoked;
	unsigned status;

	if (gnutls_ocsp_resp_get_single(response, i, NULL, NULL, NULL, NULL, &status,
		    &this_update, &next_update, &revoked, NULL) < 0)
		set(ret, STAPLE_BAD, "it cannot be parsed");
	else if (status == GNUTLS_OCSP_CERT_REVOKED)
		say_revoked(ret, revoked);
	else if (status != GNUTLS_OCSP_CERT_GOOD)
		set(ret, STAPLE_UNKNOWN, "its certificate is unknown to its CA");
	else if (in_time(this_update, next_update, clock))
		set(ret, STAPLE_GOOD, "");
	else
		set(ret, STAPLE_OUTDATED, "its stapled OCSP response is out of date");
}

void staple_read(struct wire bytes, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer,
	struct ct_clock clock, struct staple *ret)
{
	[[gnu::cleanup(response_free)]] gnutls_ocsp_resp_t response = NULL;
	gnutls_datum_t datum = {(unsigned char *)(uintptr_t)bytes.data, (unsigned)bytes.size};
	struct ct_bytes scts = {0};
	int single;

	*ret = (struct staple){0};
	if (bytes.size == 0) {
		set(ret, STAPLE_NONE, "the server stapled no OCSP response");
		return;
	}
	if (gnutls_ocsp_resp_init(&response) < 0 ||
		gnutls_ocsp_resp_import(response, &datum) < 0) {
		set(ret, STAPLE_BAD, "it cannot be parsed");
		return;
	}
	if (gnutls_ocsp_resp_get_status(response) != GNUTLS_OCSP_RESP_SUCCESSFUL) {
		set(ret, STAPLE_NO_ANSWER, "its CA's OCSP responder had no answer");
		return;
	}
	single = find_single(response, leaf);
	if (single < 0) {
		set(ret, STAPLE_BAD, "it speaks of another certificate");
		return;
	}
	if (!signed_by(response, issuer)) {
		set(ret, STAPLE_BAD, "its signature is not its CA's");
		return;
	}
	read_single(response, (unsigned)single, clock, ret);
	if (ct_ocsp_scts((struct ct_bytes){bytes.data, bytes.size}, (size_t)single, &scts) !=
		CT_OK)
		set(ret, STAPLE_BAD, "the SCTs in it cannot be parsed");
	ret->scts = (struct wire){scts.data, scts.size};
}

/* RFC 7633: "must-staple". An extension that cannot be parsed demands it, too. */
static bool demands_staple(gnutls_x509_crt_t leaf)
{
	[[gnu::cleanup(features_free)]] gnutls_x509_tlsfeatures_t features = NULL;
	unsigned feature;
	int r;

	if (gnutls_x509_tlsfeatures_init(&features) < 0)
		return true;
	r = gnutls_x509_crt_get_tlsfeatures(leaf, features, 0, NULL);
	if (r < 0)
		return r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	for (unsigned i = 0; gnutls_x509_tlsfeatures_get(features, i, &feature) >= 0; i++)
		if (feature == FEATURE_STATUS_REQUEST)
			return true;
	return false;
}

bool staple_check(
	const struct staple *staple, gnutls_x509_crt_t leaf, struct verify_check *check)
{
	switch (staple->status) {
	case STAPLE_GOOD: return true;
	case STAPLE_REVOKED:
	case STAPLE_UNKNOWN: return refuse(check, "%s (stapled OCSP response)", staple->words);
	/* A client must not go on with one that it cannot believe (RFC 6066 section 8). */
	case STAPLE_BAD:
		return refuse(
			check, "its stapled OCSP response is not good: %s", staple->words);
	case STAPLE_NONE:
	case STAPLE_OUTDATED:
	case STAPLE_NO_ANSWER: break;
	}
	return !demands_staple(leaf) ||
	       refuse(check, "it demands a stapled OCSP response (must-staple), but %s",
		       staple->words);
}
