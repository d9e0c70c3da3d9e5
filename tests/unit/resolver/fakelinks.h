/* SPDX-License-Identifier: MIT */
#pragma once
/* A kernel with the links that a test wants: the linker puts these functions in the place of
 * if_nameindex(3) and getifaddrs(3). And a loop that runs as long as a test wants. */
#include "transport/loop.h"
#include <net/if.h>
#include <stddef.h>

struct fake_link {
	int index;
	const char *name;
	unsigned flags;
	const char *addresses[3];
	const char *label; /* of its IPv4 addresses; NULL: the name */
};

enum { FAKE_UP = IFF_UP | IFF_RUNNING };

/* These and no others; borrowed until the next call. */
void fake_links(const struct fake_link *links, size_t n);

/* To the end of one turn. */
void run_turn(struct loop *loop);
/* Until done(), which is called in between; fails after ten seconds. */
void run_until(struct loop *loop, bool (*done)(void));
