/* SPDX-License-Identifier: MIT */
#include "resolver/worker.h"
#include "resolver/access.h"
#include "resolver/local.h"
#include "resolver/log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* While it stops, how often it looks whether all is done; and how long clients over TCP have to
 * read what was written for them. Queries end by themselves, at their deadline. */
enum { STOP_LOOK_MS = 10, STOP_UNSENT_MS = 1000 };

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

static void on_trace(struct trace *trace, const struct trace_event *event)
{
	struct worker *worker = container_of(trace, struct worker, trace);
	const struct verdict *verdict = event->verdict;

	worker->facts.accepted += event->kind == TRACE_ACCEPTED;
	worker->facts.refused += event->kind == TRACE_REFUSED;
	worker->facts.unreachable += event->kind == TRACE_UNREACHABLE;
	worker->facts.lost += event->kind == TRACE_LOST;
	worker->owner->traced(worker->owner, worker, event);
	/* What a verdict teaches besides: of the time. */
	for (size_t i = 0; verdict != NULL && verdict->accepted && i < verdict->report.n_scts;
		i++)
		if (verdict->report.scts[i].status == CT_SCT_VALID)
			clock_raise(worker->clock, verdict->report.scts[i].timestamp_ms);
}

static void on_network_changed(struct netwatch_owner *owner)
{
	struct worker *worker = container_of(owner, struct worker, netwatch_owner);

	local_network_changed(worker->local);
	worker->owner->network_changed(worker->owner, worker);
	snapshot_network_changed(worker->snapshot);
}

static void on_local_changed(struct local_owner *owner)
{
	queries_flush(container_of(owner, struct worker, local_owner)->queries);
}

bool worker_prepare(struct worker *worker, struct ground *ground)
{
	worker->next = snapshot_on(ground, &worker->around);
	return worker->next != NULL && listeners_prepare(worker->listeners, ground->conf);
}

void worker_commit(struct worker *worker)
{
	listeners_commit(worker->listeners);
	snapshot_unref(worker->snapshot);
	worker->snapshot = worker->facts.snapshot = worker->next;
	worker->next = NULL;
	queries_use(worker->queries, worker->snapshot->conf);
	if (!local_configure(worker->local, worker->snapshot->conf))
		log_line(LOG_ERROR, "event=hosts why=\"out of memory\"");
	set_dial(worker->snapshot->set);
}

void worker_abandon(struct worker *worker)
{
	listeners_abandon(worker->listeners);
	snapshot_unref(worker->next);
	worker->next = NULL;
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

void worker_stop(struct worker *worker)
{
	listeners_stop(worker->listeners);
	worker->answered_ms = loop_now_ms(worker->loop);
	if (!timer_start(worker->loop, &worker->stopping, 0))
		loop_stop(worker->loop);
}

bool worker_stops(const struct worker *worker)
{
	return worker->answered_ms != 0;
}

static void run(struct crew_member *member)
{
	loop_run(container_of(member, struct worker, member)->loop);
}

static void set_callbacks(struct worker *worker)
{
	worker->member.run = run;
	worker->udp_owner.datagram = on_datagram;
	worker->tcp_owner.message = on_message;
	worker->tcp_owner.admit = on_connecting;
	worker->stopping.fired = look_whether_done;
	worker->netwatch_owner.changed = on_network_changed;
	worker->local_owner.changed = on_local_changed;
	worker->trace.tell = on_trace;
}

static enum port_share share_of(const struct worker_params *params)
{
	if (params->portion.workers == 1)
		return PORT_ALONE;
	return params->is_first ? PORT_FIRST : PORT_FURTHER;
}

static bool worker_init(struct worker *worker, const struct worker_params *params)
{
	const struct listeners_params listeners = {
		.loop = worker->loop,
		.udp_owner = &worker->udp_owner,
		.tcp_owner = &worker->tcp_owner,
		.portion = params->portion,
		.share = share_of(params),
	};

	worker->local = local_new(worker->loop, &worker->local_owner);
	worker->listeners = listeners_new(&listeners);
	if (worker->local != NULL)
		worker->queries = queries_new(
			worker->loop, worker->local, params->cookie_secret, &params->portion);
	if (worker->queries == NULL || worker->listeners == NULL)
		return false;
	worker->netwatch = netwatch_new(worker->loop, &worker->netwatch_owner);
	if (worker->netwatch == NULL && params->is_first)
		log_line(LOG_WARNING,
			"event=network why=\"that it changes will not be seen: %s\"",
			strerror(errno));
	worker->around = (struct surroundings){.loop = worker->loop,
		.clock = worker->clock,
		.trace = &worker->trace,
		.netwatch = worker->netwatch};
	worker->facts = (struct facts){.loop = worker->loop,
		.queries = worker->queries,
		.clock = worker->clock,
		.started_ms = loop_now_ms(worker->loop)};
	queries_set_taps(worker->queries, &worker->taps);
	return true;
}

struct worker *worker_new(struct loop *loop, const struct worker_params *params)
{
	struct worker *worker = calloc(1, sizeof *worker);

	if (worker == NULL)
		return NULL;
	worker->loop = loop;
	worker->owner = params->owner;
	worker->is_first = params->is_first;
	worker->own_clock = *params->clock;
	worker->clock = params->is_first ? params->clock : &worker->own_clock;
	taps_init(&worker->taps);
	set_callbacks(worker);
	if (worker_init(worker, params))
		return worker;
	worker_free(worker);
	return NULL;
}

bool worker_free(struct worker *worker)
{
	bool whole;

	if (worker == NULL)
		return true;
	timer_done(&worker->stopping);
	local_free(worker->local);
	netwatch_free(worker->netwatch);
	listeners_free(worker->listeners);
	whole = worker->queries == NULL || queries_under_way(worker->queries) == 0;
	if (whole) {
		queries_free(worker->queries);
		snapshot_unref(worker->snapshot);
	}
	free(worker);
	return whole;
}
