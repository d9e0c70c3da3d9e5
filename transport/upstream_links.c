/* SPDX-License-Identifier: MIT */
/* The connections of an upstream: when one is dialled, what it does, how it ends. */
#include "transport/upstream_inside.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RETRY_AFTER_MAX_S = 60,
	PATIENCE_MAX = 4,
	AT_ONCE_MS = 250, /* within which nobody closes a connection for its being idle */
	LATELY_MS = 60000,
	IDLE_LEARN_MIN_MS = 900, /* what closes earlier has other reasons */
};

void upstream_look_at_path(const struct upstream *upstream, struct net_path *path)
{
	const struct subject *subject = &upstream->endpoint->subject;

	if (upstream->params->netwatch != NULL && upstream_has_address(upstream))
		net_path(upstream->params->netwatch, subject->address, subject->address_size,
			path);
}

static enum trace_kind kind_of(enum transport_err err, bool was_ready)
{
	if (err == TRANSPORT_UNTRUSTED)
		return TRACE_REFUSED;
	return was_ready ? TRACE_LOST : TRACE_UNREACHABLE;
}

static void note_failure(
	struct upstream *upstream, const struct conn *conn, enum transport_err err)
{
	const struct verdict *verdict = conn_verdict(conn);
	const char *why = conn_why(conn);
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
	standing_blame(&upstream->standing, err, why);
	standing_tell(&upstream->standing, kind_of(err, conn_was_ready(conn)), conn,
		err == TRANSPORT_UNTRUSTED ? verdict : NULL);
}

/* Refused for want of SCTs alone: it may have others, for those who ask (RFC 6962 section
 * 3.3.1). So it is dialled once more. */
static bool ask_for_scts(
	struct upstream *upstream, const struct conn *conn, enum transport_err err)
{
	const struct verdict *verdict = conn_verdict(conn);
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
	upstream_dial(upstream);
	return upstream->current != NULL;
}

static void forget_lacking(struct upstream *upstream)
{
	free(upstream->lacking);
	upstream->lacking = NULL;
}

static void take_all(struct conn *conn, struct list *orphans)
{
	struct attempt *attempt;

	while ((attempt = conn_take(conn)) != NULL) {
		upstream_release(attempt);
		list_append(orphans, &attempt->node);
	}
}

static void give_back(struct upstream *upstream, struct list *orphans)
{
	struct upstream_owner *owner = upstream->params->owner;

	while (!list_empty(orphans)) {
		struct attempt *attempt = container_of(orphans->next, struct attempt, node);

		list_remove(&attempt->node);
		owner->failed(owner, upstream, attempt, RETRY_ONCE);
	}
}

/* What takes attempts from now on, in place of this link, if it did. */
static void retire(struct link *link)
{
	struct upstream *upstream = link->upstream;

	if (upstream->current == link)
		upstream->current = upstream->beside;
	else if (upstream->beside != link)
		return;
	upstream->beside = NULL;
}

void upstream_drop(struct link *link, struct list *orphans)
{
	take_all(link->conn, orphans);
	conn_close(link->conn);
	link->conn = NULL;
	retire(link);
}

/* A place for a new connection; of those that are leaving the oldest goes, if it must. */
static struct link *free_link(struct upstream *upstream, struct list *orphans)
{
	struct link *oldest = upstream->links;

	for (size_t i = 0; i < UPSTREAM_LINKS_MAX; i++) {
		struct link *link = &upstream->links[i];

		if (link->conn == NULL)
			return link;
		if (link->dialled_ms < oldest->dialled_ms)
			oldest = link;
	}
	upstream_drop(oldest, orphans);
	return oldest;
}

