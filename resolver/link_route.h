/* SPDX-License-Identifier: MIT */
#pragma once
/* A route whose upstreams somebody else has named: a link's servers. */
#include "resolver/link.h"
#include "resolver/routes.h"
#include "resolver/snapshot.h"

/* Lookups that have begun keep it. */
struct link_route {
	unsigned references;
	int index; /* of the link */
	char name[IF_NAMESIZE];
	bool plain;
	bool portal; /* portal.h: its domains are single names, its answers are not kept */
	struct link_settings settings; /* what it was made of */
	struct conf_route conf;
	struct route route; /* its set is NULL when there is nothing to ask, or nobody */
};

/*
 * A route of the settings' servers, for those of their domains that `may` be routed to them.
 * link: its index and name are taken; settings: moved, and zeroed, also when this fails. NULL:
 * no memory.
 */
struct link_route *link_route_new(const struct link *link, bool plain,
	struct link_settings *settings,
	bool (*may)(const struct link_domain *domain, bool plain),
	const struct snapshot *snapshot, const struct surroundings *around);
struct link_route *link_route_ref(struct link_route *route);
/* The last one frees it. NULL is allowed. */
void link_route_unref(struct link_route *route);
