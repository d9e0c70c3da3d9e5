/* SPDX-License-Identifier: MIT */
#include "ctpolicy/report_json.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *report_time(uint64_t ms, char text[32])
{
	time_t seconds = (time_t)(ms / 1000);
	size_t n = 0;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL)
		n = strftime(text, 26, "%Y-%m-%dT%H:%M:%S", &tm);
	if (n > 0)
		snprintf(text + n, 32 - n, ".%03uZ", (unsigned)(ms % 1000));
	else
		memcpy(text, "?", 2);
	return text;
}

const char *report_hex(const uint8_t bytes[32], char text[65])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* What is not known is left out. NULL: no memory; so too below. */
static json_t *sct_to_json(const struct ct_sct_report *sct)
{
	bool readable = sct->status != CT_SCT_UNKNOWN_VERSION;
	const struct ct_log *log = sct->log;
	char when[32], id[65];

	return json_pack("{s:s, s:b, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}",
		"status", ct_sct_status_name(sct->status), "counts",
		sct->status == CT_SCT_VALID, "reason", ct_sct_status_text(sct->status),
		"origin", ct_sct_origin_name(sct->origin), "log_id",
		readable ? report_hex(sct->log_id, id) : NULL, "timestamp",
		readable ? report_time(sct->timestamp_ms, when) : NULL, "log",
		log != NULL ? log->description : NULL, "operator", sct->operator_name, "state",
		log != NULL ? ct_log_state_name(log->state) : NULL, "kind",
		log == NULL  ? NULL
		: log->tiled ? "static-ct"
			     : "rfc6962",
		"url", log != NULL ? log->url : NULL);
}

json_t *report_scts_json(const struct ct_report *report)
{
	json_t *scts = json_array();

	for (size_t i = 0; i < report->n_scts; i++) {
		if (json_array_append_new(scts, sct_to_json(&report->scts[i])) == 0)
			continue;
		json_decref(scts);
		return NULL;
	}
	return scts;
}

json_t *report_json(const struct ct_report *report)
{
	char text[512];

	ct_report_text(report, text, sizeof text);
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:o}",
		"ct", ct_verdict_name(report->verdict), "reason", text, "policy",
		ct_policy_name(report->policy), "logs", (json_int_t)report->logs, "logs_needed",
		(json_int_t)report->logs_needed, "operators", (json_int_t)report->operators,
		"operators_needed", (json_int_t)report->operators_needed, "lifetime_days",
		(json_int_t)report->lifetime_days, "log_list_age_days",
		(json_int_t)report->list_age_days, "log_list_stale", report->list_stale,
		"clock_unset", report->clock_unset, "scts_left_out",
		(json_int_t)report->scts_left_out, "scts", report_scts_json(report));
}
