/* SPDX-License-Identifier: MIT */
#pragma once
/* What systemd-networkd wants of its links, read from its files in /run/systemd/netif/links
 * (their format is private to it, but the only way there is), and read again when they change.
 */
#include "resolver/links.h"

struct networkd;

#if HAVE_NETWORKD

/* Reads what is there. Both are borrowed. NULL: no memory. */
struct networkd *networkd_new(struct loop *loop, struct links *links);
/* NULL is allowed. */
void networkd_free(struct networkd *networkd);

#else /* built without it: `links` stands for one */

static inline struct networkd *networkd_new(struct loop *loop, struct links *links)
{
	(void)loop;
	return (struct networkd *)(void *)links;
}
static inline void networkd_free(struct networkd *networkd)
{
	(void)networkd;
}

#endif
