/* SPDX-License-Identifier: MIT */
#pragma once
/* org.freedesktop.resolve1(5) on the system bus, for resolvectl, NetworkManager, VPN clients.
 */
#include "resolver/standin.h"

struct bus;

#if HAVE_RESOLVE1

/* front: borrowed. NULL: no memory. */
struct bus *bus_new(const struct front *front);
/* All else is ready: connects, and takes the name; when there is no bus yet, as early in the
 * boot, tries again until there is. */
void bus_announce(struct bus *bus);
/* Tells who listens that there may be a captive portal: the signal PortalSuspected of
 * org.ctresolved.Portal. */
void bus_suspect_portal(struct bus *bus, const char *why);
/* The configuration is another one; or how an upstream fares: who watches properties is told.
 * NULL is allowed. */
void bus_configure(struct bus *bus);
void bus_upstream_changed(struct bus *bus);
/* Gives the name back. NULL is allowed. */
void bus_free(struct bus *bus);

#else /* built without it: `front` stands for one */

static inline struct bus *bus_new(const struct front *front)
{
	return (struct bus *)(uintptr_t)front;
}
static inline void bus_announce(struct bus *bus)
{
	(void)bus;
}
static inline void bus_suspect_portal(struct bus *bus, const char *why)
{
	(void)bus, (void)why;
}
static inline void bus_configure(struct bus *bus)
{
	(void)bus;
}
static inline void bus_upstream_changed(struct bus *bus)
{
	(void)bus;
}
static inline void bus_free(struct bus *bus)
{
	(void)bus;
}

#endif
