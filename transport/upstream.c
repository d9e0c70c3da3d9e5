/* SPDX-License-Identifier: MIT */
#include "transport/upstream.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a failed server rests: doubled with each failure. One whose certificate was refused
 * is asked again much later: it has to change first. */
enum {
	REST_MS = 100,
	REST_MAX_MS = 5000,
	REST_REFUSED_MS = 1000,
	REST_REFUSED_MAX_MS = 60000,
};

struct upstream {
	const struct endpoint *endpoint;
	const struct upstream_params *params;
	unsigned index;
	struct conn_owner conn_owner;
	struct conn *conn;   /* NULL: none */
	struct list waiting; /* exchanges, until the connection is ready */
	struct timer rest;
	bool resting;
	unsigned failures;      /* since it was last of use */
	uint64_t hope_until_ms; /* 0: it was not lost, or never connected */
	enum transport_err err;
	char why[320];
	/* Certificates rarely lack SCTs, so a server is asked for more of them only when its
	 * own did not suffice; and from then on. */
	bool asks_scts;
	struct verdict *lacking; /* how it was refused before it was asked; else NULL */
	bool told;               /* the fields below say what */
	enum trace_kind told_kind;
	char told_why[320];
};

static void tell(struct upstream *upstream, enum trace_kind kind, const struct verdict *verdict)
{
	bool good = kind == TRACE_ACCEPTED;
	const char *why = good ? "" : upstream->why;
	struct wire der[VERIFY_CHAIN_MAX + 1];
	struct trace_event event = {
		.kind = kind,
		.upstream = upstream->endpoint->text,
		.repeated = upstream->told && upstream->told_kind == kind &&
			    strcmp(upstream->told_why, why) == 0,
		.why = good ? NULL : why,
		.verdict = verdict,
		.tls = conn_tls(upstream->conn),
		.der = der,
		.n_der = conn_certificates(upstream->conn, der),
	};

	upstream->told = true;
	upstream->told_kind = kind;
	snprintf(upstream->told_why, sizeof upstream->told_why, "%s", why);
	upstream->params->trace->tell(upstream->params->trace, &event);
}

static void rest(struct upstream *upstream)
{
	bool refused = upstream->err == TRANSPORT_UNTRUSTED;
	uint64_t ms = refused ? REST_REFUSED_MS : REST_MS;
	uint64_t most = refused ? REST_REFUSED_MAX_MS : REST_MAX_MS;

	for (unsigned i = 0; i < upstream->failures && ms < most; i++)
		ms *= 2;
	upstream->failures++;
	upstream->resting = timer_start(
		upstream->params->conn.loop, &upstream->rest, ms < most ? ms : most);
}

static enum trace_kind kind_of(enum transport_err err, bool was_ready)
{
	if (err == TRANSPORT_UNTRUSTED)
		return TRACE_REFUSED;
	return was_ready ? TRACE_LOST : TRACE_UNREACHABLE;
}

static void note_failure(struct upstream *upstream, enum transport_err err, bool was_ready)
{
	const struct verdict *verdict = conn_verdict(upstream->conn);
	const char *why = conn_why(upstream->conn);
	bool in_vain =
		upstream->lacking != NULL && (err == TRANSPORT_TLS || err == TRANSPORT_LOST);

	/* A server that cannot bear to be asked: its refusal stands. */
	if (in_vain) {
		struct verify_check *ct = &upstream->lacking->ct;
		size_t used = strlen(ct->reason);

		snprintf(ct->reason + used, sizeof ct->reason - used,
			"; asked for SCTs by TLS: %s", why);
		verdict = upstream->lacking;
		why = ct->reason;
		err = TRANSPORT_UNTRUSTED;
	}
	upstream->err = err;
	snprintf(upstream->why, sizeof upstream->why, "%s%s",
		err == TRANSPORT_UNTRUSTED ? "certificate refused: " : "", why);
	tell(upstream, kind_of(err, was_ready), err == TRANSPORT_UNTRUSTED ? verdict : NULL);
}

/* Refused for want of SCTs alone: it may have others, for those who ask (RFC 6962 section
 * 3.3.1). So it is dialled once more; those who wait for it wait on. */
static bool ask_for_scts(struct upstream *upstream, enum transport_err err)
{
	const struct verdict *verdict = conn_verdict(upstream->conn);
	struct verdict *lacking;

	if (err != TRANSPORT_UNTRUSTED || upstream->asks_scts || !verdict_lacks_scts(verdict))
		return false;
	lacking = malloc(sizeof *lacking);
	if (lacking == NULL)
		return false;
	*lacking = *verdict;
	free(upstream->lacking);
	upstream->lacking = lacking;
	upstream->asks_scts = true;
	upstream->conn = NULL;
	upstream_dial(upstream);
	return upstream->conn != NULL;
}

static void forget_lacking(struct upstream *upstream)
{
	free(upstream->lacking);
	upstream->lacking = NULL;
}

static void give_back(struct upstream *upstream, struct list *exchanges, bool sent)
{
	while (!list_empty(exchanges)) {
		struct exchange *exchange =
			container_of(exchanges->next, struct exchange, node);

		list_remove(&exchange->node);
		exchange->upstream = NULL;
		upstream->params->owner->failed(
			upstream->params->owner, upstream, exchange, sent);
	}
}