void upstream_connect(struct upstream *upstream)
{
	struct conn_params params = upstream->params->conn;
	struct list orphans;
	struct link *link;

	list_init(&orphans);
	link = free_link(upstream, &orphans);
	upstream_look_at_path(upstream, &upstream->path);
	params.limits.idle_ms = upstream->idle_limit_ms;
	params.limits.patience = upstream->patience;
	params.asks_scts = upstream->asks_scts;
	params.ticket = upstream->ticket;
	upstream->ticket = NULL;
	link->has_ticket = false;
	link->dialled_ms = upstream_now_ms(upstream);
	link->conn = conn_new(upstream->endpoint, &params, &link->owner);
	if (link->conn != NULL && upstream->current == NULL)
		upstream->current = link;
	else if (link->conn != NULL)
		upstream->beside = link;
	give_back(upstream, &orphans);
}

static struct link *link_of(struct conn_owner *owner)
{
	return container_of(owner, struct link, owner);
}

/* A dead connection looks so before anything else does: others are preferred until it is heard
 * again, and it is asked for a sign of life. */
static void suspect_silence(struct upstream *upstream, const struct attempt *attempt)
{
	struct link *link = upstream->current;

	if (link == NULL || attempt->carrier != link || upstream_is_silent(upstream) ||
		conn_heard_ms(link->conn) > attempt->sent_ms)
		return;
	upstream->suspect_ms = attempt->sent_ms;
	conn_ping(link->conn);
}

/* Somebody who has brought answers, and of whom it is known how soon, may be dead: another
 * connection is dialled, and current gets queries on until that is ready. */
static void dial_beside(struct upstream *upstream)
{
	struct link *link = upstream->current;

	if (upstream->beside != NULL || !conn_is_ready(link->conn) ||
		!conn_was_useful(link->conn) || upstream->standing.resting ||
		pace_late_ms(&upstream->pace) == UINT64_MAX)
		return;
	/* Timers come before descriptors: it may have spoken while nobody listened. */
	if (conn_has_unread(link->conn))
		return;
	conn_ping(link->conn);
	if (relief_begin(
		    &upstream->relief, conn_is_suspect(link->conn), upstream_now_ms(upstream)))
		upstream_connect(upstream);
}

/* Is it late because the connection says nothing at all? */
static void suspect_death(struct upstream *upstream, const struct attempt *attempt)
{
	struct link *link = upstream->current;

	if (link != NULL && attempt->carrier == link &&
		relief_is_due(&upstream->relief, attempt->sent_ms, conn_heard_ms(link->conn),
			conn_rtt_ms(link->conn), upstream_now_ms(upstream)))
		dial_beside(upstream);
}

static void on_late(struct waiting *waiting, struct attempt *attempt)
{
	struct upstream *upstream = container_of(waiting, struct upstream, waiting);
	struct upstream_owner *owner = upstream->params->owner;

	suspect_silence(upstream, attempt);
	suspect_death(upstream, attempt);
	owner->late(owner, upstream, attempt, LATE_FOR_ONE);
}

static void on_overdue(struct waiting *waiting, struct attempt *attempt)
{
	struct upstream *upstream = container_of(waiting, struct upstream, waiting);
	struct upstream_owner *owner = upstream->params->owner;

	if (upstream_answered_since(upstream, attempt->sent_ms))
		return;
	upstream_note_vain(upstream);
	owner->late(owner, upstream, attempt, LATE_FOR_ALL);
}

/* A server that closes unused connections: when it has done so twice at the same age, we do it
 * before. */
static void learn_idle_limit(struct upstream *upstream, uint64_t idle_ms)
{
	uint64_t before = upstream->closed_idle_ms;

	upstream->closed_idle_ms = idle_ms;
	if (idle_ms < IDLE_LEARN_MIN_MS || before > idle_ms + idle_ms / 8 ||
		idle_ms > before + before / 8)
		return;
	upstream->idle_limit_ms =
		(uint32_t)(idle_ms < UPSTREAM_IDLE_MS ? idle_ms * 9 / 10 : UPSTREAM_IDLE_MS);
}

/* It was lost with queries under way. */
static void on_lost(struct upstream *upstream, const struct conn *conn, enum transport_err err)
{
	note_failure(upstream, conn, err);
	standing_hope(&upstream->standing, upstream->params->grace_ms);
	if (!conn_was_useful(conn) && upstream->current == NULL)
		standing_rest(&upstream->standing);
}

