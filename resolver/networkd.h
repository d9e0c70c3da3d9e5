/* SPDX-License-Identifier: MIT */
#pragma once
/* What systemd-networkd wants of its links, read from its files (their format is private to it,
 * but the only way there is), and read again when they change. */
#include "resolver/links.h"

#define NETWORKD_FOLDER "/run/systemd/netif/links"

struct networkd;

#if HAVE_NETWORKD

/* Reads what is there. All are borrowed; folder: NETWORKD_FOLDER, or where a test has it. What
 * cannot be read is logged. NULL: no memory. */
struct networkd *networkd_new(struct loop *loop, struct links *links, const char *folder);
/* NULL is allowed. */
void networkd_free(struct networkd *networkd);

#else /* built without it: `links` stands for one */

static inline struct networkd *networkd_new(
	struct loop *loop, struct links *links, const char *folder)
{
	(void)loop;
	(void)folder;
	return (struct networkd *)(void *)links;
}
static inline void networkd_free(struct networkd *networkd)
{
	(void)networkd;
}

#endif
