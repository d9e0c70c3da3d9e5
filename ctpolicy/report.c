/* SPDX-License-Identifier: MIT */
/* Verdicts in words: for machines one word, for people one sentence. */
#include "ctpolicy/ctpolicy.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sentence under construction; what does not fit is cut. */
struct text {
	char *buf;
	size_t size;
	bool full;
};

/* Takes away the beginning of a UTF-8 character whose end did not fit. */
static void cut_at_character(char *text)
{
	size_t end = strlen(text), begin = end;
	uint8_t lead;

	while (begin > 0 && ((uint8_t)text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (begin == 0)
		return;
	lead = (uint8_t)text[--begin];
	if (end - begin < (lead >= 0xf0 ? 4U : lead >= 0xe0 ? 3U : lead >= 0xc0 ? 2U : 1U))
		text[begin] = '\0';
}

[[gnu::format(printf, 2, 3)]] static void say(struct text *text, const char *format, ...)
{
	size_t used = strlen(text->buf), room = text->size - used;
	va_list args;
	int n;

	if (text->full)
		return;
	va_start(args, format);
	n = vsnprintf(text->buf + used, room, format, args);
	va_end(args);
	text->full = n < 0 || (size_t)n >= room;
	if (text->full)
		cut_at_character(text->buf);
}

const char *ct_verdict_name(enum ct_verdict verdict)
{
	switch (verdict) {
	case CT_COMPLIANT: return "compliant";
	case CT_NO_SCTS: return "no-scts";
	case CT_NOT_ENOUGH_SCTS: return "not-enough-scts";
	case CT_NOT_DIVERSE_SCTS: return "not-diverse-scts";
	case CT_NO_CURRENT_LOG: return "no-current-log";
	case CT_NO_RFC6962_LOG: return "no-rfc6962-log";
	case CT_MALFORMED: return "malformed";
	case CT_NOMEM: return "out-of-memory";
	}
	return "?";
}

const char *ct_sct_status_name(enum ct_sct_status status)
{
	switch (status) {
	case CT_SCT_VALID: return "valid";
	case CT_SCT_UNKNOWN_VERSION: return "unknown-version";
	case CT_SCT_UNKNOWN_ALGORITHM: return "unknown-algorithm";
	case CT_SCT_UNKNOWN_LOG: return "unknown-log";
	case CT_SCT_LOG_BARRED: return "log-barred";
	case CT_SCT_LOG_STATELESS: return "log-stateless";
	case CT_SCT_LOG_PENDING: return "log-pending";
	case CT_SCT_LOG_REJECTED: return "log-rejected";
	case CT_SCT_BAD_SIGNATURE: return "bad-signature";
	case CT_SCT_IN_FUTURE: return "in-future";
	case CT_SCT_OUTSIDE_INTERVAL: return "outside-interval";
	case CT_SCT_AFTER_RETIREMENT: return "after-retirement";
	case CT_SCT_DUPLICATE: return "duplicate";
	case CT_SCT_LOG_NOT_CURRENT: return "log-not-current";
	case CT_SCT_NOT_FROM_OCSP: return "not-from-ocsp";
	}
	return "?";
}

const char *ct_sct_status_text(enum ct_sct_status status)
{
	switch (status) {
	case CT_SCT_VALID: return "valid";
	case CT_SCT_UNKNOWN_VERSION: return "its version is unknown";
	case CT_SCT_UNKNOWN_ALGORITHM: return "its signature algorithm is not the log's";
	case CT_SCT_UNKNOWN_LOG: return "its log is not in the list";
	case CT_SCT_LOG_BARRED: return "its log's private key is public";
	case CT_SCT_LOG_STATELESS: return "its log has no state in the list";
	case CT_SCT_LOG_PENDING: return "its log is still pending";
	case CT_SCT_LOG_REJECTED: return "its log was rejected";
	case CT_SCT_BAD_SIGNATURE: return "its signature is wrong";
	case CT_SCT_IN_FUTURE: return "its timestamp is in the future";
	case CT_SCT_OUTSIDE_INTERVAL:
		return "the certificate ends outside its log's temporal interval";
	case CT_SCT_AFTER_RETIREMENT: return "its log was retired before it was made";
	case CT_SCT_DUPLICATE: return "another one of the same log counts already";
	case CT_SCT_LOG_NOT_CURRENT: return "it came by TLS, and its log is retired now";
	case CT_SCT_NOT_FROM_OCSP: return "it came in an OCSP response, which browsers gave up";
	}
	return "?";
}

/* The same of several SCTs. */
static const char *status_text_of_many(enum ct_sct_status status)
{
	switch (status) {
	case CT_SCT_VALID: return "valid";
	case CT_SCT_UNKNOWN_VERSION: return "of each, its version is unknown";
	case CT_SCT_UNKNOWN_ALGORITHM: return "their signature algorithms are not their logs'";
	case CT_SCT_UNKNOWN_LOG: return "their logs are not in the list";
	case CT_SCT_LOG_BARRED: return "each is of a log whose private key is public";
	case CT_SCT_LOG_STATELESS: return "their logs have no state in the list";
	case CT_SCT_LOG_PENDING: return "their logs are still pending";
	case CT_SCT_LOG_REJECTED: return "their logs were rejected";
	case CT_SCT_BAD_SIGNATURE: return "each signature is wrong";
	case CT_SCT_IN_FUTURE: return "their timestamps are in the future";
	case CT_SCT_OUTSIDE_INTERVAL:
		return "the certificate ends outside their logs' temporal intervals";
	case CT_SCT_AFTER_RETIREMENT: return "their logs were retired before they were made";
	case CT_SCT_DUPLICATE: return "others of the same logs count already";
	case CT_SCT_LOG_NOT_CURRENT: return "they came by TLS, and their logs are retired now";
	case CT_SCT_NOT_FROM_OCSP:
		return "they came in an OCSP response, which browsers gave up";
	}
	return "?";
}

static const char *const ORIGIN_NAMES[] = {
	[CT_ORIGIN_EMBEDDED] = "embedded",
	[CT_ORIGIN_TLS] = "tls",
	[CT_ORIGIN_OCSP] = "ocsp",
};

const char *ct_sct_origin_name(enum ct_sct_origin origin)
{
	return origin < sizeof ORIGIN_NAMES / sizeof *ORIGIN_NAMES ? ORIGIN_NAMES[origin] : "?";
}

/* Is it one of those that were counted together? */
static bool considered(const struct ct_report *report, size_t i)
{
	return (report->origins & 1U << report->scts[i].origin) != 0;
}

static size_t count_status(const struct ct_report *report, enum ct_sct_status status)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_scts; i++)
		n += report->scts[i].status == status && considered(report, i);
	return n;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static size_t count_considered(const struct ct_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_scts; i++)
		n += considered(report, i);
	return n;
}

