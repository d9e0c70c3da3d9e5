/* SPDX-License-Identifier: MIT */
#pragma once
/* Those who are connected to the control socket. */
#include "resolver/channel.h"
#include "resolver/figures.h"

struct control_clients {
	const struct facts *facts;
	struct taps *taps;
	struct channels channels;
};

/* Both are borrowed. */
void control_clients_init(
	struct control_clients *clients, const struct facts *facts, struct taps *taps);
/* Takes a connection, which is closed if there are too many of them. */
void control_client_accept(struct control_clients *clients, int fd);
