/* SPDX-License-Identifier: MIT */
#pragma once
/* The sockets that the configuration asks for; a change opens and closes only what differs. */
#include "conf/conf.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"

struct listeners;

/* Sockets of other workers listen at the same addresses, if there are several: these are the
 * first, or further ones. */
struct listeners_params {
	struct loop *loop;
	struct udp_owner *udp_owner;
	struct tcp_owner *tcp_owner;
	struct portion portion;
	enum port_share share;
};

/* All is borrowed until listeners_free(). NULL: no memory. */
struct listeners *listeners_new(const struct listeners_params *params);
/* Closes all. No query may be under way. NULL is allowed. */
void listeners_free(struct listeners *listeners);

/*
 * Opens what `conf` wants, beside what is open. False: a socket cannot be opened, which has
 * been logged. One of the two below must follow.
 */
bool listeners_prepare(struct listeners *listeners, const struct conf *conf);
/* From now on: what is not wanted any more is closed. */
void listeners_commit(struct listeners *listeners);
/* As if nothing had been prepared. */
void listeners_abandon(struct listeners *listeners);

/* Hears nothing more; replies still leave. */
void listeners_stop(struct listeners *listeners);
/* Does any reply wait to be written to a TCP client? */
bool listeners_unsent(const struct listeners *listeners);
