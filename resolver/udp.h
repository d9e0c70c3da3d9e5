/* SPDX-License-Identifier: MIT */
#pragma once
/* Datagrams from clients, read and written in batches. */
#include "resolver/port.h"
#include "transport/loop.h"

struct udp_listener;

struct udp_owner {
	/* `message` and `client` are borrowed during the call. */
	void (*datagram)(struct udp_owner *, struct wire message, const struct client *);
};

/* memory: bytes that there are for all that its thread does. NULL: errno says why. */
struct udp_listener *udp_listen(struct loop *loop, const union socket_address *address,
	enum port_share share, uint64_t memory, struct udp_owner *owner);
/* Hears no more; replies to what it heard still leave. It frees itself after the last. */
void udp_close(struct udp_listener *listener);

void udp_join(struct udp_listener *listener);
void udp_leave(struct udp_listener *listener);
uint8_t *udp_room(struct udp_listener *listener, size_t size);
void udp_send(struct udp_listener *listener, const struct client *client, size_t size);