/* "1 of 3 SCTs counts, from 1 log of 1 operator (Sectigo)" */
static void say_what_counts(struct text *text, const struct ct_report *report)
{
	size_t n = count_considered(report);
	bool by_tls = (report->origins & 1U << CT_ORIGIN_TLS) != 0;
	const char *embedded = n < report->n_scts && !by_tls ? "embedded " : "";
	const char *way = n < report->n_scts && by_tls ? " by TLS" : "";
	const char *last = NULL;
	size_t valid = 0;

	for (size_t i = 0; i < report->n_scts; i++) {
		if (report->scts[i].status != CT_SCT_VALID || !considered(report, i))
			continue;
		last = report->scts[i].operator_name;
		valid++;
	}
	if (valid == 0 && n == 1)
		say(text, "its one %sSCT%s does not count", embedded, way);
	else if (valid == 0)
		say(text, "none of its %zu %sSCTs%s counts", n, embedded, way);
	else
		say(text, "%zu of %zu %sSCT%s%s count%s, from %zu log%s of %zu operator%s",
			valid, n, embedded, plural(n), way, valid == 1 ? "s" : "", report->logs,
			plural(report->logs), report->operators, plural(report->operators));
	if (report->operators == 1 && last != NULL)
		say(text, " (%s)", last);
}

/* Why the policy is not asked as it is. */
static void say_stale(struct text *text, const struct ct_report *report)
{
	if (report->clock_unset)
		say(text, "the clock is not set");
	else
		say(text, "the log list is stale (%u days old)",
			(unsigned)report->list_age_days);
}

static void say_need(struct text *text, const struct ct_report *report)
{
	say(text, "; policy %s needs %zu logs", ct_policy_name(report->policy),
		report->logs_needed);
	if (report->operators_needed > 1)
		say(text, " of %zu operators", report->operators_needed);
	if (report->logs_needed > 2)
		say(text, " for a lifetime of %u days", (unsigned)report->lifetime_days);
	if (!report->list_stale)
		return;
	say(text, " while ");
	say_stale(text, report);
}

/* Why those that do not count do not: each reason once, with how many it concerns. */
static void say_why_not(struct text *text, const struct ct_report *report)
{
	size_t all = count_considered(report);

	for (int s = CT_SCT_UNKNOWN_VERSION; s <= CT_SCT_NOT_FROM_OCSP; s++) {
		enum ct_sct_status status = (enum ct_sct_status)s;
		size_t n = count_status(report, status);

		if (n == 0)
			continue;
		if (n == all)
			say(text, ": ");
		else if (report->logs == 0)
			say(text, "; %zu because ", n);
		else
			say(text, "; %zu do%s not because ", n, n == 1 ? "es" : "");
		say(text, "%s",
			n == 1 ? ct_sct_status_text(status) : status_text_of_many(status));
		if (status == CT_SCT_UNKNOWN_LOG)
			say(text, ", which is %u day%s old", (unsigned)report->list_age_days,
				plural(report->list_age_days));
	}
	if (report->scts_left_out > 0)
		say(text, "; %zu more were not looked at", report->scts_left_out);
}

void ct_report_text(const struct ct_report *report, char *buf, size_t size)
{
	struct text text = {.buf = buf, .size = size};

	if (size == 0)
		return;
	buf[0] = '\0';
	switch (report->verdict) {
	case CT_NO_SCTS:
		say(&text, "it carries no SCT: it was not shown to any Certificate "
			   "Transparency log");
		break;
	case CT_MALFORMED: say(&text, "it, or its SCTs, cannot be parsed"); break;
	case CT_NOMEM: say(&text, "out of memory"); break;
	case CT_COMPLIANT:
		say_what_counts(&text, report);
		if (report->list_stale) {
			say(&text, ", while ");
			say_stale(&text, report);
		}
		break;
	case CT_NOT_ENOUGH_SCTS:
	case CT_NOT_DIVERSE_SCTS:
		say_what_counts(&text, report);
		say_why_not(&text, report);
		say_need(&text, report);
		break;
	case CT_NO_CURRENT_LOG:
		say_what_counts(&text, report);
		say(&text, ", but all of these logs are retired now");
		say_why_not(&text, report);
		say(&text, "; policy %s needs a current one", ct_policy_name(report->policy));
		break;
	case CT_NO_RFC6962_LOG:
		say_what_counts(&text, report);
		say(&text, ", but none is an RFC 6962 log");
		say_why_not(&text, report);
		say(&text, "; policy %s needs one", ct_policy_name(report->policy));
		break;
	}
}
