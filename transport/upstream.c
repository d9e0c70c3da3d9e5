/* SPDX-License-Identifier: MIT */
#include "transport/upstream.h"
#include "transport/plain.h"
#include "transport/relief.h"
#include "transport/standing.h"
#include "transport/ticket.h"
#include "transport/waiting.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINKS_MAX = 4,
	RETRY_AFTER_MAX_S = 60,
	PATIENCE_MAX = 4,
	VAIN_MAX = 3,     /* queries in a row that brought nothing */
	AT_ONCE_MS = 250, /* within which nobody closes a connection for its being idle */
	PLAIN_REST_MS = 1000,
	LATELY_MS = 60000,
	IDLE_MS = 120000,        /* for a server that keeps connections as long as we like */
	IDLE_LEARN_MIN_MS = 900, /* what closes earlier has other reasons */
};

/* A connection of this upstream. */
struct link {
	struct conn_owner owner;
	struct upstream *upstream;
	struct conn *conn; /* NULL: none */
	uint64_t dialled_ms;
	bool has_ticket; /* it has brought one */
};

struct upstream {
	const struct endpoint *endpoint;
	const struct upstream_params *params;
	unsigned index;
	struct link links[LINKS_MAX];
	struct link *current; /* is being dialled, or takes attempts; NULL: none */
	struct link *beside;  /* is being dialled while current is silent; NULL: none */
	struct relief relief;
	struct waiting waiting;
	struct pace pace;
	struct standing standing;
	unsigned patience;       /* how often in a row it was doubted */
	unsigned vain;           /* queries since the last answer that brought nothing */
	uint64_t answered_ms;    /* when the last answer came */
	uint64_t well_ms;        /* or when it was last accepted */
	uint64_t closed_idle_ms; /* how long a connection was idle when it closed it, last time
				  */
	uint32_t idle_limit_ms;
	uint64_t suspect_ms;  /* nothing was heard from then on; 0: no such suspicion */
	struct net_path path; /* the way to it, when it was dialled */
	struct ticket *ticket;
	/* Certificates rarely lack SCTs, so a server is asked for more of them only when its
	 * own did not suffice; and from then on. */
	bool asks_scts;
	struct verdict *lacking; /* how it was refused before it was asked; else NULL */
};

/* A query in plain text that is under way. */
struct plain_try {
	struct plain_owner owner;
	struct plain *plain;
	struct attempt *attempt;
};

static uint64_t now_ms(const struct upstream *upstream)
{
	return loop_now_ms(upstream->params->conn.loop);
}

static bool is_plain(const struct upstream *upstream)
{
	return upstream->endpoint->protocol == PROTOCOL_PLAIN;
}

static bool has_address(const struct upstream *upstream)
{
	return upstream->endpoint->subject.address_size > 0;
}

