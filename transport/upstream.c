/* SPDX-License-Identifier: MIT */
#include "transport/upstream.h"
#include "transport/upstream_inside.h"
#include <assert.h>
#include <stdlib.h>

static bool is_plain(const struct upstream *upstream)
{
	return upstream->endpoint->protocol == PROTOCOL_PLAIN;
}

void upstream_note_vain(struct upstream *upstream)
{
	if (++upstream->vain >= UPSTREAM_VAIN_MAX)
		standing_doubt(&upstream->standing);
}

void upstream_note_answer(struct upstream *upstream, const struct attempt *attempt)
{
	pace_add(&upstream->pace, upstream_now_ms(upstream) - attempt->sent_ms,
		upstream_now_ms(upstream));
	attempt->exchange->by = upstream->endpoint;
	upstream->answered_ms = upstream->well_ms = upstream_now_ms(upstream);
	upstream->vain = 0;
	standing_praise(&upstream->standing);
}

void upstream_release(struct attempt *attempt)
{
	list_remove(&attempt->node);
	attempt->upstream = NULL;
	attempt->carrier = NULL;
}

static void on_rested(struct timer *timer)
{
	struct upstream *upstream = container_of(timer, struct upstream, standing.timer);
	struct upstream_owner *owner = upstream->params->owner;

	standing_rested(&upstream->standing);
	if (upstream_recovers(upstream))
		upstream_dial(upstream);
	owner->changed(owner, upstream);
}

struct upstream *upstream_new(
	const struct endpoint *endpoint, const struct upstream_params *params, unsigned index)
{
	struct upstream *upstream = calloc(1, sizeof *upstream);

	if (upstream == NULL)
		return NULL;
	upstream->endpoint = endpoint;
	upstream->params = params;
	upstream->index = index;
	upstream->idle_limit_ms = UPSTREAM_IDLE_MS;
	standing_init(&upstream->standing, params->conn.loop, params->trace, endpoint);
	upstream->standing.timer.fired = on_rested;
	if (!upstream_has_address(upstream))
		upstream_lack_address(upstream, "its address is not known yet");
	upstream_hear(upstream);
	return upstream;
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	for (size_t i = 0; i < UPSTREAM_LINKS_MAX; i++)
		if (upstream->links[i].conn != NULL)
			conn_close(upstream->links[i].conn);
	standing_done(&upstream->standing);
	waiting_done(&upstream->waiting);
	ticket_free(upstream->ticket);
	free(upstream->lacking);
	free(upstream);
}

void upstream_dial(struct upstream *upstream)
{
	if (upstream_readiness(upstream) == UPSTREAM_IDLE)
		upstream_connect(upstream);
}

enum transport_err upstream_submit(struct upstream *upstream, struct attempt *attempt)
{
	enum transport_err err;

	assert(upstream_readiness(upstream) == UPSTREAM_READY);
	if (is_plain(upstream)) {
		err = upstream_ask_plainly(upstream, attempt);
	} else {
		attempt->carrier = upstream->current;
		err = conn_submit(upstream->current->conn, attempt);
	}
	if (err != TRANSPORT_OK)
		return err;
	attempt->upstream = upstream;
	attempt->stalled = false;
	waiting_add(&upstream->waiting, attempt);
	return TRANSPORT_OK;
}

void upstream_cancel(struct attempt *attempt)
{
	if (is_plain(attempt->upstream)) {
		upstream_cancel_plainly(attempt);
	} else {
		struct link *link = attempt->carrier;

		conn_cancel(link->conn, attempt);
	}
	upstream_release(attempt);
}

bool upstream_way_changed(struct upstream *upstream, bool anyhow, struct list *orphans)
{
	struct net_path path = upstream->path;

	upstream_look_at_path(upstream, &path);
	if (!anyhow && net_path_same(&path, &upstream->path))
		return false;
	upstream->path = path;
	for (size_t i = 0; i < UPSTREAM_LINKS_MAX; i++)
		if (upstream->links[i].conn != NULL)
			upstream_drop(&upstream->links[i], orphans);
	upstream->patience = upstream->vain = 0;
	if (!upstream_has_address(upstream))
		return true;
	standing_forgive(&upstream->standing);
	standing_hope(&upstream->standing, upstream->params->grace_ms);
	return true;
}

void upstream_expect_address(struct upstream *upstream, uint32_t ms)
{
	if (!upstream_has_address(upstream))
		standing_hope(&upstream->standing, ms);
}

void upstream_lack_address(struct upstream *upstream, const char *why)
{
	if (upstream_has_address(upstream))
		return;
	standing_blame(&upstream->standing, TRANSPORT_UNREACHABLE, why);
	standing_hope(&upstream->standing, 0);
}

enum readiness upstream_readiness(const struct upstream *upstream)
{
	if (upstream->current != NULL && conn_is_ready(upstream->current->conn))
		return upstream->standing.resting ? UPSTREAM_RESTING : UPSTREAM_READY;
	if (upstream->current != NULL)
		return UPSTREAM_DIALING;
	if (upstream->standing.resting || !upstream_has_address(upstream))
		return UPSTREAM_RESTING;
	return is_plain(upstream) ? UPSTREAM_READY : UPSTREAM_IDLE;
}

bool upstream_is_doubtful(const struct upstream *upstream)
{
	return upstream->standing.failures > 0;
}

bool upstream_is_silent(const struct upstream *upstream)
{
	const struct link *link = upstream->current;

	return link != NULL && upstream->suspect_ms > 0 && conn_is_ready(link->conn) &&
	       conn_heard_ms(link->conn) <= upstream->suspect_ms;
}

bool upstream_recovers(const struct upstream *upstream)
{
	return standing_hopes(&upstream->standing);
}

bool upstream_answered_since(const struct upstream *upstream, uint64_t ms)
{
	return upstream->answered_ms > 0 && upstream->answered_ms >= ms;
}

unsigned upstream_index(const struct upstream *upstream)
{
	return upstream->index;
}

const struct endpoint *upstream_endpoint(const struct upstream *upstream)
{
	return upstream->endpoint;
}

const struct pace *upstream_pace(const struct upstream *upstream)
{
	return &upstream->pace;
}

enum transport_err upstream_err(const struct upstream *upstream)
{
	return upstream->standing.err;
}

const char *upstream_why(const struct upstream *upstream)
{
	return upstream->standing.why;
}
