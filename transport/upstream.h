/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One server: its connection, made when it is needed and made again when it is lost; the
 * exchanges that wait for it; and how it fares. Which server gets an exchange is not its
 * business: set.h.
 */
#include "transport/conn.h"
#include "transport/trace.h"

/* In the order in which one would choose. */
enum health {
	HEALTH_GOOD,    /* connected, or nothing speaks against it */
	HEALTH_PROBING, /* it failed; a connection is being tried */
	HEALTH_RESTING, /* it failed; not to be tried yet */
	HEALTH_RESTED,  /* it failed; may be tried again */
};

struct upstream_owner {
	void (*ready)(struct upstream_owner *, struct upstream *);
	/* The exchange is nobody's any more; the upstream's words for it: upstream_err(),
	 * _why(). `sent`: the server may have seen it. */
	void (*failed)(
		struct upstream_owner *, struct upstream *, struct exchange *, bool sent);
};

/* What all upstreams of a set share. */
struct upstream_params {
	struct conn_params conn;
	struct trace *trace;
	uint32_t grace_ms; /* how long after a loss queries may hope for a new connection */
	struct upstream_owner *owner;
};

/* endpoint and params are borrowed until upstream_free(). NULL: no memory. */
struct upstream *upstream_new(
	const struct endpoint *endpoint, const struct upstream_params *params, unsigned index);
/* Nothing may be waiting in it. */
void upstream_free(struct upstream *upstream);

/* Connects, unless it is connected, connecting, or resting. */
void upstream_dial(struct upstream *upstream);
/* TRANSPORT_BUSY or TRANSPORT_NOMEM: not taken. */
enum transport_err upstream_submit(struct upstream *upstream, struct exchange *exchange);
void upstream_cancel(struct upstream *upstream, struct exchange *exchange);

enum health upstream_health(const struct upstream *upstream);
/* It was lost a moment ago, and is being tried again on its own. */
bool upstream_recovers(const struct upstream *upstream);
unsigned upstream_index(const struct upstream *upstream);
/* How it failed last: TRANSPORT_OK if it did not, or has been ready since. */
enum transport_err upstream_err(const struct upstream *upstream);
const char *upstream_why(const struct upstream *upstream);
