/* SPDX-License-Identifier: MIT */
#pragma once
/* The sockets that the configuration asks for; a change opens and closes only what differs. */
#include "conf/conf.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"

struct listeners;

/* The owners are borrowed until listeners_free(). NULL: no memory. */
struct listeners *listeners_new(
	struct loop *loop, struct udp_owner *udp_owner, struct tcp_owner *tcp_owner);
/* Closes all. No query may be under way. NULL is allowed. */
void listeners_free(struct listeners *listeners);

/*
 * Opens what `conf` wants, then closes what it does not. False, and nothing has changed, when a
 * socket cannot be opened, which has been logged.
 */
bool listeners_apply(struct listeners *listeners, const struct conf *conf);

/* Hears nothing more; replies still leave. */
void listeners_stop(struct listeners *listeners);
/* Does any reply wait to be written to a TCP client? */
bool listeners_unsent(const struct listeners *listeners);
