/* SPDX-License-Identifier: MIT */
#include "resolver/report.h"
#include "resolver/log.h"
#include "transport/loop.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LIST_WARN_DAYS = CT_LIST_FRESH_DAYS - 30 };

#define DAY_MS UINT64_C(86400000)
#define STALE_MEANS "certificates that are new now need two logs of two operators that it knows"

/* Appends, and cuts what does not fit. */
[[gnu::format(printf, 3, 4)]] static void append(
	char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* "Nimbus2026 (Cloudflare), …": the logs whose SCTs count. */
static void list_logs(const struct ct_report *report, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < report->n_scts; i++) {
		const struct ct_sct_report *sct = &report->scts[i];

		if (sct->status == CT_SCT_VALID)
			append(text, size, "%s%s (%s)", text[0] != '\0' ? ", " : "",
				sct->log->description, sct->operator_name);
	}
}

/* "Nimbus2026: the signature is wrong; …": what of each SCT is to be said. */
static void list_scts(const struct ct_report *report, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < report->n_scts; i++) {
		const struct ct_sct_report *sct = &report->scts[i];

		append(text, size, "%s%s: %s", text[0] != '\0' ? "; " : "",
			sct->log != NULL                        ? sct->log->description
			: sct->status == CT_SCT_UNKNOWN_VERSION ? "an SCT"
								: "a log not in the list",
			ct_sct_status_text(sct->status));
	}
}

void report_event(const struct trace_event *event)
{
	char words[2048], logs[2048], why[1024] = "";

	if (event->repeated)
		return;
	if (event->why != NULL)
		log_text(event->why, why, sizeof why);
	switch (event->kind) {
	case TRACE_ACCEPTED:
		list_logs(&event->verdict->report, words, sizeof words);
		log_line(LOG_NOTICE,
			"upstream=%s event=accepted tls=\"%s, %s, %s\" policy=%s logs=\"%s\"%s",
			event->upstream, event->tls.version, event->tls.group,
			event->tls.cipher, ct_policy_name(event->verdict->report.policy),
			log_text(words, logs, sizeof logs),
			event->verdict->accepted_before
				? " why=\"accepted when the log list was "
				  "fresh\""
				: "");
		break;
	case TRACE_REFUSED:
		list_scts(&event->verdict->report, words, sizeof words);
		log_line(LOG_ERROR,
			"upstream=%s event=refused policy=%s why=\"%s\" scts=\"%s\"",
			event->upstream, ct_policy_name(event->verdict->report.policy), why,
			log_text(words, logs, sizeof logs));
		break;
	case TRACE_UNREACHABLE:
		log_line(LOG_WARNING, "upstream=%s event=unreachable why=\"%s\"",
			event->upstream, why);
		break;
	case TRACE_LOST:
		log_line(LOG_NOTICE, "upstream=%s event=lost why=\"%s\"", event->upstream, why);
		break;
	}
}

static void format_date(uint64_t ms, char text[11])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, 11, "%Y-%m-%d", &tm) == 0)
		memcpy(text, "?", 2);
}

void report_log_list(const char *path, const struct ct_log_list *list)
{
	char made[11], horizon[11];

	format_date(ct_log_list_timestamp_ms(list), made);
	format_date(ct_log_list_horizon_ms(list), horizon);
	log_line(LOG_INFO, "event=log-list file=%s logs=%zu date=%s until=%s", path,
		ct_log_list_size(list), made, horizon);
}

static uint64_t age_ms(const struct ct_log_list *list, struct ct_clock clock)
{
	uint64_t made_ms = ct_log_list_timestamp_ms(list);

	return clock.now_ms > made_ms ? clock.now_ms - made_ms : 0;
}

enum list_age list_age(const struct ct_log_list *list, struct ct_clock clock)
{
	if (clock.unset || age_ms(list, clock) > CT_LIST_FRESH_DAYS * DAY_MS)
		return LIST_STALE;
	return age_ms(list, clock) >= LIST_WARN_DAYS * DAY_MS ? LIST_AGEING : LIST_FRESH;
}

void report_list_age(const struct ct_log_list *list, struct ct_clock clock)
{
	unsigned days = (unsigned)(age_ms(list, clock) / DAY_MS);
	bool over = ct_log_list_horizon_ms(list) <= clock.now_ms;

	switch (list_age(list, clock)) {
	case LIST_FRESH: log_line(LOG_INFO, "event=log-list-fresh days=%u", days); break;
	case LIST_AGEING:
		log_line(LOG_WARNING,
			"event=log-list-ages why=\"the log list is %u days old and will be "
			"stale "
			"after %d; please install a newer one\"",
			days, CT_LIST_FRESH_DAYS);
		break;
	case LIST_STALE:
		if (clock.unset)
			log_line(LOG_WARNING, "event=log-list-stale why=\"the clock is not "
					      "set, so the log list may "
					      "be of any age: " STALE_MEANS "\"");
		else
			log_line(LOG_WARNING,
				"event=log-list-stale why=\"the log list is %u days "
				"old: " STALE_MEANS "%s; please install a newer one\"",
				days,
				over ? ", and it knows none that takes those of now" : "");
		break;
	}
}

const char *report_clock_doubt(struct ct_clock clock, char text[REPORT_DOUBT_SIZE])
{
	char date[11];

	format_date(clock.now_ms, date);
	if (loop_wall_ms() < clock.now_ms)
		snprintf(text, REPORT_DOUBT_SIZE, "before %s, which cannot be", date);
	else
		snprintf(text, REPORT_DOUBT_SIZE,
			"beyond the end of the log list, and nobody says that it is right");
	return text;
}

void report_clock(struct ct_clock clock)
{
	char date[11], doubt[REPORT_DOUBT_SIZE];

	format_date(clock.now_ms, date);
	if (clock.unset)
		log_line(LOG_WARNING,
			"event=clock-not-set why=\"the system's clock is %s: until it is set, "
			"nothing is held against a certificate for being too early\"",
			report_clock_doubt(clock, doubt));
	else
		log_line(LOG_NOTICE, "event=clock-set date=%s", date);
}