static void on_ended(struct conn_owner *owner, enum transport_err err)
{
	struct upstream *upstream = container_of(owner, struct upstream, conn_owner);
	bool was_ready = conn_was_ready(upstream->conn);
	bool useful = conn_was_useful(upstream->conn);
	struct conn *conn = upstream->conn;
	struct exchange *exchange;
	struct list orphans;
	bool idle;

	if (ask_for_scts(upstream, err))
		return;
	upstream->conn = conn;
	list_init(&orphans);
	while ((exchange = conn_take(upstream->conn)) != NULL)
		list_append(&orphans, &exchange->node);
	list_splice(&orphans, &upstream->waiting);
	idle = list_empty(&orphans);

	/* That a server closes a connection which nobody uses is no failure. */
	if (!was_ready || !idle)
		note_failure(upstream, err, was_ready);
	if (!was_ready && err != TRANSPORT_UNREACHABLE && err != TRANSPORT_TIMEOUT)
		upstream->asks_scts =
			false; /* not refused for that, or in vain: from the start */
	forget_lacking(upstream);
	if (was_ready && !idle)
		upstream->hope_until_ms =
			loop_now_ms(upstream->params->conn.loop) + upstream->params->grace_ms;
	upstream->conn = NULL;
	if (!was_ready || (!useful && !idle))
		rest(upstream);
	give_back(upstream, &orphans, was_ready);
}

static void on_ready(struct conn_owner *owner)
{
	struct upstream *upstream = container_of(owner, struct upstream, conn_owner);
	struct list ready;

	upstream->err = TRANSPORT_OK;
	forget_lacking(upstream);
	tell(upstream, TRACE_ACCEPTED, conn_verdict(upstream->conn));
	list_init(&ready);
	list_splice(&ready, &upstream->waiting);
	while (!list_empty(&ready)) {
		struct exchange *exchange = container_of(ready.next, struct exchange, node);

		list_remove(&exchange->node);
		if (upstream_submit(upstream, exchange) == TRANSPORT_OK)
			continue;
		exchange->upstream = NULL;
		upstream->params->owner->failed(
			upstream->params->owner, upstream, exchange, false);
	}
	upstream->params->owner->ready(upstream->params->owner, upstream);
}

static void on_answered(struct conn_owner *owner, struct exchange *exchange, struct wire answer)
{
	struct upstream *upstream = container_of(owner, struct upstream, conn_owner);

	upstream->failures = 0;
	upstream->hope_until_ms = 0;
	exchange->upstream = NULL;
	exchange->err = TRANSPORT_OK;
	exchange->answer = answer;
	exchange->done(exchange);
}

static void on_rested(struct timer *timer)
{
	struct upstream *upstream = container_of(timer, struct upstream, rest);

	upstream->resting = false;
	if (upstream_recovers(upstream))
		upstream_dial(upstream);
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
	upstream->conn_owner.ready = on_ready;
	upstream->conn_owner.answered = on_answered;
	upstream->conn_owner.ended = on_ended;
	upstream->rest.fired = on_rested;
	list_init(&upstream->waiting);
	return upstream;
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	assert(list_empty(&upstream->waiting));
	if (upstream->conn != NULL)
		conn_close(upstream->conn);
	timer_done(&upstream->rest);
	free(upstream->lacking);
	free(upstream);
}

void upstream_dial(struct upstream *upstream)
{
	if (upstream->conn != NULL || upstream->resting)
		return;
	upstream->conn = conn_new(upstream->endpoint, &upstream->params->conn,
		upstream->asks_scts, &upstream->conn_owner);
}

enum transport_err upstream_submit(struct upstream *upstream, struct exchange *exchange)
{
	enum transport_err err;

	upstream_dial(upstream);
	if (upstream->conn == NULL)
		return TRANSPORT_NOMEM;
	if (conn_is_ready(upstream->conn)) {
		err = conn_submit(upstream->conn, exchange);
		if (err != TRANSPORT_OK)
			return err;
		exchange->sends++;
	} else {
		list_append(&upstream->waiting, &exchange->node);
	}
	exchange->upstream = upstream;
	return TRANSPORT_OK;
}

void upstream_cancel(struct upstream *upstream, struct exchange *exchange)
{
	if (exchange->sent)
		conn_cancel(upstream->conn, exchange);
	else
		list_remove(&exchange->node);
	exchange->upstream = NULL;
}

enum health upstream_health(const struct upstream *upstream)
{
	if (upstream->resting)
		return HEALTH_RESTING;
	if (upstream->failures == 0 ||
		(upstream->conn != NULL && conn_is_ready(upstream->conn)))
		return HEALTH_GOOD;
	return upstream->conn != NULL ? HEALTH_PROBING : HEALTH_RESTED;
}

bool upstream_recovers(const struct upstream *upstream)
{
	return loop_now_ms(upstream->params->conn.loop) < upstream->hope_until_ms &&
	       upstream->err != TRANSPORT_UNTRUSTED;
}

unsigned upstream_index(const struct upstream *upstream)
{
	return upstream->index;
}

enum transport_err upstream_err(const struct upstream *upstream)
{
	return upstream->err;
}

const char *upstream_why(const struct upstream *upstream)
{
	return upstream->why;
}
