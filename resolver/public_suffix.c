/* SPDX-License-Identifier: MIT */
#include "resolver/link_routes.h"
#include <libpsl.h>

bool public_suffix(const char *domain)
{
	const psl_ctx_t *list = psl_builtin();

	/* One of a single label that is not in the list is somebody's own: "lan", "corp". */
	return list == NULL ||
	       psl_is_public_suffix2(list, domain, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

bool link_domain_is_searched(const struct link_domain *domain)
{
	return !domain->route_only && !public_suffix(domain->name);
}
