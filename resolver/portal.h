/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A window for who is behind a captive portal: for a while, and only while no upstream can be
 * reached and trusted, a few names, by which such a portal is found, are asked of the link's
 * own server in plain text; nothing else is. It is opened by who is in charge of this machine,
 * and told of in the log, in status, and to systemd.
 */
#include "resolver/links.h"
#include "resolver/snapshot.h"

enum { PORTAL_SECONDS_MAX = 3600, PORTAL_SECONDS = 300, PORTAL_CHECK_SECONDS = 10 };

struct portal;

struct portal_owner {
	/* It was opened, closed, or lets other names through: what is cached may be wrong. */
	void (*changed)(struct portal_owner *);
	/* No upstream can be reached or trusted, on a link with a server of its own; at most
	 * once a minute. */
	void (*suspected)(struct portal_owner *, const char *why);
};

/* All borrowed; links NULL: none is known. NULL: no memory. */
struct portal *portal_new(
	const struct surroundings *around, struct links *links, struct portal_owner *owner);
/* NULL is allowed. */
void portal_free(struct portal *portal);
/* Another snapshot holds: an open window is closed. */
void portal_use(struct portal *portal, struct snapshot *snapshot);

struct portal_request {
	const char *link;          /* whose servers; NULL: the one link that has some */
	struct link_server server; /* address.size 0: the link's */
	const char *host;          /* the only name; NULL: those of PortalHosts= */
	uint32_t seconds;
};

/* False: it is not opened; `why` says why not, in words. An open one is opened anew. */
bool portal_open(
	struct portal *portal, const struct portal_request *request, char *why, size_t size);
/* One name more, which the portal has sent us to. False: so, too. */
bool portal_allow(struct portal *portal, const char *host, char *why, size_t size);
/* why: for the log. Harmless when it is closed. */
void portal_close(struct portal *portal, const char *why);
/* As NetworkManager's check does it: for a moment, one name, the link's server; if PortalCheck=
 * says so, and upstreams were tried in vain. */
void portal_check(struct portal *portal, int link, const char *host);
/* Links are others now: a window on one that has gone, or has other servers, is closed. */
void portal_follow_links(struct portal *portal);
/* A connection to an upstream began, or did not. */
void portal_note_upstream(struct portal *portal, const char *failure);

/* NULL: it is closed. *ret_left_s: for how long. */
const struct link_route *portal_window(const struct portal *portal, uint32_t *ret_left_s);
