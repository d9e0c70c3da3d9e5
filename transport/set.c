/* SPDX-License-Identifier: MIT */
#include "transport/set.h"
#include "transport/race.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* An exchange goes out at most so often: to a server, again after that one closed, and
	 * elsewhere. DNS queries are idempotent. */
	SENDS_MAX = 5,
	RACE_STEP_MS = 250, /* RFC 8305 section 5 */
	/* How often one of those that are not asked is asked, too; one that is not known yet is
	 * connected to, and asked, sooner. */
	MEASURE_MS = 60000,
	LEARN_DIAL_MS = 5000,
	LEARN_ASK_MS = 250,
};

/* Queries that are asked twice only because the first answer is late: one of twenty. */
static const double EXTRA_EARNED = 0.05, EXTRA_MAX = 10;

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
	struct timer race_timer;
	bool racing;
	double extra; /* queries that may be asked twice now */
	uint64_t measure_ms;
	uint64_t slept_ms, looked_ms;
	unsigned turns_left; /* set_free() was called: until nothing refers to it any more */
};

static void finish_later(
	struct upstream_set *set, struct exchange *exchange, enum transport_err err)
{
	/* What failed may have been forgiven since: an end without an answer is never OK. */
	exchange->err = err != TRANSPORT_OK ? err : TRANSPORT_LOST;
	list_remove(&exchange->node);
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

static enum transport_err err_of_all(const struct upstream_set *set)
{
	const struct upstream *upstream = most_telling(set);

	return upstream != NULL ? upstream_err(upstream) : TRANSPORT_TIMEOUT;
}

static void set_close(struct upstream_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		upstream_free(set->upstreams[i]);
	set->n = 0;
	timer_done(&set->race_timer);
}

static void set_bury(struct upstream_set *set)
{
	tls_context_free(set->context);
	free(set->endpoints);
	free(set);
}

static void tell_end(struct upstream_set *set, struct exchange *exchange)
{
	struct upstream *upstream = most_telling(set);
	char why[512];

	if (exchange->err == TRANSPORT_BUSY)
		snprintf(why, sizeof why, "too many queries under way");
	else if (exchange->err == TRANSPORT_NOMEM)
		snprintf(why, sizeof why, "out of memory");
	else if (upstream == NULL)
		snprintf(why, sizeof why, "no upstream answers");
	else
		snprintf(why, sizeof why, "%s: %s",
			set->endpoints[upstream_index(upstream)].text, upstream_why(upstream));
	exchange->why = why;
	exchange->set = NULL;
	exchange->done(exchange);
}

static void on_turn(struct turn *turn)
{
	struct upstream_set *set = container_of(turn, struct upstream_set, turn);

	while (!list_empty(&set->ended)) {
		struct exchange *exchange =
			container_of(set->ended.next, struct exchange, node);

		list_remove(&exchange->node);
		tell_end(set, exchange);
	}
	if (set->turns_left == 0)
		return;
	if (--set->turns_left == 0)
		set_bury(set);
	else
		loop_defer(set->loop, &set->turn);
}

static bool any_is(const struct upstream_set *set, enum readiness readiness)
{
	for (size_t i = 0; i < set->n; i++)
		if (upstream_readiness(set->upstreams[i]) == readiness)
			return true;
	return false;
}

static bool any_recovers(const struct upstream_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (upstream_recovers(set->upstreams[i]))
			return true;
	return false;
}

/* Dials the next, and sets the time for the one after. */
static void race_on(struct upstream_set *set)
{
	struct upstream *next = race_next(set->upstreams, set->n, 0);

	if (next != NULL)
		upstream_dial(next);
	set->racing = timer_start(set->loop, &set->race_timer, RACE_STEP_MS);
}

static void on_race_timer(struct timer *timer)
{
	struct upstream_set *set = container_of(timer, struct upstream_set, race_timer);

	set->racing = false;
	if (!list_empty(&set->parked))
		race_on(set);
}

/* Waits for whoever is ready first. */
static void park(struct upstream_set *set, struct exchange *exchange)
{
	list_append(&set->parked, &exchange->node);
	if (!set->racing || !any_is(set, UPSTREAM_DIALING))
		race_on(set);
}

/* Nobody takes it now. May somebody in a moment? */
static bool is_hopeful(const struct upstream_set *set, const struct exchange *exchange)
{
	return any_is(set, UPSTREAM_DIALING) ||
	       race_next(set->upstreams, set->n, exchange->given_up) != NULL ||
	       any_recovers(set);
}

/* To the best who takes it. TRANSPORT_WAIT: nobody was asked. */
static enum transport_err send_to_best(struct upstream_set *set, struct exchange *exchange)
{
	struct attempt *attempt = exchange_free_attempt(exchange);
	uint64_t excluded = exchange_not_for(exchange);
	enum transport_err err = TRANSPORT_WAIT;
	struct upstream *upstream;

