/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What each thread has for itself, all of them alike: a loop, sockets that clients ask at, a
 * snapshot with connections of its own to the upstreams, a cache. What the daemon has once is
 * in daemon.c, in the thread of the first worker; it deals with the others while they hold
 * still (crew.h).
 */
#include "resolver/figures.h"
#include "resolver/listeners.h"
#include "resolver/relay.h"
#include "resolver/siphash.h"
#include "transport/netwatch.h"

struct worker;

/* Both are called in the worker's own thread. */
struct worker_owner {
	/* How a connection to an upstream began or ended. */
	void (*traced)(struct worker_owner *, struct worker *, const struct trace_event *);
	/* There is another network; the worker has not told its upstreams yet. */
	void (*network_changed)(struct worker_owner *, struct worker *);
};

struct worker {
	struct worker_owner *owner;
	struct crew_member member;
	bool is_first;
	struct loop *loop;
	struct surroundings around;
	struct clock own_clock; /* the first one's is the timekeeper's */
	struct clock *clock;
	struct trace trace;
	struct netwatch *netwatch; /* NULL: nobody can be asked */
	struct netwatch_owner netwatch_owner;
	struct local *local;
	struct local_owner local_owner;
	struct snapshot *snapshot, *next; /* next: of worker_prepare() */
	struct listeners *listeners;
	struct queries *queries;
	struct facts facts;
	struct taps taps;
	struct relay_end relay_end;
	struct udp_owner udp_owner;
	struct tcp_owner tcp_owner;
	struct timer stopping;
	uint64_t answered_ms; /* while it stops: when the last query ended */
};

struct worker_params {
	struct worker_owner *owner; /* borrowed */
	struct portion portion;
	const struct siphash_key *cookie_secret;
	struct clock *clock; /* of the first worker, borrowed; others copy it */
	bool is_first;
};

/* loop: borrowed. NULL: no memory. */
struct worker *worker_new(struct loop *loop, const struct worker_params *params);
/* Nothing may run in its loop. NULL is allowed. False: queries are under way still, as there
 * was no memory to wait for them; the loop is not to be freed. */
bool worker_free(struct worker *worker);

/* Makes ready what a configuration wants, beside what there is. False: it cannot be had, which
 * has been logged. One of the two below must follow. */
bool worker_prepare(struct worker *worker, struct ground *ground);
/* From now on. Nothing that the old one accepted is used any more: all upstreams are dialled
 * and judged anew, while queries under way end where they are. */
void worker_commit(struct worker *worker);
/* As if nothing had been prepared. */
void worker_abandon(struct worker *worker);

/* Hears nothing more, and stops its loop when all is answered. */
void worker_stop(struct worker *worker);
/* So it was told. */
bool worker_stops(const struct worker *worker);
