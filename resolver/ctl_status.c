/* SPDX-License-Identifier: MIT */
/* ctresolvectl status: what the daemon judges by, and what it has judged last. From files, so
 * that it works without a daemon; with one, also how its upstreams fare. */
#include "ctpolicy/report_json.h"
#include "resolver/ctl.h"
#include "resolver/ctl_control.h"
#include "resolver/ctl_show.h"
#include "resolver/report.h"
#include "resolver/snapshot.h"
#include "resolver/timekeeper.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] = "Usage: ctresolvectl status [--json]\n"
			   "\n"
			   "Shows what upstreams are judged by: the policy, the log list and "
			   "its age, the clock; and the "
			   "last\n"
			   "verdict on each upstream. Of a daemon that runs also how its "
			   "upstreams and its cache fare.\n"
			   "\n"
			   "  -j, --json  print JSON\n";

static json_t *list_json(const struct snapshot *snapshot, struct ct_clock clock)
{
	static const char *const AGES[] = {
		[LIST_FRESH] = "fresh", [LIST_AGEING] = "ageing", [LIST_STALE] = "stale"};
	const struct ct_log_list *list = trust_log_list(snapshot->trust);
	uint64_t made_ms = ct_log_list_timestamp_ms(list);
	char made[32], stale[32], until[32];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "file", snapshot->conf->log_list,
		"date", report_time(made_ms, made), "age", AGES[list_age(list, clock)],
		"stale_after",
		report_time(made_ms + CT_LIST_FRESH_DAYS * UINT64_C(86400000), stale),
		"verifies_new_until", report_time(ct_log_list_horizon_ms(list), until), "logs",
		(json_int_t)ct_log_list_size(list));
}

static bool add_searched(json_t *list, const struct conf_domain *domains, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!domains[i].route_only &&
			json_array_append_new(list, json_string(domains[i].name)) < 0)
			return false;
	return true;
}

/* Those that clients append to names of one label. */
static json_t *search_json(const struct conf *conf)
{
	json_t *list = json_array();
	bool good = add_searched(list, conf->domains, conf->n_domains);

	for (size_t i = 0; good && i < conf->n_routes; i++)
		good = add_searched(list, conf->routes[i].domains, conf->routes[i].n_domains);
	return list;
}

/* Of each configured upstream the last record; null: nothing is known. */
static json_t *upstreams_json(const struct snapshot *snapshot)
{
	const struct conf *conf = snapshot->conf;
	struct endpoints endpoints;
	const char *path;
	json_t *records = evidence_records(&path), *upstreams = json_array(), *record;
	size_t j;

	if (records == NULL)
		ctl_complain(path, strerror(errno)); /* and the rest is told all the same */

	if (!endpoints_make(
		    conf, snapshot->pins, conf->upstreams, conf->n_upstreams, &endpoints))
		return upstreams;
	for (size_t i = 0; i < endpoints.n; i++) {
		const char *text = endpoints.list[i].text;
		json_t *last = json_null();

		json_array_foreach(records, j, record)
		{
			const char *name =
				json_string_value(json_object_get(record, "upstream"));

			if (name != NULL && strcmp(name, text) == 0)
				last = record;
		}
		/* https://NAME has two. */
		if (i == 0 || strcmp(text, endpoints.list[i - 1].text) != 0)
			json_array_append_new(upstreams,
				json_pack("{s:s, s:O}", "upstream", text, "last", last));
	}
	free(endpoints.list);
	endpoints_forget(&endpoints);
	json_decref(records);
	return upstreams;
}

/* What it tells of itself. Null: nothing, and *ret_why is why not. */
static json_t *daemon_json(const struct ctl *ctl, json_t **ret_why)
{
	const char *reason;
	FILE *daemon = control_connect(ctl, &reason);
	json_t *answer;
	char why[256];

	if (daemon == NULL) {
		*ret_why = json_string(reason != NULL ? reason : "?");
		return json_null();
	}
	answer = control_ask(daemon, json_pack("{s:s}", "verb", "status"), why, sizeof why);
	fclose(daemon);
	*ret_why = answer == NULL ? json_string(why) : json_null();
	if (answer == NULL)
		return json_null();
	json_object_del(answer, "ok");
	return answer;
}

static json_t *status_json(
	const struct ctl *ctl, const struct snapshot *snapshot, struct ct_clock clock)
{
	json_t *why, *daemon = daemon_json(ctl, &why);
	char now[32], doubt[REPORT_DOUBT_SIZE];

	return json_pack("{s:s, s:{s:s, s:b, s:s?}, s:o, s:b, s:o, s:o, s:o, s:o}", "policy",
		ct_policy_name(trust_policy(snapshot->trust)), "clock", "time",
		report_time(clock.now_ms, now), "unset", clock.unset, "why",
		clock.unset ? report_clock_doubt(clock, doubt) : NULL, "log_list",
		list_json(snapshot, clock), "dnssec", snapshot->conf->dnssec, "search_domains",
		search_json(snapshot->conf), "upstreams", upstreams_json(snapshot), "daemon",
		daemon, "daemon_why", why);
}

static void print_last(const json_t *last)
{
	const json_t *tls = json_object_get(last, "tls");
	bool post_quantum = json_is_true(json_object_get(tls, "post_quantum"));

	printf("%s on %.10s: %s", show_text_of(last, "verdict"), show_text_of(last, "time"),
		show_text_of(last, "reason"));
	if (json_is_string(json_object_get(tls, "group")))
		printf("; %s, key exchange %s (post-quantum: %s)", show_text_of(tls, "version"),
			show_text_of(tls, "group"), post_quantum ? "yes" : "no");
	puts("");
}