	while (attempt != NULL &&
		(upstream = race_best(set->upstreams, set->n, excluded)) != NULL) {
		err = exchange_send(exchange, attempt, upstream);
		if (err == TRANSPORT_OK)
			break;
		excluded |= UINT64_C(1) << upstream_index(upstream);
	}
	return err;
}

static void place(struct upstream_set *set, struct exchange *exchange)
{
	enum transport_err err = send_to_best(set, exchange);

	if (err == TRANSPORT_OK)
		return;
	if (exchange->sends < SENDS_MAX && is_hopeful(set, exchange)) {
		if (any_recovers(set))
			exchange->given_up = 0;
		park(set, exchange);
	} else if (!exchange_is_under_way(exchange)) {
		finish_later(set, exchange, err == TRANSPORT_WAIT ? err_of_all(set) : err);
	}
}

/* Everybody who waits is placed anew. */
static void place_parked(struct upstream_set *set)
{
	struct list parked;

	list_init(&parked);
	list_splice(&parked, &set->parked);
	while (!list_empty(&parked)) {
		struct exchange *exchange = container_of(parked.next, struct exchange, node);

		list_remove(&exchange->node);
		place(set, exchange);
	}
}

static struct upstream_set *set_of(struct upstream_owner *owner)
{
	return container_of(owner, struct upstream_set, owner);
}

static void on_ready(struct upstream_owner *owner, struct upstream *upstream)
{
	struct upstream_set *set = set_of(owner);

	if (race_has_to_learn(upstream))
		set->measure_ms = 0;
	place_parked(set);
}

/* It failed, or has rested: the next in its place at once, if somebody waits. */
static void on_changed(struct upstream_owner *owner, [[maybe_unused]] struct upstream *upstream)
{
	struct upstream_set *set = set_of(owner);

	if (list_empty(&set->parked))
		return;
	race_on(set);
	place_parked(set);
}

static void on_answered(
	struct upstream_owner *owner, struct attempt *attempt, const struct framing_news *news)
{
	struct upstream_set *set = set_of(owner);
	struct exchange *exchange = attempt->exchange;

	set->extra += set->extra < EXTRA_MAX ? EXTRA_EARNED : 0;
	exchange_recall(exchange);
	list_remove(&exchange->node);
	exchange->set = NULL;
	exchange->err = TRANSPORT_OK;
	exchange->answer = news->answer;
	exchange->age_s = news->age_s;
	exchange->max_age_s = news->max_age_s;
	exchange->done(exchange);
}

static void on_failed(struct upstream_owner *owner, struct upstream *upstream,
	struct attempt *attempt, enum retry retry)
{
	struct upstream_set *set = set_of(owner);
	struct exchange *exchange = attempt->exchange;
	uint64_t bit = UINT64_C(1) << upstream_index(upstream);

