/* SPDX-License-Identifier: MIT */
#pragma once
/* Hears when files of a folder are written, replaced or removed (inotify(7)); also of a folder
 * that comes to be later, or goes and comes again. */
#include "transport/loop.h"

struct folderwatch;

struct folderwatch_owner {
	/* Once for all that happens within a moment. */
	void (*changed)(struct folderwatch_owner *);
};

/* path: absolute, borrowed. NULL: it cannot be watched, errno says why. */
struct folderwatch *folderwatch_new(
	struct loop *loop, const char *path, struct folderwatch_owner *owner);
/* NULL is allowed. */
void folderwatch_free(struct folderwatch *watch);
