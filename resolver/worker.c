/* SPDX-License-Identifier: MIT */
#include "resolver/worker.h"
#include "resolver/access.h"
#include "resolver/control.h"
#include "resolver/dnstap.h"
#include "resolver/evidence.h"
#include "resolver/filewatch.h"
#include "resolver/listeners.h"
#include "resolver/local.h"
#include "resolver/log.h"
#include "resolver/metrics.h"
#include "resolver/notify.h"
#include "resolver/query.h"
#include "resolver/report.h"
#include "resolver/standin.h"
#include "resolver/timekeeper.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* While it stops, how often it looks whether all is done; and how long clients over TCP have to
 * read what was written for them. Queries end by themselves, at their deadline. */
enum { STOP_LOOK_MS = 10, STOP_UNSENT_MS = 1000 };

/* How often the log list's age is looked at, and the clock; while that is not set, more often,
 * for it may be found to be right without being set. */
enum { UPKEEP_MS = 3600 * 1000, UPKEEP_UNSET_MS = 60 * 1000 };

struct worker {
	struct loop *loop;
	struct surroundings around;
	struct timekeeper *timekeeper;
	struct timekeeper_owner timekeeper_owner;
	struct evidence *evidence;
	struct trace trace;
	struct filewatch *filewatch;
	struct filewatch_owner filewatch_owner;
	struct netwatch *netwatch; /* NULL: nobody can be asked */
	struct netwatch_owner netwatch_owner;
	struct local *local;
	struct local_owner local_owner;
	struct timer upkeep;
	struct timer watchdog;
	bool clock_unset; /* as it was told last, so too below */
	enum list_age list_age;
	const char *conf_path;
	struct snapshot *snapshot;
	struct listeners *listeners;
	struct queries *queries;
	struct facts facts;
	struct taps taps;
	struct control *control;
	struct metrics *metrics;
	struct dnstap *dnstap;
	struct standin *standin;
	struct standin_owner standin_owner;
	struct portal *portal;
	struct portal_owner portal_owner;
	struct udp_owner udp_owner;
	struct tcp_owner tcp_owner;
	struct signal_watch term, intr, hup;
	struct timer stopping;
	uint64_t answered_ms; /* while it stops: when the last query ended */
};

static void on_datagram(
	struct udp_owner *owner, struct wire message, const struct client *client)
{
	struct worker *worker = container_of(owner, struct worker, udp_owner);

	query_start(worker->queries, worker->snapshot, message, client);
}

static void on_message(
	struct tcp_owner *owner, struct wire message, const struct client *client)
{
	struct worker *worker = container_of(owner, struct worker, tcp_owner);

	query_start(worker->queries, worker->snapshot, message, client);
}

static bool on_connecting(struct tcp_owner *owner, const union socket_address *peer)
{
	const struct worker *worker = container_of(owner, struct worker, tcp_owner);

	return access_is_allowed(worker->snapshot->conf, peer);
}

static void tell_portal(struct worker *worker, const struct trace_event *event)
{
	if (worker->portal == NULL)
		return; /* it is stopping */
	if (event->kind == TRACE_ACCEPTED)
		portal_note_upstream(worker->portal, NULL);
	else if (event->kind == TRACE_REFUSED || event->kind == TRACE_UNREACHABLE)
		portal_note_upstream(worker->portal, event->why);
}

/* What a verdict teaches besides: what is remembered of the upstream, and of the time. */
static void on_trace(struct trace *trace, const struct trace_event *event)
{
	struct worker *worker = container_of(trace, struct worker, trace);
	struct clock *clock = timekeeper_clock(worker->timekeeper);
	const struct verdict *verdict = event->verdict;

	report_event(event);
	worker->facts.accepted += event->kind == TRACE_ACCEPTED;
	worker->facts.refused += event->kind == TRACE_REFUSED;
	worker->facts.unreachable += event->kind == TRACE_UNREACHABLE;
	worker->facts.lost += event->kind == TRACE_LOST;
	if (!event->repeated)
		notify_status(event->upstream,
			event->kind == TRACE_ACCEPTED ? "certificate accepted" : event->why);
	tell_portal(worker, event);
	standin_upstream_changed(worker->standin);
	if (verdict == NULL)
		return;
	evidence_note(worker->evidence, event, clock_now(clock).now_ms);
	for (size_t i = 0; verdict->accepted && i < verdict->report.n_scts; i++)
		if (verdict->report.scts[i].status == CT_SCT_VALID)
			clock_raise(clock, verdict->report.scts[i].timestamp_ms);
}

