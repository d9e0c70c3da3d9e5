/* SPDX-License-Identifier: MIT */
#pragma once
/* Which upstreams a name's questions go to: those of the route whose domain it is in, the
 * longest one; else the default ones. */
#include "resolver/asked.h"
#include "resolver/endpoints.h"

struct route {
	const struct conf_route *conf;
	struct endpoints endpoints;
	struct upstream_set *set;
};

/* The size of the longest of the domains that the name is in, if it is more than `longest`;
 * else that. */
size_t routes_longest(
	const struct conf_domain *domains, size_t n, const struct asked *asked, size_t longest);
/* The one with the longest domain that the name is in, if that is longer than *longest, which
 * then is its size; else NULL. */
const struct route *routes_find(
	const struct route *routes, size_t n, const struct asked *asked, size_t *longest);
/* Is it in a domain that the configuration names, other than the root? */
bool routes_claim(const struct conf *conf, const struct asked *asked);
/* Is its name in one of these domains? They are in lower case, without a final dot. */
bool domains_contain(const char *const *domains, size_t n, struct wire question);