/* A server that takes us in, only to show us the door: once may be chance. */
static void on_turned_away(struct upstream *upstream)
{
	if (upstream->standing.failures == 0)
		standing_doubt(&upstream->standing);
	else if (!upstream->standing.resting)
		standing_rest(&upstream->standing);
}

/* Then it may just be starting again. */
static bool was_well_lately(const struct upstream *upstream)
{
	return upstream->well_ms > 0 &&
	       upstream_now_ms(upstream) - upstream->well_ms < LATELY_MS;
}

static void on_dialled_in_vain(
	struct upstream *upstream, const struct conn *conn, enum transport_err err)
{
	if (ask_for_scts(upstream, conn, err))
		return;
	note_failure(upstream, conn, err);
	if (upstream->standing.failures == 0 && was_well_lately(upstream))
		standing_hope(&upstream->standing, upstream->params->grace_ms);
	/* Not refused for that, or in vain: from the start. */
	if (err != TRANSPORT_UNREACHABLE && err != TRANSPORT_TIMEOUT)
		upstream->asks_scts = false;
	forget_lacking(upstream);
	standing_rest(&upstream->standing);
}

static void on_closed_at_once(
	struct upstream *upstream, const struct conn *conn, enum transport_err err)
{
	note_failure(upstream, conn, err);
	on_turned_away(upstream);
}

static void note_end(
	struct upstream *upstream, const struct conn *conn, enum transport_err err, bool owed)
{
	uint64_t idle_ms = conn_idle_ms(conn);

	if (!conn_was_ready(conn))
		on_dialled_in_vain(upstream, conn, err);
	else if (owed)
		on_lost(upstream, conn, err);
	else if (err != TRANSPORT_OK && !conn_was_useful(conn) && idle_ms < AT_ONCE_MS)
		on_closed_at_once(upstream, conn, err);
	else if (err != TRANSPORT_OK) /* which is no failure */
		learn_idle_limit(upstream, idle_ms);
}

static void on_ended(struct conn_owner *conn_owner, enum transport_err err)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;
	struct conn *conn = link->conn;
	struct upstream_owner *owner = upstream->params->owner;
	bool was_beside = upstream->beside == link;
	struct list orphans;

	list_init(&orphans);
	take_all(conn, &orphans);
	link->conn = NULL;
	retire(link);
	if (!was_beside)
		note_end(upstream, conn, err, !list_empty(&orphans));
	give_back(upstream, &orphans);
	/* Somebody may have come to wait for it when it had ended already. */
	if (upstream->current == NULL)
		owner->changed(owner, upstream);
}

/* Tickets come soon after the handshake, in front of the first answer. */
static void look_for_ticket(struct upstream *upstream, struct link *link)
{
	struct ticket *ticket = link->has_ticket ? NULL : conn_ticket(link->conn);

	if (ticket == NULL)
		return;
	ticket_free(upstream->ticket);
	upstream->ticket = ticket;
	link->has_ticket = true;
}

/* RFC 7828 section 3.2.2: zero is a request to ask nothing more here. */
static void heed_keepalive(struct link *link, uint32_t ms)
{
	conn_set_idle_limit(
		link->conn, ms - ms / 10 < UPSTREAM_IDLE_MS ? ms - ms / 10 : UPSTREAM_IDLE_MS);
	if (ms > 0)
		return;
	conn_leave(link->conn);
	retire(link);
}

static void on_answered(struct conn_owner *conn_owner, const struct framing_news *news)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;
	struct upstream_owner *owner = upstream->params->owner;
	const struct exchange *exchange = news->attempt->exchange;

	upstream_note_answer(upstream, news->attempt);
	if (link == upstream->current)
		upstream->patience = 0;
	if (exchange->keepalive)
		heed_keepalive(link, exchange->keepalive_ms);
	look_for_ticket(upstream, link);
	upstream_release(news->attempt);
	owner->answered(owner, news->attempt, news);
}

