/* SPDX-License-Identifier: MIT */
#include "resolver/resolve.h"
#include <stdio.h>
#include <stdlib.h>

struct resolver {
	const struct facts *facts;
	const struct links *links;
};

struct resolver *resolver_new(const struct facts *facts, const struct links *links)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);

	if (resolver != NULL)
		*resolver = (struct resolver){facts, links};
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	free(resolver);
}

struct resolving *resolve(struct resolver *resolver, const struct resolve_request *request,
	void (*done)(void *owner, const struct resolve_end *end), void *owner)
{
	(void)resolver, (void)request, (void)done, (void)owner;
	return NULL;
}

void resolving_cancel(struct resolving *resolving)
{
	(void)resolving;
}

bool resolve_flags_good(enum resolve_kind kind, uint64_t flags)
{
	(void)kind;
	return flags == 0;
}

void resolve_why(const struct resolve_end *end, char *out, size_t size)
{
	snprintf(out, size, "%d", (int)end->err);
}
