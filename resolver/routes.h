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

/* question: a name as in a message, and what follows it. NULL: the default, whose own domains
 * are those of [Resolve]. */
const struct route *routes_find(
	const struct conf *conf, const struct route *routes, size_t n, struct wire question);
/* Is it in a domain that the configuration names, other than the root? */
bool routes_claim(const struct conf *conf, const struct asked *asked);
/* Is its name in one of these domains? They are in lower case, without a final dot. */
bool domains_contain(const char *const *domains, size_t n, struct wire question);