	/* A server may close a connection just when a query is on its way: once, it is asked
	 * again; and more often while it answers others. */
	if (retry == RETRY_ELSEWHERE || (exchange->lost & bit) != 0)
		exchange->given_up |= bit;
	else if (retry == RETRY_ONCE || !upstream_answered_since(upstream, attempt->sent_ms))
		exchange->lost |= bit;
	if (exchange_is_hopeful(exchange) || !list_empty(&exchange->node))
		return;
	if (exchange->sends < SENDS_MAX)
		place(set, exchange);
	else if (!exchange_is_under_way(exchange))
		finish_later(set, exchange, upstream_err(upstream));
}

/* Asks a second one as well, if that is allowed now and there is one. */
static void ask_another(struct upstream_set *set, struct exchange *exchange)
{
	struct attempt *attempt = exchange_free_attempt(exchange);
	struct upstream *upstream;

	if (attempt == NULL || set->extra < 1)
		return;
	upstream = race_best(set->upstreams, set->n, exchange_not_for(exchange));
	if (upstream != NULL) {
		set->extra -= 1;
		(void)!exchange_send(exchange, attempt, upstream);
	} else if (!any_is(set, UPSTREAM_DIALING)) {
		/* For the next one that is late. */
		upstream = race_next(set->upstreams, set->n, exchange_not_for(exchange));
		if (upstream != NULL)
			upstream_dial(upstream);
	}
}

static void on_late(struct upstream_owner *owner, struct upstream *upstream,
	struct attempt *attempt, enum lateness lateness)
{
	struct upstream_set *set = set_of(owner);
	struct exchange *exchange = attempt->exchange;

	if (upstream_is_silent(upstream))
		set->measure_ms = 0;
	if (lateness == LATE_FOR_ONE) {
		ask_another(set, exchange);
		return;
	}
	/* Not lost yet, but it is asked again as if it were; if it is asked twice already, in
	 * place of what is stalled. */
	if (lateness == LATE_STALLED)
		exchange->lost |= UINT64_C(1) << upstream_index(upstream);
	if (!list_empty(&exchange->node) || exchange->sends >= SENDS_MAX)
		return;
	if (lateness == LATE_STALLED && !exchange_is_hopeful(exchange) &&
		exchange_free_attempt(exchange) == NULL)
		upstream_cancel(attempt);
	if (exchange_free_attempt(exchange) != NULL)
		place(set, exchange);
}

/* One of those who are not asked is, now and then, so that what is known of them is true; with
 * a query that somebody else answers. */
static void measure_others(struct upstream_set *set, struct exchange *exchange)
{
	struct attempt *attempt = exchange_free_attempt(exchange);
	uint64_t now = loop_now_ms(set->loop);
	struct upstream *other;
	bool known;

	if (now < set->measure_ms || set->extra < 1 || attempt == NULL ||
		!exchange_is_under_way(exchange))
		return;
	set->measure_ms = now + MEASURE_MS;
	other = race_least_known(set->upstreams, set->n, exchange_not_for(exchange));
	if (other == NULL)
		return;
	known = pace_is_known(upstream_pace(other));
	if (upstream_readiness(other) == UPSTREAM_READY) {
		set->extra -= 1;
		(void)!exchange_send(exchange, attempt, other);
		if (!known)
			set->measure_ms = now + LEARN_ASK_MS;
	} else {
		upstream_dial(other);
		if (!known)
			set->measure_ms = now + LEARN_DIAL_MS;
	}
}

/* Those in front of whoever is asked now are tried beside, unless it is for their slowness that
 * they are not. */
static void retry_better(struct upstream_set *set, const struct exchange *exchange)
{
	const struct upstream *asked = exchange->attempts[0].upstream;

	if (asked == NULL)
		return;
	for (size_t i = 0; i < set->n && set->upstreams[i] != asked; i++)
		if (!pace_is_better(upstream_pace(asked), upstream_pace(set->upstreams[i])))
			upstream_dial(set->upstreams[i]);
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
	set->race_timer.fired = on_race_timer;
	set->owner = (struct upstream_owner){.ready = on_ready,
		.changed = on_changed,
		.answered = on_answered,
		.failed = on_failed,
		.late = on_late};
	set->extra = EXTRA_MAX;
	set->measure_ms = loop_now_ms(loop) + LEARN_DIAL_MS;
	set->slept_ms = net_slept_ms();
	list_init(&set->parked);
	list_init(&set->ended);
	set->context = tls_context_new(params->trust, params->post_quantum);
	set->params = (struct upstream_params){
		.conn = {.loop = loop,
			.context = set->context,
			.clock = params->clock,
			.limits = {.ready_ms = params->budget_ms * 2 / 5,
				.silent_ms = params->budget_ms / 2}},
		.trace = params->trace,
		.netwatch = params->netwatch,
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
	if (!any_is(set, UPSTREAM_READY))
		race_on(set);
}

/* Who was under way is asked again, when all that is gone has been given up. That is nobody's
 * fault, and does not count. */
static void ask_again(struct upstream_set *set, struct list *orphans)
{
	while (!list_empty(orphans)) {
		struct attempt *attempt = container_of(orphans->next, struct attempt, node);
		struct exchange *exchange = attempt->exchange;

		list_remove(&attempt->node);
		exchange->sends -= exchange->sends > 0 ? 1 : 0;
		if (!exchange_is_hopeful(exchange) && list_empty(&exchange->node))
			list_append(&set->parked, &exchange->node);
	}
	place_parked(set);
}

void set_network_changed(struct upstream_set *set, bool anyhow)
{
	struct list orphans;
	bool changed = false;

	list_init(&orphans);
	for (size_t i = 0; i < set->n; i++)
		changed |= upstream_way_changed(set->upstreams[i], anyhow, &orphans);
	if (!changed)
		return;
	ask_again(set, &orphans);
	if (!any_is(set, UPSTREAM_READY) && !any_is(set, UPSTREAM_DIALING))
		set_dial(set);
}

const struct endpoint *set_endpoint(const struct upstream_set *set, size_t i)
{
	return i < set->n ? &set->endpoints[i] : NULL;
}

bool set_is_local(const struct upstream_set *set)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	for (size_t i = 0; i < set->n; i++) {
		const struct subject *subject = &set->endpoints[i].subject;

		if (subject->address_size == 4 ? subject->address[0] != 127
					       : memcmp(subject->address, loopback6, 16) != 0)
			return false;
	}
	return true;
}

const struct upstream *set_upstream(const struct upstream_set *set, size_t i)
{
	return i < set->n ? set->upstreams[i] : NULL;
}

bool set_is_well(const struct upstream_set *set, size_t i)
{
	return upstream_err(set->upstreams[i]) == TRANSPORT_OK;
}

void set_address(
	struct upstream_set *set, size_t i, const uint8_t *address, size_t address_size)
{
	struct subject *subject = &set->endpoints[i].subject;
	struct list orphans;