static void print_live(const json_t *upstream)
{
	const json_t *why = json_object_get(upstream, "why");
	const json_t *ms = json_object_get(upstream, "milliseconds");

	printf("  %s by %s: %s", show_text_of(upstream, "upstream"),
		show_text_of(upstream, "protocol"), show_text_of(upstream, "state"));
	if (json_is_string(json_object_get(upstream, "domain")))
		printf(", for %s", show_text_of(upstream, "domain"));
	if (json_is_number(ms))
		printf(", answers in %.0f ms", json_number_value(ms));
	if (json_is_string(why))
		printf(", %s: %s",
			json_is_true(json_object_get(upstream, "refused")) ? "refused"
									   : "failed",
			json_string_value(why));
	puts("");
}

/* In the unit of which there are some, but not too many. */
static void print_span(long long seconds)
{
	if (seconds < 120)
		printf("%lld s", seconds);
	else if (seconds < 120 * 60)
		printf("%lld min", seconds / 60);
	else if (seconds < 48 * 3600)
		printf("%lld h", seconds / 3600);
	else
		printf("%lld days", seconds / 86400);
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static void print_cache(const json_t *cache)
{
	long long hits = number(cache, "hits"), asked = hits + number(cache, "misses");

	long long entries = number(cache, "entries");

	printf("cache     %lld answer%s, %lld of %lld KiB", entries, entries == 1 ? "" : "s",
		(number(cache, "bytes") + 1023) / 1024, number(cache, "capacity_bytes") / 1024);
	if (asked > 0)
		printf("; it had %lld of %lld that were asked for (%lld %%)", hits, asked,
			100 * hits / asked);
	puts("");
}

/* While there is a window: what goes out in plain text is the first thing to see. */
static void print_portal(const json_t *window)
{
	const char *link = json_string_value(json_object_get(window, "link"));

	if (!json_is_object(window))
		return;
	printf("portal    a window is open for ");
	print_span(number(window, "seconds_left"));
	printf(": %zu names are asked of %s%s%s in plain text\n",
		json_array_size(json_object_get(window, "names")),
		json_string_value(json_array_get(json_object_get(window, "servers"), 0)),
		link != NULL ? " on " : "", link != NULL ? link : "");
}

static void print_daemon(const json_t *daemon, const char *why)
{
	const json_t *upstream;
	size_t i;

	if (!json_is_object(daemon)) {
		printf("daemon    nothing is known of it: %s\n", why);
		return;
	}
	printf("daemon    %s, up for ", show_text_of(daemon, "version"));
	print_span(number(daemon, "uptime_seconds"));
	puts("");
	print_portal(json_object_get(daemon, "portal"));
	json_array_foreach(json_object_get(daemon, "upstreams"), i, upstream)
		print_live(upstream);
	print_cache(json_object_get(daemon, "cache"));
}

static void print_search(const json_t *domains)
{
	const json_t *domain;
	size_t i;

	if (json_array_size(domains) == 0)
		return;
	fputs("search   ", stdout);
	json_array_foreach(domains, i, domain) printf(" %s", json_string_value(domain));
	puts("");
}

static void print_text(const json_t *status)
{
	const json_t *list = json_object_get(status, "log_list");
	const json_t *clock = json_object_get(status, "clock");
	const json_t *upstream;
	size_t i;

	printf("policy    %s\n", show_text_of(status, "policy"));
	printf("log list  %s, of %.10s: %s (stale after %.10s); verifies new certificates "
	       "until "
	       "%.10s\n",
		show_text_of(list, "file"), show_text_of(list, "date"),
		show_text_of(list, "age"), show_text_of(list, "stale_after"),
		show_text_of(list, "verifies_new_until"));
	if (json_is_true(json_object_get(clock, "unset")))
		printf("clock     not set: it is %s; the list counts as stale\n",
			show_text_of(clock, "why"));
	else
		printf("clock     %s\n", show_text_of(clock, "time"));
	printf("dnssec    %s\n", json_is_true(json_object_get(status, "dnssec"))
					 ? "validated here"
					 : "not validated here");
	print_search(json_object_get(status, "search_domains"));
	json_array_foreach(json_object_get(status, "upstreams"), i, upstream)
	{
		const json_t *last = json_object_get(upstream, "last");

		printf("upstream  %s: ", show_text_of(upstream, "upstream"));
		if (json_is_object(last))
			print_last(last);
		else
			puts("no verdict is known");
	}
	print_daemon(json_object_get(status, "daemon"), show_text_of(status, "daemon_why"));
}

static int print(const struct ctl *ctl)
{
	struct timekeeper *keeper = timekeeper_new(NULL, NULL);
	struct snapshot *snapshot =
		keeper != NULL ? snapshot_of(snapshot_conf(ctl->conf_path), NULL) : NULL;
	json_t *status = NULL;
	bool good = snapshot != NULL;

	if (good)
		timekeeper_use(keeper, trust_log_list(snapshot->trust));
	if (good)
		status = status_json(ctl, snapshot, clock_now(timekeeper_clock(keeper)));
	if (good && status == NULL)
		ctl_complain("status", "out of memory");
	good = good && status != NULL;
	if (good && ctl->json) {
		good = show_json(status);
	} else if (good) {
		print_text(status);
		json_decref(status);
	}
	snapshot_unref(snapshot);
	timekeeper_free(keeper);
	return good && fflush(stdout) == 0 ? CTL_OK : CTL_ERROR;
}

int ctl_status(const struct ctl *ctl, int argc, char **argv)
{
	struct ctl options = *ctl;
	int status = ctl_options(&options, argc, argv, HELP, 0);

	return status < 0 ? print(&options) : status;
}
