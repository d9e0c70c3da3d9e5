/* SPDX-License-Identifier: MIT */
/* Moves bytes: socket <-> TLS <-> framing. The table below is where the promise can be
 * seen: there is one way to CONN_READY, and it starts with the verdict. */
#include "transport/conn.h"
#include "transport/doh.h"
#include "transport/dot.h"
#include "transport/ticket.h"
#include "transport/vigil.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_SIZE = 32768,        /* two TLS records */
	UNSENT_MAX = 1024 * 1024, /* what may lie before a socket that takes nothing */
};

enum conn_state {
	CONN_NONE, /* cannot happen */
	CONN_DIALING,
	CONN_HANDSHAKING,
	CONN_READY,
	CONN_LEAVING, /* as CONN_READY, but it takes no more queries */
	CONN_CLOSED,
};

enum conn_event { ON_CONNECT, ON_TRUST, ON_LEAVE, ON_LOSS };

/* Rows are states, columns are events. */
static const enum conn_state conn_next[][4] = {
	/*               ON_CONNECT        ON_TRUST    ON_LEAVE      ON_LOSS */
	[CONN_DIALING] = {CONN_HANDSHAKING, CONN_NONE, CONN_NONE, CONN_CLOSED},
	[CONN_HANDSHAKING] = {CONN_NONE, CONN_READY, CONN_NONE, CONN_CLOSED},
	[CONN_READY] = {CONN_NONE, CONN_NONE, CONN_LEAVING, CONN_CLOSED},
	[CONN_LEAVING] = {CONN_NONE, CONN_NONE, CONN_LEAVING, CONN_CLOSED},
	[CONN_CLOSED] = {CONN_NONE, CONN_NONE, CONN_NONE, CONN_CLOSED},
};

struct conn {
	struct loop *loop;
	struct conn_owner *owner; /* NULL once it has closed the connection */
	const struct clock *clock;
	enum conn_state state;
	enum transport_err err; /* why it ended */
	int fd;
	struct watch watch;
	unsigned watched;
	struct timer timer; /* until ready; then, for the vigil */
	uint64_t look_ms;   /* when the vigil is due; 0: the timer does not run for it */
	struct vigil vigil;
	uint64_t said_ms; /* when the handshake began */
	struct turn turn; /* at the end of the turn: write, or be buried */
	struct tls *tls;
	struct framing *framing;
	bool was_ready, useful;
	char why[256];
};

static void conn_step(struct conn *conn, enum conn_event event)
{
	enum conn_state next = conn_next[conn->state][event];

	if (next == CONN_NONE)
		abort();
	conn->state = next;
}

/* It has passed the verdict. */
static bool conn_is_open(const struct conn *conn)
{
	return conn->state == CONN_READY || conn->state == CONN_LEAVING;
}

static void conn_free(struct conn *conn)
{
	tls_free(conn->tls);
	if (conn->framing != NULL)
		conn->framing->ops->free(conn->framing);
	free(conn);
}

/* The descriptor and the timer go now, the memory at the end of the turn: callers may hold it.
 */
static void conn_let_go(struct conn *conn)
{
	watch_stop(&conn->watch);
	timer_done(&conn->timer);
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	loop_defer(conn->loop, &conn->turn);
}

/* Why may be NULL: it has been written already. */
static void conn_fail(struct conn *conn, enum transport_err err, const char *why)
{
	if (conn->state == CONN_CLOSED)
		return;
	conn_step(conn, ON_LOSS);
	conn->err = err;
	if (why != NULL)
		snprintf(conn->why, sizeof conn->why, "%s", why);
	conn_let_go(conn);
}

static bool conn_watch(struct conn *conn, unsigned events)
{
	if (conn->watched == events)
		return true;
	conn->watched = events;
	if (watch_start(conn->loop, &conn->watch, conn->fd, events))
		return true;
	conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
	return false;
}

