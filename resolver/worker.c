/* SPDX-License-Identifier: MIT */
#include "resolver/worker.h"
#include "resolver/listeners.h"
#include "resolver/log.h"
#include "resolver/notify.h"
#include "resolver/query.h"
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

/* While it stops, how often it looks whether all is done; and how long clients over TCP have to
 * read what was written for them. Queries end by themselves, at their deadline. */
enum { STOP_LOOK_MS = 10, STOP_UNSENT_MS = 1000 };

struct worker {
	struct loop *loop;
	const char *conf_path;
	struct snapshot *snapshot;
	struct listeners *listeners;
	struct queries *queries;
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

static void on_reload(struct signal_watch *watch, [[maybe_unused]] int signum)
{
	struct worker *worker = container_of(watch, struct worker, hup);
	struct snapshot *snapshot;

	if (worker->answered_ms != 0)
		return; /* it is stopping */
	notify_reloading();
	snapshot = snapshot_load(worker->loop, worker->conf_path);
	if (snapshot != NULL && listeners_apply(worker->listeners, snapshot->conf)) {
		snapshot_unref(worker->snapshot);
		worker->snapshot = snapshot;
		set_dial(snapshot->set);
		log_line(LOG_NOTICE, "event=reloaded");
	} else {
		snapshot_unref(snapshot);
		log_line(LOG_ERROR,
			"event=reload-failed why=\"see above; nothing has changed\"");
	}
	notify_ready();
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
	worker->term.caught = on_term;
	worker->intr.caught = on_int;
	worker->hup.caught = on_reload;
	worker->stopping.fired = look_whether_done;
	worker->loop = loop_new();
	if (worker->loop == NULL)
		return false;
	worker->queries = queries_new(worker->loop);
	worker->listeners = listeners_new(worker->loop, &worker->udp_owner, &worker->tcp_owner);
	return worker->queries != NULL && worker->listeners != NULL &&
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
	worker->snapshot = snapshot_load(worker->loop, conf_path);
	if (worker->snapshot == NULL ||
		!listeners_apply(worker->listeners, worker->snapshot->conf)) {
		worker_free(worker);
		return NULL;
	}
	return worker;
}

void worker_run(struct worker *worker)
{
	const struct query_counts *counts = queries_counts(worker->queries);

	set_dial(worker->snapshot->set);
	notify_ready();
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
	listeners_free(worker->listeners);
	/* The loop may have been stopped with queries under way, when there was no memory. */
	if (worker->queries != NULL && queries_under_way(worker->queries) == 0) {
		queries_free(worker->queries);
		snapshot_unref(worker->snapshot);
		loop_free(worker->loop);
	}
	free(worker);
}