	if (subject->address_size == address_size &&
		memcmp(subject->address, address, address_size) == 0)
		return;
	memcpy(subject->address, address, address_size);
	subject->address_size = address_size;
	list_init(&orphans);
	upstream_way_changed(set->upstreams[i], true, &orphans);
	ask_again(set, &orphans);
}

void set_expect_address(struct upstream_set *set, size_t i, uint32_t ms)
{
	upstream_expect_address(set->upstreams[i], ms);
}

void set_lack_address(struct upstream_set *set, size_t i, const char *why)
{
	upstream_lack_address(set->upstreams[i], why);
	place_parked(set);
}

/* After a suspend nothing is left of the connections, though nobody has closed them. */
static void look_whether_slept(struct upstream_set *set)
{
	uint64_t now = loop_now_ms(set->loop), slept;

	if (now == set->looked_ms)
		return;
	set->looked_ms = now;
	slept = net_slept_ms();
	if (slept > set->slept_ms + 1000)
		set_network_changed(set, true);
	set->slept_ms = slept;
}

void set_submit(struct upstream_set *set, struct exchange *exchange)
{
	look_whether_slept(set);
	exchange->set = set;
	exchange_begin(exchange);
	place(set, exchange);
	if (set->n > 1) {
		retry_better(set, exchange);
		measure_others(set, exchange);
	}
}

void set_cancel(struct exchange *exchange)
{
	if (exchange->set == NULL)
		return;
	exchange_recall(exchange);
	list_remove(&exchange->node);
	exchange->set = NULL;
}
