/* SPDX-License-Identifier: MIT */
#include "transport/set.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* An exchange goes out at most so often: to a server, again after that one closed, and
 * elsewhere. DNS queries are idempotent. */
enum { SENDS_MAX = 3 };

struct upstream_set {
	struct loop *loop;
	struct endpoint *endpoints;
	struct tls_context *context;
	struct upstream_params params;
	struct upstream_owner owner;
	struct upstream *upstreams[UPSTREAMS_MAX];
	size_t n;
	struct list parked; /* no upstream will do now, but one may in a moment */
	struct list ended;  /* to be told at the end of the turn */
	struct turn turn;
	unsigned turns_left; /* set_free() was called: until nothing refers to it any more */
};

static void finish_later(
	struct upstream_set *set, struct exchange *exchange, enum transport_err err)
{
	exchange->err = err;
	list_append(&set->ended, &exchange->node);
	loop_defer(set->loop, &set->turn);
}

/* The upstream whose failure says most: a refusal before anything else, then the first. */
static struct upstream *most_telling(const struct upstream_set *set)
{
	struct upstream *found = NULL;

	for (size_t i = 0; i < set->n; i++) {
		enum transport_err err = upstream_err(set->upstreams[i]);

		if (err == TRANSPORT_UNTRUSTED)
			return set->upstreams[i];
		if (err != TRANSPORT_OK && found == NULL)
			found = set->upstreams[i];
	}
	return found;
}

static void set_close(struct upstream_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		upstream_free(set->upstreams[i]);
	set->n = 0;
}

static void set_bury(struct upstream_set *set)
{
	tls_context_free(set->context);
	free(set->endpoints);
	free(set);
}

static void on_turn(struct turn *turn)
{
	struct upstream_set *set = container_of(turn, struct upstream_set, turn);

	while (!list_empty(&set->ended)) {
		struct exchange *exchange =
			container_of(set->ended.next, struct exchange, node);
		struct upstream *upstream = most_telling(set);
		char why[512];

		list_remove(&exchange->node);
		if (exchange->err == TRANSPORT_BUSY)
			snprintf(why, sizeof why, "too many queries under way");
		else if (upstream == NULL || exchange->err == TRANSPORT_NOMEM)
			snprintf(why, sizeof why, "out of memory");
		else
			snprintf(why, sizeof why, "%s: %s",
				set->endpoints[upstream_index(upstream)].text,
				upstream_why(upstream));
		exchange->why = why;
		exchange->done(exchange);
	}
	if (set->turns_left == 0)
		return;
	if (--set->turns_left == 0)
		set_bury(set);
	else
		loop_defer(set->loop, &set->turn);
}

static bool given_up(const struct exchange *exchange, size_t index)
{
	return (exchange->given_up >> index & 1) != 0;
}

/* The first good one; else one that is being tried. Who failed and has rested is tried beside,
 * so that a query waits for such a one only when there is no better. */
static struct upstream *choose(struct upstream_set *set, const struct exchange *exchange)
{
	struct upstream *second = NULL;

	for (size_t i = 0; i < set->n; i++) {
		struct upstream *upstream = set->upstreams[i];

		if (given_up(exchange, i))
			continue;
		if (upstream_health(upstream) == HEALTH_RESTED)
			upstream_dial(upstream);
		if (upstream_health(upstream) == HEALTH_GOOD)
			return upstream;
		if (upstream_health(upstream) == HEALTH_PROBING && second == NULL)
			second = upstream;
	}
	return second;
}

static bool any_recovers(const struct upstream_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (upstream_recovers(set->upstreams[i]))
			return true;
	return false;
}

static void place(struct upstream_set *set, struct exchange *exchange)
{
	struct upstream *upstream = choose(set, exchange);
	enum transport_err err;

	if (upstream != NULL) {
		err = upstream_submit(upstream, exchange);
		if (err != TRANSPORT_OK)
			finish_later(set, exchange, err);
		return;
	}
	if (exchange->sends < SENDS_MAX && any_recovers(set)) {
		exchange->given_up = 0;
		list_append(&set->parked, &exchange->node);
		return;
	}
	upstream = most_telling(set);
	finish_later(
		set, exchange, upstream != NULL ? upstream_err(upstream) : TRANSPORT_NOMEM);
}

static void on_failed(struct upstream_owner *owner, struct upstream *upstream,
	struct exchange *exchange, bool sent)
{
	struct upstream_set *set = container_of(owner, struct upstream_set, owner);
	uint64_t bit = UINT64_C(1) << upstream_index(upstream);

	/* A server may close a connection just when a query is on its way: once, it is asked
	 * again. */
	if (sent && (exchange->lost & bit) == 0)
		exchange->lost |= bit;
	else
		exchange->given_up |= bit;
	if (exchange->sends < SENDS_MAX)
		place(set, exchange);
	else
		finish_later(set, exchange, upstream_err(upstream));
}

static void on_ready(struct upstream_owner *owner, [[maybe_unused]] struct upstream *upstream)
{
	struct upstream_set *set = container_of(owner, struct upstream_set, owner);
	struct list parked;

	list_init(&parked);
	list_splice(&parked, &set->parked);
	while (!list_empty(&parked)) {
		struct exchange *exchange = container_of(parked.next, struct exchange, node);

		list_remove(&exchange->node);
		place(set, exchange);
	}
}

struct upstream_set *set_new(struct loop *loop, struct endpoint *endpoints, size_t n,
	const struct set_params *params)
{
	struct upstream_set *set = calloc(1, sizeof *set);

	assert(n <= UPSTREAMS_MAX);
	if (set == NULL) {
		free(endpoints);
		return NULL;
	}
	set->loop = loop;
	set->endpoints = endpoints;
	set->turn.run = on_turn;
	set->owner = (struct upstream_owner){.ready = on_ready, .failed = on_failed};
	list_init(&set->parked);
	list_init(&set->ended);
	set->context = tls_context_new(params->trust);
	set->params = (struct upstream_params){
		.conn = {.loop = loop,
			.context = set->context,
			.clock = params->clock,
			.limits = {.ready_ms = params->budget_ms * 2 / 5,
				.silent_ms = params->budget_ms / 2}},
		.trace = params->trace,
		.grace_ms = params->budget_ms,
		.owner = &set->owner,
	};
	for (; set->context != NULL && set->n < n; set->n++) {
		set->upstreams[set->n] =
			upstream_new(&endpoints[set->n], &set->params, (unsigned)set->n);
		if (set->upstreams[set->n] == NULL)
			break;
	}
	if (set->context == NULL || set->n < n) {
		set_close(set);
		set_bury(set);
		return NULL;
	}
	return set;
}

void set_free(struct upstream_set *set)
{
	if (set == NULL)
		return;
	assert(list_empty(&set->parked) && list_empty(&set->ended));
	set_close(set);
	/* The connections free themselves at the end of this turn, and hold the context until
	 * then: they are queued behind our turn if that is queued already. */
	set->turns_left = 2;
	loop_defer(set->loop, &set->turn);
}

void set_dial(struct upstream_set *set)
{
	if (set->n > 0)
		upstream_dial(set->upstreams[0]);
}

void set_submit(struct upstream_set *set, struct exchange *exchange)
{
	list_init(&exchange->node);
	exchange->upstream = NULL;
	exchange->lost = exchange->given_up = 0;
	exchange->sends = 0;
	exchange->sent = false;
	place(set, exchange);
}

void set_cancel(struct exchange *exchange)
{
	if (exchange->upstream != NULL)
		upstream_cancel(exchange->upstream, exchange);
	else
		list_remove(&exchange->node);
}
