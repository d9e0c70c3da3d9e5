/* SPDX-License-Identifier: MIT */
#pragma once
/* What can be told of the daemon: counters and states by name, and how each upstream fares. */
#include "resolver/crew.h"
#include "resolver/portal.h"
#include "resolver/query.h"
#include "transport/clock.h"

/* Of one worker. All borrowed. */
struct facts {
	/* Who must hold still while the facts of others are looked at; NULL: there are none. */
	struct crew *crew;
	const struct facts *next; /* of the next worker; NULL: that was the last one */
	struct loop *loop;
	struct queries *queries;
	struct snapshot *snapshot; /* the one of now */
	struct portal *portal;
	const struct clock *clock;
	uint64_t started_ms; /* on the loop's clock */
	/* How connections to upstreams began and ended. */
	uint64_t accepted, refused, unreachable, lost;
	uint64_t dnstap_dropped;
};

struct figure {
	const char *name;
	bool counter; /* it only grows */
	const char *text;
};

/* The rows of figures.def, and how many. */
extern const struct figure FIGURES[];
enum {
#define FIGURE(kind, name, value, text) FIGURE_##name,
#include "resolver/figures.def"
#undef FIGURE
	FIGURES_N
};

/* In the order of the table; of all workers, as all below. facts: of the first one. */
void figures_read(const struct facts *facts, uint64_t ret[FIGURES_N]);
/* Forgets all that is cached, and what DNSSEC has learnt of zones. */
void facts_flush(const struct facts *facts);

struct upstream_facts {
	const char *text; /* as it was configured */
	const char *protocol;
	const char *state;  /* "ready", "idle", "connecting", "resting" */
	const char *domain; /* the first one of its route; NULL: the default route */
	const char *why;    /* how it failed last; NULL: it did not, or has been ready since */
	enum readiness readiness; /* so is the state */
	bool refused;             /* that was its certificate's fault */
	bool timed;               /* the following is known */
	double mean_ms;           /* how long answers take */
	uint64_t late_ms;         /* after which one is late; UINT64_MAX: too few are known */
};

/* The upstream at `i` of all routes, the default one's first. False: there is none. What it
 * points to is borrowed from the snapshots: until the loop's next turn, and for as long as the
 * crew is held. Of several workers the best state counts; but what went wrong with one is told.
 */
bool figures_upstream(const struct facts *facts, size_t i, struct upstream_facts *ret);
