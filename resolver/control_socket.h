/* SPDX-License-Identifier: MIT */
#pragma once
/* The file of a UNIX socket that a daemon listens on: made, and removed if it is still ours. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct control_file {
	char path[108];
	dev_t device;
	ino_t inode;
};

/*
 * Listens at `path`, in a folder that is made when it is missing; everybody may connect. What a
 * dead process left there is replaced, and nothing else.
 *
 * backlog: how many may wait until they are taken.
 *
 * Returns the descriptor, or -1: `why` says what is wrong.
 */
int control_file_listen(
	const char *path, int backlog, struct control_file *ret, char *why, size_t size);
/* Is it there still, and that one? */
bool control_file_is_there(const struct control_file *file);
void control_file_remove(const struct control_file *file);
