/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One server: its connections, made when they are needed and made again when they are lost; the
 * attempts that it has; and how it fares. Which server gets an exchange is not its business:
 * set.h.
 */
#include "transport/conn.h"
#include "transport/netwatch.h"
#include "transport/pace.h"
#include "transport/trace.h"

enum readiness {
	UPSTREAM_READY,   /* takes attempts */
	UPSTREAM_IDLE,    /* may be dialled */
	UPSTREAM_DIALING, /* is being dialled */
	UPSTREAM_RESTING, /* it failed; not to be dialled yet */
};

enum lateness {
	LATE_FOR_ONE, /* it takes longer than most */
	LATE_FOR_ALL, /* and very long; nothing that was asked since has been answered */
	LATE_STALLED, /* its connection says nothing at all */
};

struct upstream_owner {
	void (*ready)(struct upstream_owner *, struct upstream *);
	/* It was dialled in vain, or has rested from that. */
	void (*changed)(struct upstream_owner *, struct upstream *);
	/* The attempt is nobody's any more. */
	void (*answered)(
		struct upstream_owner *, struct attempt *, const struct framing_news *);
	/* So too; upstream_err() and _why() tell why. */
	void (*failed)(
		struct upstream_owner *, struct upstream *, struct attempt *, enum retry);
	/* It is still under way; each kind is told once of an attempt, at most. */
	void (*late)(
		struct upstream_owner *, struct upstream *, struct attempt *, enum lateness);
};

/* What all upstreams of a set share. */
struct upstream_params {
	struct conn_params conn;
	struct trace *trace;
	struct netwatch *netwatch; /* NULL: none */
	uint32_t grace_ms; /* how long after a loss queries may hope for a new connection */
	struct upstream_owner *owner;
};

/* endpoint and params are borrowed until upstream_free(). NULL: no memory. */
struct upstream *upstream_new(
	const struct endpoint *endpoint, const struct upstream_params *params, unsigned index);
/* No attempt may be in it. */
void upstream_free(struct upstream *upstream);

/* Connects, if it is idle. */
void upstream_dial(struct upstream *upstream);
/* Only when ready. The attempt's exchange is set. TRANSPORT_BUSY or TRANSPORT_NOMEM: not taken.
 */
enum transport_err upstream_submit(struct upstream *upstream, struct attempt *attempt);
void upstream_cancel(struct attempt *attempt);
/* The network has changed: if the way to it has, or `anyhow`, its connections are given up, and
 * what spoke against it is forgotten. True: so it was. What it had is put into `orphans`. */
bool upstream_way_changed(struct upstream *upstream, bool anyhow, struct list *orphans);
/* One without an address: it may have one within so long; it was looked for in vain. */
void upstream_expect_address(struct upstream *upstream, uint32_t ms);
void upstream_lack_address(struct upstream *upstream, const char *why);

enum readiness upstream_readiness(const struct upstream *upstream);
/* It has failed, and has not been of use since. */
bool upstream_is_doubtful(const struct upstream *upstream);
/* It is not heard, though answers are late. */
bool upstream_is_silent(const struct upstream *upstream);
/* It was lost a moment ago, and is being tried again on its own. */
bool upstream_recovers(const struct upstream *upstream);
unsigned upstream_index(const struct upstream *upstream);
const struct endpoint *upstream_endpoint(const struct upstream *upstream);
/* Has it answered anything since then? */
bool upstream_answered_since(const struct upstream *upstream, uint64_t ms);
/* How long its answers take. */
const struct pace *upstream_pace(const struct upstream *upstream);
/* How it failed last: TRANSPORT_OK if it did not, or has been ready since. */
enum transport_err upstream_err(const struct upstream *upstream);
const char *upstream_why(const struct upstream *upstream);
