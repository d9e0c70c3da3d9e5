/* SPDX-License-Identifier: MIT */
#pragma once
/* The routes that links' servers make, as LinkServers= lets them. */
#include "resolver/link_route.h"

struct links;

/*
 * Brings the snapshot's routes of links up to what is wanted now; those that stay as they were
 * keep their connections. What there is no memory for is left out, and logged. Returns whether
 * anything has changed: then answers that are cached may be others now.
 */
bool link_routes_follow(struct snapshot *snapshot, const struct surroundings *around,
	const struct links *links);

/* public_suffix.c: is this domain one under which everybody can have a name (publicsuffix.org)?
 * `domain` is in lower case, without a final dot. */
bool public_suffix(const char *domain);
/* Is this domain of a link searched? What a stranger says makes no host's name one that
 * everybody can have. */
bool link_domain_is_searched(const struct link_domain *domain);
