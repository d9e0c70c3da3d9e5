/* SPDX-License-Identifier: MIT */
#include "resolver/port.h"

static int let_others(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

int port_bind(int fd, const union socket_address *address, enum port_share share)
{
	socklen_t size =
		address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;

	if (share == PORT_FURTHER && let_others(fd) < 0)
		return -1;
	if (bind(fd, &address->any, size) < 0)
		return -1;
	/* Only now: else a daemon that is started twice would take half of the clients. */
	return share == PORT_FIRST ? let_others(fd) : 0;
}