/* Says what has changed of the clock and of the list's age. */
static void look_at_time(struct worker *worker, bool tell_all)
{
	struct ct_clock clock = clock_now(timekeeper_clock(worker->timekeeper));
	const struct ct_log_list *list = trust_log_list(worker->snapshot->trust);
	enum list_age age = list_age(list, clock);

	if (clock.unset != worker->clock_unset)
		report_clock(clock);
	if (tell_all || age != worker->list_age)
		report_list_age(list, clock);
	worker->clock_unset = clock.unset;
	worker->list_age = age;
}

static void on_watchdog(struct timer *timer)
{
	struct worker *worker = container_of(timer, struct worker, watchdog);
	uint64_t ms = notify_watchdog_ms();

	if (ms == 0)
		return;
	notify_alive();
	(void)!timer_start(worker->loop, timer, ms);
}

/* Whether the routes of links are others now. */
static bool follow_links(struct worker *worker)
{
	struct snapshot *snapshot = worker->snapshot;
	bool changed = standin_follow(worker->standin, snapshot, &worker->around);

	local_follow_links(worker->local, snapshot->link_routes, snapshot->n_link_routes);
	return changed;
}

/* One reference is moved. Nothing that the old one accepted is used any more: all upstreams are
 * dialled and judged anew, while queries under way end where they are. */
static void use(struct worker *worker, struct snapshot *snapshot)
{
	const struct conf *conf = snapshot->conf;
	const char *paths[] = {conf->log_list, conf->log_list_signature};

	portal_use(worker->portal, snapshot);
	snapshot_unref(worker->snapshot);
	worker->snapshot = worker->facts.snapshot = snapshot;
	queries_use(worker->queries, conf);
	dnstap_apply(worker->dnstap, conf->dnstap_socket);
	report_log_list(conf->log_list, trust_log_list(snapshot->trust));
	timekeeper_use(worker->timekeeper, trust_log_list(snapshot->trust));
	look_at_time(worker, true);
	if (!local_configure(worker->local, snapshot->conf))
		log_line(LOG_ERROR, "event=hosts why=\"out of memory\"");
	if (!filewatch_set(worker->filewatch, paths, sizeof paths / sizeof *paths))
		log_line(LOG_WARNING,
			"event=log-list why=\"that it is replaced will not be seen: %s\"",
			strerror(errno));
	(void)follow_links(worker);
	set_dial(snapshot->set);
	standin_configure(worker->standin);
}

/* All that listens, as the configuration has it; or nothing has changed, and it was said why.
 */
static bool listen_as(struct worker *worker, const struct conf *conf)
{
	bool good = control_prepare(worker->control, conf) &&
		    metrics_prepare(worker->metrics, conf) &&
		    listeners_apply(worker->listeners, conf);

	if (good) {
		control_commit(worker->control);
		metrics_commit(worker->metrics);
	} else {
		control_abandon(worker->control);
		metrics_abandon(worker->metrics);
	}
	return good;
}

static void on_reload(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	struct worker *worker = container_of(watch, struct worker, hup);
	struct snapshot *snapshot;

	if (worker->answered_ms != 0)
		return; /* it is stopping */
	notify_reloading();
	snapshot = snapshot_load(&worker->around, worker->conf_path);
	if (snapshot != NULL && listen_as(worker, snapshot->conf)) {
		use(worker, snapshot);
		log_line(LOG_NOTICE, "event=reloaded");
	} else {
		snapshot_unref(snapshot);
		log_line(LOG_ERROR,
			"event=reload-failed why=\"see above; nothing has changed\"");
	}
	notify_ready();
}

/* The same configuration with what it names as it is now. */
static void renew(struct worker *worker, const char *event)
{
	struct snapshot *snapshot;

	if (worker->answered_ms != 0)
		return;
	snapshot = snapshot_renew(&worker->around, worker->snapshot);
	if (snapshot == NULL) {
		log_line(LOG_ERROR, "event=%s-failed why=\"see above; nothing has changed\"",
			event);
		return;
	}
	use(worker, snapshot);
	log_line(LOG_NOTICE, "event=%s", event);
}

