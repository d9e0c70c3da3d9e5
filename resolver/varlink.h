/* SPDX-License-Identifier: MIT */
#pragma once
/* io.systemd.Resolve and io.systemd.Resolve.Monitor, varlink(7) services for nss-resolve and
 * resolvectl. */
#include "resolver/standin.h"

struct varlink;

#if HAVE_VARLINK

/* Listens in STANDIN_FOLDER, or on what systemd has passed. What cannot be had is logged, and
 * done without. front: borrowed. NULL: no memory. */
struct varlink *varlink_new(const struct front *front);
/* The configuration is another one. */
void varlink_configure(struct varlink *varlink);
/* NULL is allowed. */
void varlink_free(struct varlink *varlink);

#else /* built without it: `front` stands for one */

static inline struct varlink *varlink_new(const struct front *front)
{
	return (struct varlink *)(uintptr_t)front;
}
static inline void varlink_configure(struct varlink *varlink)
{
	(void)varlink;
}
static inline void varlink_free(struct varlink *varlink)
{
	(void)varlink;
}

#endif
