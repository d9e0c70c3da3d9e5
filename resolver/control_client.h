/* SPDX-License-Identifier: MIT */
#pragma once
/* Those who are connected to the control socket. */
#include "resolver/figures.h"

struct control_client;

struct control_clients {
	const struct facts *facts;
	struct taps *taps;
	struct list list; /* the one that was idle longest first */
	unsigned n;
};

/* Takes a connection, which is closed if there are too many of them. */
void control_client_accept(struct control_clients *clients, int fd);
void control_client_close_all(struct control_clients *clients);