/* The way to it, as it is now; unchanged where nobody knows. */
static void look_at_path(const struct upstream *upstream, struct net_path *path)
{
	const struct subject *subject = &upstream->endpoint->subject;

	if (upstream->params->netwatch != NULL && has_address(upstream))
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

/* A query brought nothing. A server of which that is true of several in a row is not the first
 * choice any more. */
static void note_vain(struct upstream *upstream)
{
	if (++upstream->vain >= VAIN_MAX)
		standing_doubt(&upstream->standing);
}

/* Nobody's any more. */
static void release(struct attempt *attempt)
{
	list_remove(&attempt->node);
	attempt->upstream = NULL;
	attempt->carrier = NULL;
}

static void take_all(struct conn *conn, struct list *orphans)
{
	struct attempt *attempt;

	while ((attempt = conn_take(conn)) != NULL) {
		release(attempt);
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

/* Gives up a connection: what it had is put into `orphans`. */
static void drop(struct link *link, struct list *orphans)
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

	for (size_t i = 0; i < LINKS_MAX; i++) {
		struct link *link = &upstream->links[i];

		if (link->conn == NULL)
			return link;
		if (link->dialled_ms < oldest->dialled_ms)
			oldest = link;
	}
	drop(oldest, orphans);
	return oldest;
}

/* A new connection; beside the current one if there is one. */
static void connect_anew(struct upstream *upstream)
{
	struct conn_params params = upstream->params->conn;
	struct list orphans;
	struct link *link;

	list_init(&orphans);
	link = free_link(upstream, &orphans);
	look_at_path(upstream, &upstream->path);
	params.limits.idle_ms = upstream->idle_limit_ms;
	params.limits.patience = upstream->patience;
	params.asks_scts = upstream->asks_scts;
	params.ticket = upstream->ticket;
	upstream->ticket = NULL;
	link->has_ticket = false;
	link->dialled_ms = now_ms(upstream);
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
	if (relief_begin(&upstream->relief, conn_is_suspect(link->conn), now_ms(upstream)))
		connect_anew(upstream);
}

/* Is it late because the connection says nothing at all? */
static void suspect_death(struct upstream *upstream, const struct attempt *attempt)
{
	struct link *link = upstream->current;

	if (link != NULL && attempt->carrier == link &&
		relief_is_due(&upstream->relief, attempt->sent_ms, conn_heard_ms(link->conn),
			conn_rtt_ms(link->conn), now_ms(upstream)))
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
	note_vain(upstream);
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
	upstream->idle_limit_ms = (uint32_t)(idle_ms < IDLE_MS ? idle_ms * 9 / 10 : IDLE_MS);
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
	return upstream->well_ms > 0 && now_ms(upstream) - upstream->well_ms < LATELY_MS;
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

/* What an answer says of the server. */
static void note_answer(struct upstream *upstream, const struct attempt *attempt)
{
	pace_add(&upstream->pace, now_ms(upstream) - attempt->sent_ms, now_ms(upstream));
	attempt->exchange->by = upstream->endpoint;
	upstream->answered_ms = upstream->well_ms = now_ms(upstream);
	upstream->vain = 0;
	standing_praise(&upstream->standing);
}

/* RFC 7828 section 3.2.2: zero is a request to ask nothing more here. */
static void heed_keepalive(struct link *link, uint32_t ms)
{
	conn_set_idle_limit(link->conn, ms - ms / 10 < IDLE_MS ? ms - ms / 10 : IDLE_MS);
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

	note_answer(upstream, news->attempt);
	if (link == upstream->current)
		upstream->patience = 0;
	if (exchange->keepalive)
		heed_keepalive(link, exchange->keepalive_ms);
	look_for_ticket(upstream, link);
	release(news->attempt);
	owner->answered(owner, news->attempt, news);
}

static void on_returned(struct conn_owner *conn_owner, const struct framing_news *news)
{
	struct link *link = link_of(conn_owner);
	struct upstream *upstream = link->upstream;
	struct upstream_owner *owner = upstream->params->owner;
	uint64_t after_s = news->retry_after_s;

	standing_blame(&upstream->standing, TRANSPORT_PROTOCOL, news->why);
	note_vain(upstream);
	if (after_s > 0 && !upstream->standing.resting) {
		upstream->standing.failures++;
		standing_rest_for(&upstream->standing,
			1000 * (after_s < RETRY_AFTER_MAX_S ? after_s : RETRY_AFTER_MAX_S));
	}
	release(news->attempt);
	owner->failed(owner, upstream, news->attempt, news->retry);
}

static void tell_stalled(struct upstream *upstream, struct link *link)
{
	struct upstream_owner *owner = upstream->params->owner;
	uint64_t now = now_ms(upstream);
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
	upstream->well_ms = now_ms(upstream);
	forget_lacking(upstream);
	standing_tell(
		&upstream->standing, TRACE_ACCEPTED, link->conn, conn_verdict(link->conn));
	owner->ready(owner, upstream);
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
	upstream->idle_limit_ms = IDLE_MS;
	standing_init(&upstream->standing, params->conn.loop, params->trace, endpoint);
	upstream->standing.timer.fired = on_rested;
	upstream->waiting = (struct waiting){.late = on_late, .overdue = on_overdue};
	waiting_init(&upstream->waiting, params->conn.loop, &upstream->pace);
	if (!has_address(upstream)) {
		standing_blame(&upstream->standing, TRANSPORT_UNREACHABLE,
			"its address is not known yet");
	}
	for (size_t i = 0; i < LINKS_MAX; i++)
		upstream->links[i] = (struct link){.upstream = upstream,
			.owner = {.ready = on_ready,
				.answered = on_answered,
				.returned = on_returned,
				.leaving = on_leaving,
				.suspected = on_suspected,
				.ended = on_ended}};
	return upstream;
}

void upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	for (size_t i = 0; i < LINKS_MAX; i++)
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
		connect_anew(upstream);
}

static void on_plain_done(struct plain_owner *plain_owner, enum transport_err err,
	struct wire answer, const char *why)
{
	struct plain_try *try = container_of(plain_owner, struct plain_try, owner);
	struct attempt *attempt = try->attempt;
	struct upstream *upstream = attempt->upstream;
	struct upstream_owner *owner = upstream->params->owner;
	struct framing_news news = {
		.attempt = attempt, .answer = answer, .max_age_s = UINT32_MAX};

	free(try);
	if (err == TRANSPORT_OK && !attempt->exchange->accept(attempt->exchange, answer)) {
		err = TRANSPORT_PROTOCOL;
		why = "the server sent an answer to what was not asked";
	}
	if (err == TRANSPORT_OK) {
		standing_forgive(&upstream->standing);
		note_answer(upstream, attempt);
		release(attempt);
		owner->answered(owner, attempt, &news);
		return;
	}
	standing_blame(&upstream->standing, err, why);
	standing_tell(&upstream->standing, TRACE_UNREACHABLE, NULL, NULL);
	/* One name that nobody answers says nothing of the others. */
	if (!upstream_answered_since(upstream, attempt->sent_ms))
		note_vain(upstream);
	if (upstream->vain >= VAIN_MAX && err != TRANSPORT_PROTOCOL)
		standing_rest_for(&upstream->standing, PLAIN_REST_MS);
	release(attempt);
	owner->failed(owner, upstream, attempt, RETRY_ELSEWHERE);
}

static enum transport_err ask_plainly(struct upstream *upstream, struct attempt *attempt)
{
	uint8_t query[EXCHANGE_QUERY_MAX];
	struct exchange *exchange = attempt->exchange;
	struct plain_try *try = malloc(sizeof *try);

	if (try == NULL)
		return TRANSPORT_NOMEM;
	*try = (struct plain_try){.owner.done = on_plain_done, .attempt = attempt};
	try->plain = plain_ask(upstream->params->conn.loop, upstream->endpoint,
		(struct wire){query, exchange->write(exchange, PROTOCOL_PLAIN, query)},
		upstream->params->conn.limits.ready_ms / 2, &try->owner);
	if (try->plain == NULL) {
		free(try);
		return TRANSPORT_NOMEM;
	}
	attempt->carrier = try;
	return TRANSPORT_OK;
}

enum transport_err upstream_submit(struct upstream *upstream, struct attempt *attempt)
{
	enum transport_err err;

	assert(upstream_readiness(upstream) == UPSTREAM_READY);
	if (is_plain(upstream)) {
		err = ask_plainly(upstream, attempt);
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
		struct plain_try *try = attempt->carrier;

		plain_cancel(try->plain);
		free(try);
	} else {
		struct link *link = attempt->carrier;

		conn_cancel(link->conn, attempt);
	}
	release(attempt);
}

bool upstream_way_changed(struct upstream *upstream, bool anyhow, struct list *orphans)
{
	struct net_path path = upstream->path;

	look_at_path(upstream, &path);
	if (!anyhow && net_path_same(&path, &upstream->path))
		return false;
	upstream->path = path;
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (upstream->links[i].conn != NULL)
			drop(&upstream->links[i], orphans);
	upstream->patience = upstream->vain = 0;
	if (!has_address(upstream))
		return true;
	standing_forgive(&upstream->standing);
	standing_hope(&upstream->standing, upstream->params->grace_ms);
	return true;
}

enum readiness upstream_readiness(const struct upstream *upstream)
{
	if (upstream->current != NULL && conn_is_ready(upstream->current->conn))
		return upstream->standing.resting ? UPSTREAM_RESTING : UPSTREAM_READY;
	if (upstream->current != NULL)
		return UPSTREAM_DIALING;
	if (upstream->standing.resting || !has_address(upstream))
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
