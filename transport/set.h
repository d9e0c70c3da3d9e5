/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The upstreams of a route in the order of preference: the first that can be trusted and
 * reached gets a query; if it fails, the next. When none is connected they are raced, the next
 * a moment after the one before (RFC 8305); an answer that is late is asked for elsewhere, too.
 * An exchange ends once: with an answer, or when nobody is left.
 */
#include "transport/upstream.h"

struct upstream_set;

#define UPSTREAMS_MAX 64

/* All borrowed until set_free(). */
struct set_params {
	const struct trust *trust;
	const struct clock *clock;
	struct trace *trace;
	struct netwatch *netwatch; /* NULL: nobody watches the network */
	enum post_quantum post_quantum;
	uint32_t budget_ms; /* of a query in all; its owner keeps the clock and cancels */
};

/* endpoints: moved: an array from malloc(), at most UPSTREAMS_MAX; freed with the set, also
 * when this fails. What they point to is borrowed. NULL: no memory. */
struct upstream_set *set_new(struct loop *loop, struct endpoint *endpoints, size_t n,
	const struct set_params *params);
/* No exchange may be under way; allowed in the done() of the last. NULL is allowed. */
void set_free(struct upstream_set *set);

/* The network has changed: connections whose way has, or all of them if `anyhow`, are given up
 * and made anew; what they owed is asked again. */
void set_network_changed(struct upstream_set *set, bool anyhow);
/* The endpoint at `i`; NULL past the last. */
const struct endpoint *set_endpoint(const struct upstream_set *set, size_t i);
/* How it fares, for who tells of it; NULL past the last. */
const struct upstream *set_upstream(const struct upstream_set *set, size_t i);
/* It has not failed since it was last of use. */
bool set_is_well(const struct upstream_set *set, size_t i);
/* Are all of them on this machine? */
bool set_is_local(const struct upstream_set *set);
/* It is there, now. One that had another address is given up. */
void set_address(
	struct upstream_set *set, size_t i, const uint8_t *address, size_t address_size);
/* It has none yet, but may have one within so long: who asks may wait. */
void set_expect_address(struct upstream_set *set, size_t i, uint32_t ms);
/* It was looked for in vain: who waits for it alone is told why. Nothing changes for one that
 * has an address. */
void set_lack_address(struct upstream_set *set, size_t i, const char *why);
/* Connects to the first already, so that a refusal is told before anybody asks. */
void set_dial(struct upstream_set *set);
/* exchange->done() is called later, never from within. */
void set_submit(struct upstream_set *set, struct exchange *exchange);
/* Before done(): it will not be called. Harmless for one that is not under way. */
void set_cancel(struct exchange *exchange);
