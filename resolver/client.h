/* SPDX-License-Identifier: MIT */
#pragma once
/* Who asked, and the way back. A query holds one by value. */
#include "transport/exchange.h"
#include <netinet/in.h>

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Where a datagram was sent to, on a socket bound to all addresses: its reply comes from
 * there. */
union destination {
	struct in_pktinfo v4;
	struct in6_pktinfo v6;
};

/* Where a reply comes from. */
enum reply_source {
	SOURCE_UPSTREAM,
	SOURCE_CACHE,
	SOURCE_STALE,
	SOURCE_LOCAL,
	SOURCE_ERROR,
};

struct client {
	struct udp_listener *udp; /* one of the two */
	struct tcp_client *tcp;
	union socket_address peer;
	enum reply_source source; /* of the reply, set before client_send() */
	union destination destination;
	struct list node;              /* among the queries of a TCP client */
	void (*gone)(struct client *); /* the TCP client is: forget the query */
};

/* A query has come to be; it must end in client_send() or client_leave(). */
void client_join(struct client *client);
/* Where to write a reply of at most `size` bytes; NULL: it cannot be had. */
uint8_t *client_room(struct client *client, size_t size);
/* Sends `size` bytes of it, at the end of this turn of the loop. Without a join, too. */
void client_send(struct client *client, size_t size);
/* No (more) reply is coming. */
void client_leave(struct client *client);
