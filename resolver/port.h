/* SPDX-License-Identifier: MIT */
#pragma once
/* An address that the sockets of several workers are bound to: the kernel spreads clients over
 * them, by their address and port (SO_REUSEPORT, socket(7)). */
#include "resolver/client.h"

enum port_share {
	PORT_ALONE,   /* nobody else's, as ever */
	PORT_FIRST,   /* others follow; but whoever is there before is in the way, as ever */
	PORT_FURTHER, /* the first one is there already */
};

/* bind(2). -1: errno says why not. */
int port_bind(int fd, const union socket_address *address, enum port_share share);
