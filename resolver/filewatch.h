/* SPDX-License-Identifier: MIT */
#pragma once
/* Hears when one of a few files is written or replaced (inotify(7)). */
#include "transport/loop.h"
#include <stddef.h>

struct filewatch;

struct filewatch_owner {
	/* Once for all that happens within a moment. */
	void (*changed)(struct filewatch_owner *);
	bool removed; /* also when one goes, and nothing takes its place */
};

/* NULL: no memory. */
struct filewatch *filewatch_new(struct loop *loop, struct filewatch_owner *owner);
void filewatch_free(struct filewatch *watch);
/* Which files from now on: absolute paths; NULL: none. False:
 * they cannot be watched, errno says why. */
bool filewatch_set(struct filewatch *watch, const char *const *paths, size_t n);
