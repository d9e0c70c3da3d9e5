/* SPDX-License-Identifier: MIT */
/* Moves bytes: socket <-> TLS <-> DNS framing. The table below is where the promise can be
 * seen: there is one way to CONN_READY, and it starts with the verdict. */
#include "transport/conn.h"
#include "transport/dot.h"
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
	CONN_CLOSED,
};

enum conn_event { ON_CONNECT, ON_TRUST, ON_LOSS };

/* Rows are states, columns are events. */
static const enum conn_state conn_next[][3] = {
	/*                    ON_CONNECT        ON_TRUST    ON_LOSS */
	[CONN_DIALING] = {CONN_HANDSHAKING, CONN_NONE, CONN_CLOSED},
	[CONN_HANDSHAKING] = {CONN_NONE, CONN_READY, CONN_CLOSED},
	[CONN_READY] = {CONN_NONE, CONN_NONE, CONN_CLOSED},
	[CONN_CLOSED] = {CONN_NONE, CONN_NONE, CONN_CLOSED},
};

struct conn {
	struct loop *loop;
	struct conn_owner *owner; /* NULL once it has closed the connection */
	const struct clock *clock;
	struct conn_limits limits;
	enum conn_state state;
	enum transport_err err; /* why it ended */
	int fd;
	struct watch watch;
	unsigned watched;
	struct timer timer; /* until ready; then, while an answer is owed */
	bool timing;        /* the timer runs, in CONN_READY */
	uint64_t heard_ms;
	struct turn turn; /* at the end of the turn: write, or be buried */
	struct tls *tls;
	struct dot *dot;
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

static void conn_free(struct conn *conn)
{
	tls_free(conn->tls);
	dot_free(conn->dot);
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
		if (n < 0 && errno != EAGAIN) {
			conn_fail(conn, TRANSPORT_LOST, strerror(errno));
			return;
		}
		if (n < 0)
			break;
		buf_consume(out, (size_t)n);
	}
	conn_watch(conn, buf_size(out) > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* While an answer is owed the timer looks, now and then, whether the peer was heard. */
static void conn_expect(struct conn *conn)
{
	if (conn->timing || dot_waiting(conn->dot) == 0)
		return;
	conn->timing = true;
	if (!timer_start(conn->loop, &conn->timer, conn->limits.silent_ms))
		conn_fail(conn, TRANSPORT_NOMEM, "out of memory");
}

/* All queries of this turn in as few TLS records and writes as they fit in. */
static void conn_flush(struct conn *conn)
{
	struct buf *queries = dot_out(conn->dot);

	if (conn->state != CONN_READY)
		return;
	if (buf_size(queries) > 0) {
		enum transport_err err = tls_write(conn->tls, buf_bytes(queries));

		if (err != TRANSPORT_OK) {
			conn_fail(conn, err, tls_why(conn->tls));
			return;
		}
		buf_consume(queries, buf_size(queries));
		conn_expect(conn);
	}
	if (conn->state == CONN_READY)
		conn_send(conn);
}

static void on_turn(struct turn *turn)
{
	struct conn *conn = container_of(turn, struct conn, turn);
	struct conn_owner *owner = conn->owner;

	conn_flush(conn);
	if (conn->state != CONN_CLOSED || turn->queued)
		return;
	conn->owner = NULL;
	if (owner != NULL)
		owner->ended(owner, conn->err);
	assert(dot_waiting(conn->dot) == 0);
	conn_free(conn);
}

static void conn_handshake(struct conn *conn)
{
	enum transport_err err = tls_handshake(conn->tls, clock_now(conn->clock));

	/* Also an alert that says why it failed. */
	if (conn->state == CONN_HANDSHAKING)
		conn_send(conn);
	if (conn->state == CONN_CLOSED || err == TRANSPORT_WAIT)
		return;
	if (err != TRANSPORT_OK) {
		conn_fail(conn, err, tls_why(conn->tls));
		return;
	}
	timer_stop(&conn->timer);
	conn_step(conn, ON_TRUST);
	conn->was_ready = true;
	if (conn->owner != NULL)
		conn->owner->ready(conn->owner);
}

/* Hands on every answer that is whole. */
static void conn_answers(struct conn *conn)
{
	struct exchange *exchange;
	struct wire answer;
	enum transport_err err;

	while ((err = dot_next(conn->dot, &exchange, &answer)) == TRANSPORT_OK) {
		conn->useful = true;
		conn->owner->answered(conn->owner, exchange, answer);
		if (conn->state != CONN_READY)
			return;
	}
	if (err == TRANSPORT_PROTOCOL)
		conn_fail(conn, err, "the server sent an answer to what was not asked");
}

static void conn_read(struct conn *conn)
{
	struct buf *in = dot_in(conn->dot);

	while (conn->state == CONN_READY) {
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
		conn->heard_ms = loop_now_ms(conn->loop);
		conn_answers(conn);
	}
}

static void conn_process(struct conn *conn)
{
	if (conn->state == CONN_HANDSHAKING)
		conn_handshake(conn);
	if (conn->state == CONN_READY)
		conn_read(conn);
	/* TLS may owe the peer something of its own, a key update for one. */
	if (conn->state == CONN_READY && buf_size(tls_out(conn->tls)) > 0)
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
		conn_fail(conn, TRANSPORT_LOST, strerror(errno));
		return;
	}
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
	uint64_t silent_ms = loop_now_ms(conn->loop) - conn->heard_ms;

	if (conn->state == CONN_DIALING)
		conn_fail(conn, TRANSPORT_TIMEOUT, "no connection in time");
	else if (conn->state == CONN_HANDSHAKING)
		conn_fail(conn, TRANSPORT_TIMEOUT, "the TLS handshake was not done in time");
	if (conn->state != CONN_READY)
		return;
	conn->timing = false;
	if (dot_waiting(conn->dot) == 0)
		return;
	if (silent_ms >= conn->limits.silent_ms) {
		conn_fail(conn, TRANSPORT_TIMEOUT, "the server does not answer");
		return;
	}
	conn->timing =
		timer_start(conn->loop, &conn->timer, conn->limits.silent_ms - silent_ms);
}

struct conn *conn_new(const struct endpoint *endpoint, const struct conn_params *params,
	bool asks_scts, struct conn_owner *owner)
{
	struct conn *conn = calloc(1, sizeof *conn);
	int error = 0;

	if (conn == NULL)
		return NULL;
	*conn = (struct conn){.loop = params->loop,
		.owner = owner,
		.clock = params->clock,
		.limits = params->limits,
		.state = CONN_DIALING,
		.fd = -1,
		.watch.ready = on_ready,
		.timer.fired = on_timer,
		.turn.run = on_turn};
	conn->dot = dot_new();
	if (conn->dot == NULL ||
		tls_new(params->context, &endpoint->subject, "dot", asks_scts, &conn->tls) !=
			TRANSPORT_OK ||
		!timer_start(conn->loop, &conn->timer, conn->limits.ready_ms)) {
		timer_done(&conn->timer);
		conn_free(conn);
		return NULL;
	}
	if (dial(endpoint, &conn->fd, &error) != TRANSPORT_OK)
		conn_fail(conn, TRANSPORT_UNREACHABLE, strerror(error));
	else
		conn_watch(conn, LOOP_WRITE);
	return conn;
}

enum transport_err conn_submit(struct conn *conn, struct exchange *exchange)
{
	enum transport_err err = TRANSPORT_BUSY;

	assert(conn->state == CONN_READY);
	if (dot_waiting(conn->dot) == 0)
		conn->heard_ms = loop_now_ms(conn->loop);
	if (buf_size(tls_out(conn->tls)) + buf_size(dot_out(conn->dot)) < UNSENT_MAX)
		err = dot_submit(conn->dot, exchange);
	if (err == TRANSPORT_OK)
		loop_defer(conn->loop, &conn->turn);
	else if (err == TRANSPORT_BUSY && dot_cancelled(conn->dot) > dot_waiting(conn->dot))
		conn_fail(conn, TRANSPORT_LOST, "too many queries were never answered");
	return err;
}

void conn_cancel(struct conn *conn, struct exchange *exchange)
{
	dot_cancel(conn->dot, exchange);
}

void conn_close(struct conn *conn)
{
	assert(dot_waiting(conn->dot) == 0);
	conn->owner = NULL;
	if (conn->state == CONN_CLOSED)
		return;
	if (conn->state == CONN_READY) {
		tls_close(conn->tls);
		conn_send(conn);
	}
	conn_fail(conn, TRANSPORT_OK, NULL);
}

struct exchange *conn_take(struct conn *conn)
{
	return dot_take(conn->dot);
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