/* Sends what TLS has ready; the rest when the socket takes more. */
static void conn_send(struct conn *conn)
{
	struct buf *out = tls_out(conn->tls);

	while (buf_size(out) > 0) {
		struct wire bytes = buf_bytes(out);
		ssize_t n = send(conn->fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/* EINPROGRESS: of TCP Fast Open, when there is no cookie. */
		if (n < 0 && errno != EAGAIN && errno != EINPROGRESS) {
			conn_fail(conn, TRANSPORT_LOST, strerror(errno));
			return;
		}
		if (n < 0)
			break;
		buf_consume(out, (size_t)n);
	}
	conn_watch(conn, buf_size(out) > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* The timer is not set anew with every query: when it fires it sees what there is to do. */
static void conn_look_within(struct conn *conn, uint64_t ms)
{
	uint64_t due = loop_now_ms(conn->loop) + ms;

	if (conn->look_ms != 0 && conn->look_ms <= due)
		return;
	conn->look_ms = due;
	if (!timer_start(conn->loop, &conn->timer, ms))
		conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
}

static void conn_say_leaving(struct conn *conn, bool stalled)
{
	if (conn->state == CONN_LEAVING && !stalled)
		return;
	conn_step(conn, ON_LEAVE);
	conn->owner->leaving(conn->owner, stalled);
}

/* Does what the vigil says. */
static void conn_look(struct conn *conn)
{
	uint64_t now = loop_now_ms(conn->loop), wait_ms = 0;

	while (conn_is_open(conn)) {
		bool owes = conn->framing->waiting > 0 || conn->vigil.pinged;

		switch (vigil_look(&conn->vigil, owes, now, &wait_ms)) {
		case VIGIL_NOTHING: conn_look_within(conn, wait_ms); return;
		case VIGIL_PING: conn_ping(conn); break;
		case VIGIL_SUSPECT: conn->owner->suspected(conn->owner); break;
		case VIGIL_DOUBT:
			conn_say_leaving(conn, true);
			/* Others may have answered all that it owed. */
			loop_defer(conn->loop, &conn->turn);
			break;
		case VIGIL_GIVE_UP:
			conn_fail(conn, TRANSPORT_TIMEOUT, "the server does not answer");
			break;
		case VIGIL_CLOSE: conn_leave(conn); return;
		}
	}
}

/* All queries of this turn in as few TLS records and writes as they fit in. */
static void conn_flush(struct conn *conn)
{
	struct framing *framing = conn->framing;

	if (!conn_is_open(conn))
		return;
	if (!framing->ops->flush(framing)) {
		conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
		return;
	}
	if (buf_size(&framing->out) > 0) {
		enum transport_err err = tls_write(conn->tls, buf_bytes(&framing->out));

		if (err != TRANSPORT_OK) {
			conn_fail(conn, err, tls_why(conn->tls));
			return;
		}
		buf_consume(&framing->out, buf_size(&framing->out));
		if (framing->waiting > 0)
			conn_look(conn);
	}
	if (conn_is_open(conn))
		conn_send(conn);
}

static void conn_end_if_done(struct conn *conn)
{
	if (conn->state != CONN_LEAVING || conn->framing->waiting > 0)
		return;
	tls_close(conn->tls);
	conn_send(conn);
	conn_fail(conn, TRANSPORT_OK, "no query was left");
}

static void on_turn(struct turn *turn)
{
	struct conn *conn = container_of(turn, struct conn, turn);
	struct conn_owner *owner = conn->owner;

	conn_flush(conn);
	conn_end_if_done(conn);
	if (conn->state != CONN_CLOSED || turn->queued)
		return;
	conn->owner = NULL;
	if (owner != NULL)
		owner->ended(owner, conn->err);
	assert(conn->framing->waiting == 0);
	conn_free(conn);
}

static void conn_handshake(struct conn *conn)
{
	enum transport_err err = tls_handshake(conn->tls, clock_now(conn->clock));

	/* Also an alert that says why it failed. */
	if (conn->state == CONN_HANDSHAKING && conn->said_ms == 0)
		conn->said_ms = loop_now_ms(conn->loop);
	if (conn->state == CONN_HANDSHAKING)
		conn_send(conn);
	if (conn->state == CONN_CLOSED || err == TRANSPORT_WAIT)
		return;
	if (err != TRANSPORT_OK) {
		conn_fail(conn, err, tls_why(conn->tls));
		return;
	}
	timer_stop(&conn->timer);
	conn->look_ms = 0;
	conn_step(conn, ON_TRUST);
	conn->was_ready = true;
	conn->vigil.used_ms = conn->vigil.heard_ms = loop_now_ms(conn->loop);
	conn_look(conn);
	/* What opens the connection, if the protocol has such. */
	loop_defer(conn->loop, &conn->turn);
	if (conn->owner != NULL)
		conn->owner->ready(conn->owner);
}

/* Hands on every answer that is whole. */
static void conn_answers(struct conn *conn)
{
	struct framing_news news;

	while (conn_is_open(conn)) {
		switch (conn->framing->ops->next(conn->framing, &news)) {
		case FRAMING_WAIT: return;
		case FRAMING_ANSWERED:
			conn->useful = true;
			conn->vigil.used_ms = conn->vigil.heard_ms;
			conn->owner->answered(conn->owner, &news);
			break;
		case FRAMING_RETURNED: conn->owner->returned(conn->owner, &news); break;
		case FRAMING_LEAVING: conn_say_leaving(conn, false); break;
		case FRAMING_BROKEN: conn_fail(conn, TRANSPORT_PROTOCOL, news.why); break;
		}
	}
}

static void conn_read(struct conn *conn)
{
	struct buf *in = &conn->framing->in;

	while (conn_is_open(conn)) {
		uint8_t *room = buf_room(in, READ_SIZE);
		enum transport_err err;
		size_t n = 0;

		if (room == NULL) {
			conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
			return;
		}
		err = tls_read(conn->tls, room, READ_SIZE, &n);
		if (err == TRANSPORT_WAIT)
			return;
		if (err != TRANSPORT_OK) {
			conn_fail(conn, err, tls_why(conn->tls));
			return;
		}
		buf_added(in, n);
		vigil_heard(&conn->vigil, loop_now_ms(conn->loop));
		conn_answers(conn);
	}
}

static void conn_process(struct conn *conn)
{
	if (conn->state == CONN_HANDSHAKING)
		conn_handshake(conn);
	if (conn_is_open(conn))
		conn_read(conn);
	/* TLS and the framing may owe the peer something of their own: a key update, a window.
	 */
	if (conn_is_open(conn))
		loop_defer(conn->loop, &conn->turn);
}

static void conn_receive(struct conn *conn)
{
	struct buf *in = tls_in(conn->tls);
	uint8_t *room = buf_room(in, READ_SIZE);
	ssize_t n;

	if (room == NULL) {
		conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
		return;
	}
	n = recv(conn->fd, room, READ_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		conn_fail(conn,
			conn->vigil.rtt_ms == 0 ? TRANSPORT_UNREACHABLE : TRANSPORT_LOST,
			strerror(errno));
		return;
	}
	if (conn->vigil.rtt_ms == 0)
		conn->vigil.rtt_ms = 1 + (uint32_t)(loop_now_ms(conn->loop) - conn->said_ms);
	if (n == 0)
		tls_eof(conn->tls);
	else
		buf_added(in, (size_t)n);
	conn_process(conn);
}

static void conn_connected(struct conn *conn)
{
	int error = dial_result(conn->fd);

	if (error != 0) {
		conn_fail(conn, TRANSPORT_UNREACHABLE, strerror(error));
		return;
	}
	conn_step(conn, ON_CONNECT);
	conn_process(conn);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct conn *conn = container_of(watch, struct conn, watch);

	if (conn->state == CONN_DIALING) {
		conn_connected(conn);
		return;
	}
	if ((events & LOOP_WRITE) != 0)
		conn_send(conn);
	if ((events & LOOP_READ) != 0 && conn->state != CONN_CLOSED)
		conn_receive(conn);
}

static void on_timer(struct timer *timer)
{
	struct conn *conn = container_of(timer, struct conn, timer);

	conn->look_ms = 0;
	if (conn->state == CONN_DIALING)
		conn_fail(conn, TRANSPORT_TIMEOUT, "no connection in time");
	else if (conn->state == CONN_HANDSHAKING)
		conn_fail(conn, TRANSPORT_TIMEOUT, "the TLS handshake was not done in time");
	else
		conn_look(conn);
}

static struct framing *framing_new(const struct endpoint *endpoint)
{
	struct doh_params params = {
		.authority = endpoint->authority, .path = endpoint->path, .get = endpoint->get};

	assert(endpoint->protocol != PROTOCOL_PLAIN);
	return endpoint->protocol == PROTOCOL_HTTPS ? doh_new(&params) : dot_new();
}

static bool conn_prepare(
	struct conn *conn, const struct endpoint *endpoint, const struct conn_params *params)
{
	struct tls_params tls = {.context = params->context,
		.subject = &endpoint->subject,
		.asks_scts = params->asks_scts,
		.ticket = params->ticket};

	conn->framing = framing_new(endpoint);
	if (conn->framing == NULL) {
		ticket_free(params->ticket);
		return false;
	}
	tls.alpn = conn->framing->ops->alpn;
	tls.alpn_required = conn->framing->ops->alpn_required;
	return tls_new(&tls, clock_now(params->clock), &conn->tls) == TRANSPORT_OK &&
	       timer_start(conn->loop, &conn->timer, params->limits.ready_ms);
}

struct conn *conn_new(const struct endpoint *endpoint, const struct conn_params *params,
	struct conn_owner *owner)
{
	struct conn *conn = calloc(1, sizeof *conn);
	int error = 0;

	if (conn == NULL) {
		ticket_free(params->ticket);
		return NULL;
	}
	*conn = (struct conn){.loop = params->loop,
		.owner = owner,
		.clock = params->clock,
		.vigil = {.silent_ms = params->limits.silent_ms,
			.idle_ms = params->limits.idle_ms,
			.patience = params->limits.patience},
		.state = CONN_DIALING,
		.fd = -1,
		.watch.ready = on_ready,
		.timer.fired = on_timer,
		.turn.run = on_turn};
	if (!conn_prepare(conn, endpoint, params)) {
		timer_done(&conn->timer);
		conn_free(conn);
		return NULL;
	}
	if (dial(endpoint, params->limits.silent_ms, &conn->fd, &error) != TRANSPORT_OK)
		conn_fail(conn, TRANSPORT_UNREACHABLE, strerror(error));
	else
		conn_watch(conn, LOOP_WRITE);
	return conn;
}

enum transport_err conn_submit(struct conn *conn, struct attempt *attempt)
{
	struct framing *framing = conn->framing;
	enum transport_err err = TRANSPORT_BUSY;

	assert(conn->state == CONN_READY);
	if (framing->waiting == 0 && !conn->vigil.pinged)
		conn->vigil.heard_ms = loop_now_ms(conn->loop);
	if (buf_size(tls_out(conn->tls)) + buf_size(&framing->out) < UNSENT_MAX)
		err = framing->ops->submit(framing, attempt);
	if (err == TRANSPORT_OK)
		loop_defer(conn->loop, &conn->turn);
	else if (err == TRANSPORT_BUSY && framing->forgotten > framing->waiting)
		conn_fail(conn, TRANSPORT_LOST, "too many queries were never answered");
	return err;
}

void conn_cancel(struct conn *conn, struct attempt *attempt)
{
	conn->framing->ops->cancel(conn->framing, attempt);
	/* To tell the server, and to end if that was the last. */
	loop_defer(conn->loop, &conn->turn);
}

uint64_t conn_heard_ms(const struct conn *conn)
{
	return conn->vigil.heard_ms;
}

uint32_t conn_rtt_ms(const struct conn *conn)
{
	return conn->vigil.rtt_ms;
}

bool conn_has_unread(const struct conn *conn)
{
	uint8_t byte;

	return recv(conn->fd, &byte, sizeof byte, MSG_PEEK) > 0;
}

bool conn_is_suspect(const struct conn *conn)
{
	return conn->vigil.suspected;
}

void conn_ping(struct conn *conn)
{
	if (conn->vigil.pinged)
		return;
	vigil_pinged(&conn->vigil, loop_now_ms(conn->loop));
	conn->framing->ops->ping(conn->framing);
	loop_defer(conn->loop, &conn->turn);
}

void conn_leave(struct conn *conn)
{
	if (!conn_is_open(conn)) {
		conn_fail(conn, TRANSPORT_LOST, "it is not needed any more");
		return;
	}
	conn_step(conn, ON_LEAVE);
	loop_defer(conn->loop, &conn->turn);
}

void conn_doubt(struct conn *conn)
{
	conn->vigil.doubted = true;
	conn_leave(conn);
}

void conn_close(struct conn *conn)
{
	assert(conn->framing->waiting == 0);
	conn->owner = NULL;
	if (conn->state == CONN_CLOSED)
		return;
	if (conn_is_open(conn)) {
		tls_close(conn->tls);
		conn_send(conn);
	}
	conn_fail(conn, TRANSPORT_OK, NULL);
}

struct attempt *conn_take(struct conn *conn)
{
	return conn->framing->ops->take(conn->framing);
}

uint64_t conn_idle_ms(const struct conn *conn)
{
	return conn->framing->waiting > 0 ? 0 : loop_now_ms(conn->loop) - conn->vigil.used_ms;
}

void conn_set_idle_limit(struct conn *conn, uint32_t idle_ms)
{
	conn->vigil.idle_ms = idle_ms;
	conn_look_within(conn, idle_ms);
}

struct ticket *conn_ticket(const struct conn *conn)
{
	return tls_ticket(conn->tls);
}

bool conn_is_ready(const struct conn *conn)
{
	return conn->state == CONN_READY;
}

bool conn_was_ready(const struct conn *conn)
{
	return conn->was_ready;
}

bool conn_was_useful(const struct conn *conn)
{
	return conn->useful;
}

const struct verdict *conn_verdict(const struct conn *conn)
{
	return tls_verdict(conn->tls);
}

const char *conn_why(const struct conn *conn)
{
	return conn->why;
}

struct tls_facts conn_tls(const struct conn *conn)
{
	return tls_facts(conn->tls);
}

size_t conn_certificates(const struct conn *conn, struct wire ret[VERIFY_CHAIN_MAX + 1])
{
	return tls_certificates(conn->tls, ret);
}
