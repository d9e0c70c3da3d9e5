/* SPDX-License-Identifier: MIT */
#include "resolver/ctl_show.h"
#include "conf/value.h"
#include "ctpolicy/report_json.h"
#include "transport/describe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum colour { RED = 31, GREEN = 32 };

static bool coloured(void)
{
	static int known = -1; /* it does not change while the program runs */

	if (known < 0)
		known = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	return known != 0;
}

static void print_coloured(enum colour colour, const char *text)
{
	if (coloured())
		printf("\033[1;%dm%s\033[0m", (int)colour, text);
	else
		fputs(text, stdout);
}

static json_t *check_json(const struct verify_check *check)
{
	return json_pack(
		"{s:b, s:s}", "ok", check->ok, "reason", check->ok ? "" : check->reason);
}

/* With all that is known of the SCTs. */
static json_t *ct_json(const struct verdict *verdict)
{
	bool judged = verdict->chain.ok;
	json_t *object = judged ? report_json(&verdict->report) : json_pack("{s:[]}", "scts");

	if (object == NULL ||
		json_object_set_new(object, "ok", json_boolean(verdict->ct.ok)) < 0 ||
		(!verdict->ct.ok && json_object_set_new(object, "reason",
					    json_string(verdict->ct.reason)) < 0) ||
		json_object_set_new(object, "accepted_before",
			json_boolean(verdict->accepted_before)) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

json_t *show_verdict_json(const struct verdict *verdict)
{
	char text[512];

	verdict_text(verdict, text, sizeof text);
	return json_pack("{s:s, s:s, s:{s:o, s:o, s:o, s:o}}", "verdict",
		verdict->accepted ? "accept" : "refuse", "reason", text, "checks", "chain",
		check_json(&verdict->chain), "name", check_json(&verdict->name), "ct",
		ct_json(verdict), "distrust", check_json(&verdict->distrust));
}

static json_t *sans_json(const struct certificate_text *certificate)
{
	json_t *sans = json_array();

	for (size_t i = 0; i < certificate->n_sans; i++)
		if (json_array_append_new(sans, json_string(certificate->sans[i])) < 0) {
			json_decref(sans);
			return NULL;
		}
	return sans;
}

static json_t *certificate_json(struct wire der)
{
	struct certificate_text certificate;
	char from[32], until[32], sha256[65], spki[65];

	if (!describe_certificate(der, &certificate))
		return json_pack("{s:s}", "error", "cannot be parsed");
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "subject",
		certificate.subject, "issuer", certificate.issuer, "serial", certificate.serial,
		"key", certificate.key, "not_before",
		report_time(certificate.not_before_ms, from), "not_after",
		report_time(certificate.not_after_ms, until), "sans", sans_json(&certificate),
		"sha256", report_hex(certificate.sha256, sha256), "spki_sha256",
		report_hex(certificate.spki_sha256, spki));
}

json_t *show_chain_json(const struct wire *der, size_t n)
{
	json_t *chain = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(chain, certificate_json(der[i])) < 0) {
			json_decref(chain);
			return NULL;
		}
	return chain;
}

static void show_sct(const struct ct_sct_report *sct)
{
	bool counts = sct->status == CT_SCT_VALID;
	const char *origin = ct_sct_origin_name(sct->origin);
	char when[32], id[65];

	fputs("    ", stdout);
	print_coloured(counts ? GREEN : RED, counts ? "ok" : "no");
	if (sct->status == CT_SCT_UNKNOWN_VERSION)
		printf("  an SCT that cannot be read, %s", origin);
	else if (sct->log != NULL)
		printf("  %s  %s, %s, %s, %s", report_time(sct->timestamp_ms, when),
			sct->log->description, sct->operator_name,
			ct_log_state_name(sct->log->state), origin);
	else
		printf("  %s  log %s, %s", report_time(sct->timestamp_ms, when),
			report_hex(sct->log_id, id), origin);
	printf("%s%s\n", counts ? "" : ": ", counts ? "" : ct_sct_status_text(sct->status));
}

static void show_check(const char *name, const struct verify_check *check, const char *good)
{
	printf("  %-9s ", name);
	print_coloured(check->ok ? GREEN : RED, check->ok ? "ok" : "no");
	printf("  %s\n", check->ok ? good : check->reason);
}

void show_verdict(const struct verdict *verdict)
{
	const struct ct_report *report = &verdict->report;
	char text[512];

	verdict_text(verdict, text, sizeof text);
	print_coloured(
		verdict->accepted ? GREEN : RED, verdict->accepted ? "accept" : "refuse");
	printf(": %s\n", text);
	show_check("chain", &verdict->chain, "it leads to a trust anchor");
	show_check("name", &verdict->name, "it is for whom it should be");
	ct_report_text(report, text, sizeof text);
	show_check("ct", &verdict->ct, text);
	for (size_t i = 0; verdict->chain.ok && i < report->n_scts; i++)
		show_sct(&report->scts[i]);
	show_check("distrust", &verdict->distrust, "nothing speaks against it");
}

/* "a, b, c", broken into lines. */
static void show_sans(const struct certificate_text *certificate)
{
	size_t column = 0;

	fputs("       for ", stdout);
	for (size_t i = 0; i < certificate->n_sans; i++) {
		size_t size = strlen(certificate->sans[i]);
		bool next_line = column > 0 && column + size > 64;

		if (i > 0)
			fputs(next_line ? ",\n           " : ", ", stdout);
		fputs(certificate->sans[i], stdout);
		column = next_line ? size : column + size + 2;
	}
	if (certificate->sans_left_out > 0)
		printf(" and %zu more", certificate->sans_left_out);
	puts(certificate->n_sans == 0 ? "no name or address" : "");
}

static void show_certificate(size_t i, struct wire der)
{
	struct certificate_text certificate;
	char from[32], until[32], sha256[65], spki[65];

	if (!describe_certificate(der, &certificate)) {
		printf("  %zu    cannot be parsed\n", i);
		return;
	}
	printf("  %zu    %s\n", i, certificate.subject);
	printf("       by %s\n", certificate.issuer);
	printf("       %.10s to %.10s, %s\n", report_time(certificate.not_before_ms, from),
		report_time(certificate.not_after_ms, until), certificate.key);
	if (i == 0)
		show_sans(&certificate);
	printf("       sha256:%s\n", report_hex(certificate.sha256, sha256));
	printf("       key sha256:%s\n", report_hex(certificate.spki_sha256, spki));
}

void show_chain(const struct wire *der, size_t n)
{
	puts("chain, as it was sent:");
	for (size_t i = 0; i < n; i++)
		show_certificate(i, der[i]);
}

const char *show_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "?";
}

static bool is_clean(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return value_utf8(text, strlen(text));
}

bool show_is_clean(json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		return is_clean(json_string_value(value));
	json_array_foreach(value, i, member)
	{
		if (!show_is_clean(member))
			return false;
	}
	json_object_foreach(value, name, member)
	{
		if (!is_clean(name) || !show_is_clean(member))
			return false;
	}
	return true;
}

bool show_json(json_t *object)
{
	bool good =
		object != NULL && json_dumpf(object, stdout, SHOW_JSON | JSON_INDENT(2)) == 0;

	putchar('\n');
	json_decref(object);
	return good;
}