static void on_returned(struct conn_owner *conn_owner, const struct framing_news *news)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;
	struct upstream_owner *owner = upstream->params->owner;
	uint64_t after_s = news->retry_after_s;

	standing_blame(&upstream->standing, TRANSPORT_PROTOCOL, news->why);
	upstream_note_vain(upstream);
	if (after_s > 0 && !upstream->standing.resting) {
		upstream->standing.failures++;
		standing_rest_for(&upstream->standing,
			1000 * (after_s < RETRY_AFTER_MAX_S ? after_s : RETRY_AFTER_MAX_S));
	}
	upstream_release(news->attempt);
	owner->failed(owner, upstream, news->attempt, news->retry);
}

static void tell_stalled(struct upstream *upstream, struct link *link)
{
	struct upstream_owner *owner = upstream->params->owner;
	uint64_t now = upstream_now_ms(upstream);
	struct list stalled;

	/* All first: whoever is told may dial, which may take others away. */
	list_init(&stalled);
	waiting_take(&upstream->waiting, link, &stalled);
	while (!list_empty(&stalled)) {
		struct attempt *attempt = container_of(stalled.next, struct attempt, node);

		list_remove(&attempt->node);
		waiting_put_back(&upstream->waiting, attempt);
		attempt->stalled = true;
		pace_add_failure(&upstream->pace, now - attempt->sent_ms, now);
		owner->late(owner, upstream, attempt, LATE_STALLED);
	}
}

/* It is silent, though it owes answers. */
static void on_stalled(struct upstream *upstream, struct link *link)
{
	upstream->patience += upstream->patience < PATIENCE_MAX ? 1 : 0;
	standing_blame(&upstream->standing, TRANSPORT_TIMEOUT, "the server does not answer");
	standing_tell(&upstream->standing, TRACE_LOST, link->conn, NULL);
	standing_hope(&upstream->standing, upstream->params->grace_ms);
	if (conn_was_useful(link->conn))
		upstream->standing.failures++;
	else
		standing_rest(&upstream->standing);
	tell_stalled(upstream, link);
}

static void on_leaving(struct conn_owner *conn_owner, bool stalled)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;

	retire(link);
	if (stalled)
		on_stalled(upstream, link);
	else if (!conn_was_useful(link->conn))
		on_turned_away(upstream);
}

/* What it owes is asked again; whoever answers first has answered. */
static void give_up_hope(struct upstream *upstream, struct link *link)
{
	conn_doubt(link->conn);
	on_stalled(upstream, link);
}

/* What was dialled beside current is ready, and takes its place. */
static void take_over(struct upstream *upstream)
{
	struct link *old = upstream->current;

	retire(old);
	if (conn_is_suspect(old->conn))
		give_up_hope(upstream, old);
	else
		conn_leave(old->conn);
}

static void on_suspected(struct conn_owner *conn_owner)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;

	if (link == upstream->current)
		dial_beside(upstream);
	else if (!conn_has_unread(link->conn))
		give_up_hope(upstream, link);
}

static void on_ready(struct conn_owner *conn_owner)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;
	struct upstream_owner *owner = upstream->params->owner;

	if (upstream->beside == link)
		take_over(upstream);
	upstream->standing.err = TRANSPORT_OK;
	upstream->well_ms = upstream_now_ms(upstream);
	forget_lacking(upstream);
	standing_tell(
		&upstream->standing, TRACE_ACCEPTED, link->conn, conn_verdict(link->conn));
	owner->ready(owner, upstream);
}

void upstream_hear(struct upstream *upstream)
{
	upstream->waiting = (struct waiting){.late = on_late, .overdue = on_overdue};
	waiting_init(&upstream->waiting, upstream->params->conn.loop, &upstream->pace);
	for (size_t i = 0; i < UPSTREAM_LINKS_MAX; i++)
		upstream->links[i] = (struct link){.upstream = upstream,
			.owner = {.ready = on_ready,
				.answered = on_answered,
				.returned = on_returned,
				.leaving = on_leaving,
				.suspected = on_suspected,
				.ended = on_ended}};
}