static void on_upkeep(struct timer *timer)
{
	struct worker *worker = container_of(timer, struct worker, upkeep);
	bool was_unset = worker->clock_unset;

	look_at_time(worker, false);
	if (was_unset && !worker->clock_unset)
		renew(worker, "judged-again");
	timekeeper_save(worker->timekeeper, false);
	(void)!timer_start(
		worker->loop, timer, worker->clock_unset ? UPKEEP_UNSET_MS : UPKEEP_MS);
}

static void on_list_changed(struct filewatch_owner *owner)
{
	renew(container_of(owner, struct worker, filewatch_owner), "log-list-replaced");
}

static void on_clock_set(struct timekeeper_owner *owner)
{
	renew(container_of(owner, struct worker, timekeeper_owner), "judged-again");
}

static void on_network_changed(struct netwatch_owner *owner)
{
	struct worker *worker = container_of(owner, struct worker, netwatch_owner);

	local_network_changed(worker->local);
	standin_network_changed(worker->standin);
	snapshot_network_changed(worker->snapshot);
}

static void on_local_changed(struct local_owner *owner)
{
	queries_flush(container_of(owner, struct worker, local_owner)->queries);
}

static void on_links_changed(struct standin_owner *owner)
{
	struct worker *worker = container_of(owner, struct worker, standin_owner);

	if (follow_links(worker))
		queries_flush(worker->queries);
	portal_follow_links(worker->portal);
}

static void on_portal_changed(struct portal_owner *owner)
{
	struct worker *worker = container_of(owner, struct worker, portal_owner);
	uint32_t left_s;

	queries_flush(worker->queries);
	if (portal_window(worker->portal, &left_s) != NULL)
		notify_status("captive portal",
			"a window is open: a few names are asked in plain text");
	else
		notify_status("captive portal", "the window is closed");
}

static void on_portal_suspected(struct portal_owner *owner, const char *why)
{
	standin_suspect_portal(container_of(owner, struct worker, portal_owner)->standin, why);
}

static void look_whether_done(struct timer *timer)
{
	struct worker *worker = container_of(timer, struct worker, stopping);
	uint64_t now = loop_now_ms(worker->loop);

	if (queries_under_way(worker->queries) > 0)
		worker->answered_ms = now;
	else if (!listeners_unsent(worker->listeners) ||
		 now - worker->answered_ms > STOP_UNSENT_MS) {
		loop_stop(worker->loop);
		return;
	}
	(void)!timer_start(worker->loop, timer, STOP_LOOK_MS);
}

static void stop(struct worker *worker)
{
	if (worker->answered_ms != 0)
		return;
	notify_stopping();
	listeners_stop(worker->listeners);
	portal_free(worker->portal);
	standin_free(worker->standin);
	worker->portal = NULL;
	worker->standin = NULL;
	control_free(worker->control);
	metrics_free(worker->metrics);
	worker->control = NULL;
	worker->metrics = NULL;
	worker->answered_ms = loop_now_ms(worker->loop);
	if (!timer_start(worker->loop, &worker->stopping, 0))
		loop_stop(worker->loop);
}

static void on_term(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	stop(container_of(watch, struct worker, term));
}

static void on_int(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	stop(container_of(watch, struct worker, intr));
}

