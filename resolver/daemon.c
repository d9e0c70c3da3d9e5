/* SPDX-License-Identifier: MIT */
#include "resolver/daemon.h"
#include "resolver/daemon_inside.h"
#include "resolver/log.h"
#include "resolver/notify.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors: of one worker, with its connections to many upstreams, and besides. */
enum { DESCRIPTORS_A_WORKER = 128, DESCRIPTORS_BESIDES = 512 };

static void tell_portal(struct daemon *daemon, const struct trace_event *event)
{
	if (daemon->portal == NULL)
		return; /* it is stopping */
	if (event->kind == TRACE_ACCEPTED)
		portal_note_upstream(daemon->portal, NULL);
	else if (event->kind == TRACE_REFUSED || event->kind == TRACE_UNREACHABLE)
		portal_note_upstream(daemon->portal, event->why);
}

/* In the thread of that worker. */
static void on_traced(
	struct worker_owner *owner, struct worker *worker, const struct trace_event *event)
{
	struct daemon *daemon = container_of(owner, struct daemon, worker_owner);

	report_event(event);
	if (!event->repeated)
		notify_status(event->upstream,
			event->kind == TRACE_ACCEPTED ? "certificate accepted" : event->why);
	if (event->verdict != NULL)
		evidence_note(daemon->evidence, event, clock_now(worker->clock).now_ms);
	if (!worker->is_first) {
		waker_wake(&daemon->noted);
		return;
	}
	evidence_save_soon(daemon->evidence);
	tell_portal(daemon, event);
	standin_upstream_changed(daemon->standin);
}

static void on_noted(struct waker *waker)
{
	evidence_save_soon(container_of(waker, struct daemon, noted)->evidence);
}

/* In the thread of that worker. */
static void on_network_changed(struct worker_owner *owner, struct worker *worker)
{
	if (worker->is_first)
		standin_network_changed(
			container_of(owner, struct daemon, worker_owner)->standin);
}

static void on_watchdog(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, watchdog);
	uint64_t ms = notify_watchdog_ms();

	if (ms == 0)
		return;
	/* One whose loop does not turn keeps us waiting here. */
	if (!daemon_stops(daemon)) {
		crew_hold(daemon->crew);
		crew_release(daemon->crew);
	}
	notify_alive();
	(void)!timer_start(daemon->loop, timer, ms);
}

static void on_portal_changed(struct portal_owner *owner)
{
	struct daemon *daemon = container_of(owner, struct daemon, portal_owner);
	uint32_t left_s;

	queries_flush(daemon->workers[0]->queries);
	if (portal_window(daemon->portal, &left_s) != NULL)
		notify_status("captive portal",
			"a window is open: a few names are asked in plain text");
	else
		notify_status("captive portal", "the window is closed");
}

static void on_portal_suspected(struct portal_owner *owner, const char *why)
{
	standin_suspect_portal(container_of(owner, struct daemon, portal_owner)->standin, why);
}

/* Somebody begins, or ceases, to watch: the other workers tell, or do so no more. */
static void on_taps_changed(struct taps *taps)
{
	struct worker *first = container_of(taps, struct worker, taps);
	struct daemon *daemon = container_of(first->owner, struct daemon, worker_owner);

	crew_hold(daemon->crew);
	for (unsigned i = 1; i < daemon->n; i++) {
		struct worker *worker = daemon->workers[i];

		if (taps_any(taps))
			taps_add(&worker->taps, &worker->relay_end.tap);
		else
			taps_remove(&worker->taps, &worker->relay_end.tap);
	}
	crew_release(daemon->crew);
}

/* From here on nobody is held any more: each ends when it is ready. */
static void stop(struct daemon *daemon)
{
	if (daemon_stops(daemon))
		return;
	notify_stopping();
	daemon_share_clock(daemon);
	portal_free(daemon->portal);
	standin_free(daemon->standin);
	daemon->portal = NULL;
	daemon->standin = NULL;
	control_free(daemon->control);
	metrics_free(daemon->metrics);
	daemon->control = NULL;
	daemon->metrics = NULL;
	crew_hold(daemon->crew);
	for (unsigned i = 0; i < daemon->n; i++)
		worker_stop(daemon->workers[i]);
	crew_release(daemon->crew);
}

