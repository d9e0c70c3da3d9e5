/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * DNS over a stream: two bytes of length before each message (RFC 7766 section 8, RFC 7858
 * section 3.3), any number under way, answers in any order, told apart by their ID. Bytes in,
 * bytes out.
 */
#include "transport/buf.h"

struct dot;

struct dot *dot_new(void);
/* Exchanges still in it are forgotten, not finished: take them out first. */
void dot_free(struct dot *dot);

/* Queues the query under an ID of its own. TRANSPORT_BUSY: too many under way on this
 * connection. */
enum transport_err dot_submit(struct dot *dot, struct exchange *exchange);
/* Its ID stays taken until the answer has come: a late one must not meet another question. */
void dot_cancel(struct dot *dot, struct exchange *exchange);

/* Bytes for the peer; bytes from the peer. */
struct buf *dot_out(struct dot *dot);
struct buf *dot_in(struct dot *dot);

/*
 * Takes the next whole answer out of what came in. TRANSPORT_WAIT: there is none.
 * TRANSPORT_PROTOCOL: the peer sent what was not asked; the connection is to be given up,
 * nothing was finished. An answer whose exchange was cancelled is passed over. ret_answer is
 * valid until the next call.
 */
enum transport_err dot_next(
	struct dot *dot, struct exchange **ret_exchange, struct wire *ret_answer);

/* An exchange that is still waiting, taken out of the table; NULL when there is none. */
struct exchange *dot_take(struct dot *dot);
/* How many are waiting, and how many IDs are taken by cancelled ones. */
size_t dot_waiting(const struct dot *dot);
size_t dot_cancelled(const struct dot *dot);
