/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Clients over TCP (RFC 7766): many queries on a connection, answered in any order. A
 * connection that asks nothing is closed; one that does not read is not read from.
 */
#include "resolver/memory.h"
#include "resolver/port.h"
#include "transport/loop.h"

struct tcp_listener;
struct tcp_server; /* all listeners and clients: they share one limit */

enum { TCP_IDLE_MS = 10000 }; /* RFC 7766 section 6.2.3 leaves it to us */

struct tcp_owner {
	/* May it connect? */
	bool (*admit)(struct tcp_owner *, const union socket_address *peer);
	/* `message` and `client` are borrowed during the call. */
	void (*message)(struct tcp_owner *, struct wire message, const struct client *);
};

/* NULL: no memory. */
struct tcp_server *tcp_server_new(
	struct loop *loop, struct tcp_owner *owner, const struct portion *portion);
/* Closes all; listeners must be closed, and no query may be under way. */
void tcp_server_free(struct tcp_server *server);
/* Reads no more from any client. */
void tcp_server_stop(struct tcp_server *server);
/* Does any reply still wait to be written? */
bool tcp_server_unsent(const struct tcp_server *server);

/* NULL: errno says why. */
struct tcp_listener *tcp_listen(
	struct tcp_server *server, const union socket_address *address, enum port_share share);
/* Accepts no more; its clients stay. */
void tcp_close(struct tcp_listener *listener);

void tcp_join(struct tcp_client *tcp, struct client *client);
void tcp_leave(struct tcp_client *tcp, struct client *client);
uint8_t *tcp_room(struct tcp_client *tcp, size_t size);
void tcp_send(struct tcp_client *tcp, size_t size);
