/* SPDX-License-Identifier: MIT */
#pragma once
/* Who asked, and the way back. A query holds one by value. */
#include "transport/buf.h"
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
	SOURCE_STALE, /* the cache, beyond its time (RFC 8767) */
	SOURCE_LOCAL, /* names of this host, special ones, and those of its files */
	SOURCE_ERROR, /* it is an error of our own */
};

struct endpoint;
struct client;

/* What a part of this program may ask for besides. */
enum {
	INSIDE_NO_CACHE = 1, /* nothing that is kept will do */
	INSIDE_NO_STALE = 2, /* nor what is beyond its time */
	INSIDE_NO_LOCAL = 4, /* what is known here is not told, nor asked of others: REFUSED */
	INSIDE_NO_NETWORK = 8,    /* nobody is asked: REFUSED */
	INSIDE_SINGLE_LABEL = 16, /* names of one label are asked for as any other */
};

/* A part of this program that asks. One question at a time. */
struct inside {
	/* Called once, also from within query_start(); `client` says where the reply comes
	 * from. Both are borrowed during the call, but for `message`, which lies in `room`; it
	 * is empty when no reply is coming.
	 * It may free what `inside` lies in, after inside_done(). */
	void (*reply)(struct inside *inside, struct wire message, const struct client *client);
	struct client *client; /* the query's own, while that is under way; else NULL */
	struct buf room;       /* what a reply is written to, until the next question */
	unsigned options;      /* INSIDE_… */
};

struct client {
	/* One of the three; or none: then nobody reads the reply, and none is written. */
	struct udp_listener *udp;
	struct tcp_client *tcp;
	struct inside *inside;
	union socket_address peer;
	union destination destination;
	struct list node;              /* among the queries of a TCP client */
	void (*gone)(struct client *); /* who asked is: forget the query */
	unsigned *under_way;           /* how many queries of it are; NULL: nobody counts */
	uint64_t began_us;             /* tap_now_us() when it asked; 0: nobody watched */
	/* Set before client_send(), for who asks inside and for who watches. */
	enum reply_source source;
	const struct endpoint *by; /* SOURCE_UPSTREAM: who answered; else NULL */
};

/* A query has come to be; it must end in client_send() or client_leave(). */
void client_join(struct client *client);
/* Where to write a reply of at most `size` bytes; NULL: it cannot be had. */
uint8_t *client_room(struct client *client, size_t size);
/* Sends `size` bytes of it, at the end of this turn of the loop. Without a join, too. */
void client_send(struct client *client, size_t size);
/* No (more) reply is coming. */
void client_leave(struct client *client);

/* The reply is not wanted any more: reply() will not be called. Harmless when nothing is under
 * way. */
void inside_cancel(struct inside *inside);
/* So too; and its memory goes. It may be used again. */
void inside_done(struct inside *inside);