static void on_term(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	stop(container_of(watch, struct daemon, term));
}

static void on_int(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	stop(container_of(watch, struct daemon, intr));
}

static void set_callbacks(struct daemon *daemon)
{
	daemon->term.caught = on_term;
	daemon->intr.caught = on_int;
	daemon->watchdog.fired = on_watchdog;
	daemon->noted.woken = on_noted;
	daemon->portal_owner.changed = on_portal_changed;
	daemon->portal_owner.suspected = on_portal_suspected;
	daemon->worker_owner.traced = on_traced;
	daemon->worker_owner.network_changed = on_network_changed;
}

/* Many workers need more descriptors than a program has by itself. */
static void raise_descriptors(unsigned workers)
{
	rlim_t wanted = DESCRIPTORS_BESIDES + DESCRIPTORS_A_WORKER * (rlim_t)workers;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_line(LOG_WARNING, "event=workers why=\"no more descriptors: %s\"",
			strerror(errno));
}

static bool make_workers(struct daemon *daemon, unsigned n)
{
	struct siphash_key cookie_secret;
	struct worker_params params = {.owner = &daemon->worker_owner,
		.portion = {.workers = n, .memory = memory_allowed() / n},
		.cookie_secret = &cookie_secret,
		.clock = timekeeper_clock(daemon->timekeeper)};

	if (!siphash_random_key(&cookie_secret))
		return false;
	queries_tell_bounds(&params.portion);
	for (; daemon->n < n; daemon->n++) {
		struct worker **next = &daemon->workers[daemon->n];
		struct loop **loop = &daemon->loops[daemon->n];

		params.is_first = daemon->n == 0;
		if (!params.is_first)
			*loop = loop_new();
		*next = *loop != NULL ? worker_new(*loop, &params) : NULL;
		if (*next == NULL)
			return false;
		if (!params.is_first)
			next[-1]->facts.next = &next[0]->facts;
	}
	return true;
}

/* What only several workers need. */
static bool make_crew(struct daemon *daemon)
{
	if (daemon->n == 1)
		return true;
	daemon->crew = daemon->facts->crew = crew_new();
	daemon->relay = relay_new(daemon->loop, daemon->taps, &daemon->facts->dnstap_dropped);
	if (daemon->crew == NULL || daemon->relay == NULL ||
		!waker_start(daemon->loop, &daemon->noted))
		return false;
	for (unsigned i = 1; i < daemon->n; i++)
		relay_end_init(&daemon->workers[i]->relay_end, daemon->relay);
	daemon->taps->changed = on_taps_changed;
	return true;
}

/* What there is once. */
static bool make_fronts(struct daemon *daemon)
{
	struct worker *first = daemon->workers[0];

	daemon->filewatch = filewatch_new(daemon->loop, &daemon->filewatch_owner);
	daemon->control = control_new(daemon->facts, daemon->taps);
	daemon->metrics = metrics_new(daemon->facts);
	daemon->standin =
		standin_new(daemon->loop, daemon->facts, daemon->taps, &daemon->standin_owner);
	if (daemon->standin != NULL)
		daemon->portal = daemon->facts->portal = portal_new(
			&first->around, standin_links(daemon->standin), &daemon->portal_owner);
	daemon->dnstap = dnstap_new(daemon->loop, daemon->taps, &daemon->facts->dnstap_dropped);
	return daemon->filewatch != NULL && daemon->control != NULL &&
	       daemon->metrics != NULL && daemon->portal != NULL &&
	       timer_start(daemon->loop, &daemon->upkeep, UPKEEP_UNSET_MS) &&
	       signal_start(daemon->loop, &daemon->term, SIGTERM) &&
	       signal_start(daemon->loop, &daemon->intr, SIGINT) &&
	       signal_start(daemon->loop, &daemon->hup, SIGHUP);
}

