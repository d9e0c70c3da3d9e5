/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The network under the connections (rtnetlink(7)): when links, addresses or routes change, and
 * by which way packets to an address would leave now. A connection over a way that is gone dies
 * only after minutes, so it is better not to wait for that.
 */
#include "transport/loop.h"
#include <stddef.h>

/* Zeroed: there is no way. */
struct net_path {
	unsigned interface;  /* its index */
	bool running;        /* it is up, and has a carrier */
	uint8_t source[16];  /* network order; 4 bytes of it for IPv4 */
	uint8_t gateway[16]; /* zeroes: none, it is a neighbour */
};

struct netwatch;

struct netwatch_owner {
	/* Something has changed: see net_path(). Once for all changes of a tenth of a second.
	 */
	void (*changed)(struct netwatch_owner *);
};

/* NULL: no memory, or the kernel does not let us (errno); one can live without. */
struct netwatch *netwatch_new(struct loop *loop, struct netwatch_owner *owner);
/* NULL is allowed. */
void netwatch_free(struct netwatch *watch);

/* address_size: 4 or 16. False: the kernel did not say; *ret is as it was. */
bool net_path(struct netwatch *watch, const uint8_t *address, size_t address_size,
	struct net_path *ret);
bool net_path_same(const struct net_path *a, const struct net_path *b);

/* How long this machine has slept, in all, since it was started. */
uint64_t net_slept_ms(void);
