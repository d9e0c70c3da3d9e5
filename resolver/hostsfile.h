/* SPDX-License-Identifier: MIT */
#pragma once
/* /etc/hosts, as it is now: read anew when it is written or replaced, a piece at a time. */
#include "resolver/hosts.h"
#include "transport/loop.h"

#define HOSTSFILE_PATH "/etc/hosts"

struct hostsfile;

struct hostsfile_owner {
	/* It says something else now; what hosts_find() returned is gone. */
	void (*changed)(struct hostsfile_owner *);
};

/* Reads it before it returns. That it cannot be read is logged, and as if it were empty.
 * NULL: no memory. */
struct hostsfile *hostsfile_new(struct loop *loop, struct hostsfile_owner *owner);
/* Whether or not it has been seen to change; afterwards, if it says something else, it calls
 * changed(). */
void hostsfile_read_again(struct hostsfile *file);
/* NULL is allowed. */
void hostsfile_free(struct hostsfile *file);
const struct hosts *hostsfile_hosts(const struct hostsfile *file);