static bool daemon_init(struct daemon *daemon, unsigned workers)
{
	set_callbacks(daemon);
	daemon_hear_changes(daemon);
	if (workers > 1)
		raise_descriptors(workers);
	daemon->loop = daemon->loops[0] = loop_new();
	if (daemon->loop == NULL)
		return false;
	daemon->timekeeper = timekeeper_new(daemon->loop, &daemon->timekeeper_owner);
	daemon->evidence = evidence_new(daemon->loop);
	if (daemon->timekeeper == NULL || daemon->evidence == NULL ||
		!make_workers(daemon, workers))
		return false;
	daemon->facts = &daemon->workers[0]->facts;
	daemon->taps = &daemon->workers[0]->taps;
	return make_crew(daemon) && make_fronts(daemon);
}

struct daemon *daemon_new(const char *conf_path)
{
	struct conf *conf = daemon_load_conf(conf_path);
	struct daemon *daemon = conf != NULL ? calloc(1, sizeof *daemon) : NULL;

	if (daemon == NULL || !daemon_init(daemon, conf->workers)) {
		if (conf != NULL)
			log_line(LOG_ERROR, "out of memory");
		conf_free(conf);
		daemon_free(daemon);
		return NULL;
	}
	daemon->conf_path = conf_path;
	if (daemon_use(daemon, ground_of(conf, evidence_accepted_before(daemon->evidence))))
		return daemon;
	daemon_free(daemon);
	return NULL;
}

static bool start_others(struct daemon *daemon)
{
	for (unsigned i = 1; i < daemon->n; i++) {
		struct worker *worker = daemon->workers[i];

		if (crew_start(daemon->crew, &worker->member, worker->loop))
			continue;
		log_line(LOG_ERROR, "cannot start worker %u of %u: %s", i + 1, daemon->n,
			strerror(errno));
		return false;
	}
	return true;
}

bool daemon_run(struct daemon *daemon)
{
	uint64_t counts[FIGURES_N];
	bool good = start_others(daemon);

	if (good) {
		standin_announce(daemon->standin);
		notify_ready();
		on_watchdog(&daemon->watchdog);
		log_line(LOG_NOTICE, "event=ready");
	} else {
		stop(daemon);
	}
	loop_run(daemon->loop);
	if (daemon->crew != NULL)
		crew_join(daemon->crew);
	figures_read(daemon->facts, counts);
	log_line(LOG_NOTICE,
		"event=stopped received=%" PRIu64 " answered=%" PRIu64 " failed=%" PRIu64
		" invalid=%" PRIu64 " dropped=%" PRIu64,
		counts[FIGURE_queries_received], counts[FIGURE_queries_answered],
		counts[FIGURE_queries_failed], counts[FIGURE_queries_invalid],
		counts[FIGURE_queries_dropped]);
	return good;
}

/* What is left in the first worker's loop, when its own part has ended. */
static void free_fronts(struct daemon *daemon)
{
	signal_stop(&daemon->term);
	signal_stop(&daemon->intr);
	signal_stop(&daemon->hup);
	timer_done(&daemon->upkeep);
	timer_done(&daemon->watchdog);
	portal_free(daemon->portal);
	standin_free(daemon->standin);
	control_free(daemon->control);
	metrics_free(daemon->metrics);
	relay_free(daemon->relay);
	dnstap_free(daemon->dnstap);
	filewatch_free(daemon->filewatch);
}

void daemon_free(struct daemon *daemon)
{
	bool whole = true;

	if (daemon == NULL)
		return;
	free_fronts(daemon);
	for (unsigned i = 0; i < daemon->n; i++)
		whole &= worker_free(daemon->workers[i]);
	if (daemon->ground != NULL)
		timekeeper_save(daemon->timekeeper, true);
	ground_unref(daemon->ground);
	timekeeper_free(daemon->timekeeper);
	evidence_free(daemon->evidence);
	waker_stop(&daemon->noted);
	/* Else they end with the program. */
	for (unsigned i = 0; whole && i < CONF_WORKERS_MAX; i++)
		loop_free(daemon->loops[i]);
	crew_free(daemon->crew);
	free(daemon);
}

bool daemon_check(const char *conf_path)
{
	struct conf *conf = daemon_load_conf(conf_path);
	struct snapshot *snapshot = conf != NULL ? snapshot_of(conf, NULL) : NULL;

	snapshot_unref(snapshot);
	return snapshot != NULL;
}