static bool worker_init(struct worker *worker)
{
	worker->udp_owner.datagram = on_datagram;
	worker->tcp_owner.message = on_message;
	worker->tcp_owner.admit = on_connecting;
	worker->term.caught = on_term;
	worker->intr.caught = on_int;
	worker->hup.caught = on_reload;
	worker->stopping.fired = look_whether_done;
	worker->upkeep.fired = on_upkeep;
	worker->watchdog.fired = on_watchdog;
	worker->timekeeper_owner.clock_was_set = on_clock_set;
	worker->filewatch_owner.changed = on_list_changed;
	worker->netwatch_owner.changed = on_network_changed;
	worker->local_owner.changed = on_local_changed;
	worker->portal_owner.changed = on_portal_changed;
	worker->portal_owner.suspected = on_portal_suspected;
	worker->standin_owner.links_changed = on_links_changed;
	worker->trace.tell = on_trace;
	worker->loop = loop_new();
	if (worker->loop == NULL)
		return false;
	worker->local = local_new(worker->loop, &worker->local_owner);
	worker->queries = queries_new(worker->loop, worker->local);
	worker->listeners = listeners_new(worker->loop, &worker->udp_owner, &worker->tcp_owner);
	worker->timekeeper = timekeeper_new(worker->loop, &worker->timekeeper_owner);
	worker->evidence = evidence_new(worker->loop);
	worker->filewatch = filewatch_new(worker->loop, &worker->filewatch_owner);
	if (worker->timekeeper == NULL || worker->evidence == NULL ||
		worker->filewatch == NULL || worker->local == NULL)
		return false;
	worker->netwatch = netwatch_new(worker->loop, &worker->netwatch_owner);
	if (worker->netwatch == NULL)
		log_line(LOG_WARNING,
			"event=network why=\"that it changes will not be seen: %s\"",
			strerror(errno));
	worker->around = (struct surroundings){.loop = worker->loop,
		.clock = timekeeper_clock(worker->timekeeper),
		.accepted_before = evidence_accepted_before(worker->evidence),
		.trace = &worker->trace,
		.netwatch = worker->netwatch};
	taps_init(&worker->taps);
	worker->facts = (struct facts){.loop = worker->loop,
		.queries = worker->queries,
		.clock = worker->around.clock,
		.started_ms = loop_now_ms(worker->loop)};
	worker->control = control_new(&worker->facts, &worker->taps);
	worker->metrics = metrics_new(&worker->facts);
	worker->standin = standin_new(
		worker->loop, &worker->facts, &worker->taps, &worker->standin_owner);
	if (worker->standin != NULL)
		worker->portal = worker->facts.portal = portal_new(
			&worker->around, standin_links(worker->standin), &worker->portal_owner);
	worker->dnstap = dnstap_new(worker->loop, &worker->taps, &worker->facts.dnstap_dropped);
	if (worker->queries != NULL)
		queries_set_taps(worker->queries, &worker->taps);
	return worker->portal != NULL && worker->queries != NULL && worker->control != NULL &&
	       worker->listeners != NULL &&
	       timer_start(worker->loop, &worker->upkeep, UPKEEP_UNSET_MS) &&
	       signal_start(worker->loop, &worker->term, SIGTERM) &&
	       signal_start(worker->loop, &worker->intr, SIGINT) &&
	       signal_start(worker->loop, &worker->hup, SIGHUP);
}

struct worker *worker_new(const char *conf_path)
{
	struct worker *worker = calloc(1, sizeof *worker);

	if (worker == NULL || !worker_init(worker)) {
		log_line(LOG_ERROR, "out of memory");
		worker_free(worker);
		return NULL;
	}
	worker->conf_path = conf_path;
	worker->snapshot = snapshot_load(&worker->around, conf_path);
	if (worker->snapshot == NULL || !listen_as(worker, worker->snapshot->conf)) {
		worker_free(worker);
		return NULL;
	}
	return worker;
}

void worker_run(struct worker *worker)
{
	const struct query_counts *counts = queries_counts(worker->queries);

	use(worker, snapshot_ref(worker->snapshot));
	standin_announce(worker->standin);
	notify_ready();
	on_watchdog(&worker->watchdog);
	log_line(LOG_NOTICE, "event=ready");
	loop_run(worker->loop);
	log_line(LOG_NOTICE,
		"event=stopped received=%" PRIu64 " answered=%" PRIu64 " failed=%" PRIu64
		" invalid=%" PRIu64 " dropped=%" PRIu64,
		counts->received, counts->answered, counts->failed, counts->invalid,
		counts->dropped);
}

void worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	signal_stop(&worker->term);
	signal_stop(&worker->intr);
	signal_stop(&worker->hup);
	timer_done(&worker->stopping);
	timer_done(&worker->upkeep);
	timer_done(&worker->watchdog);
	portal_free(worker->portal);
	standin_free(worker->standin);
	control_free(worker->control);
	metrics_free(worker->metrics);
	dnstap_free(worker->dnstap);
	filewatch_free(worker->filewatch);
	local_free(worker->local);
	netwatch_free(worker->netwatch);
	listeners_free(worker->listeners);
	/* The loop may have been stopped with queries under way, when there was no memory. */
	if (worker->queries != NULL && queries_under_way(worker->queries) == 0) {
		queries_free(worker->queries);
		snapshot_unref(worker->snapshot);
		if (worker->timekeeper != NULL && worker->snapshot != NULL)
			timekeeper_save(worker->timekeeper, true);
		timekeeper_free(worker->timekeeper);
		evidence_free(worker->evidence);
		loop_free(worker->loop);
	}
	free(worker);
}
