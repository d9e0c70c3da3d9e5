/* SPDX-License-Identifier: MIT */
#include "resolver/routes.h"
#include <string.h>

bool domains_contain(const char *const *domains, size_t n, struct wire question)
{
	struct asked asked;
	size_t at;

	asked_read(question, &asked);
	for (size_t i = 0; i < n; i++)
		if (asked_is_in(&asked, domains[i], &at))
			return true;
	return false;
}

/* The size of the longest of the domains that the name is in, if it is more than `longest`. */
static size_t longer(
	const struct conf_domain *domains, size_t n, const struct asked *asked, size_t longest)
{
	size_t at;

	for (size_t i = 0; i < n; i++)
		/* One that contains another is shorter. */
		if (strlen(domains[i].name) > longest &&
			asked_is_in(asked, domains[i].name, &at))
			longest = strlen(domains[i].name);
	return longest;
}

const struct route *routes_find(
	const struct conf *conf, const struct route *routes, size_t n, struct wire question)
{
	const struct route *found = NULL;
	struct asked asked;
	size_t longest;

	if (n == 0)
		return NULL;
	asked_read(question, &asked);
	longest = longer(conf->domains, conf->n_domains, &asked, 0);
	for (size_t i = 0; i < n; i++) {
		size_t more = longer(
			routes[i].conf->domains, routes[i].conf->n_domains, &asked, longest);

		if (more > longest)
			found = &routes[i];
		longest = more;
	}
	return found;
}

bool routes_claim(const struct conf *conf, const struct asked *asked)
{
	size_t longest = longer(conf->domains, conf->n_domains, asked, 0);

	for (size_t i = 0; i < conf->n_routes && longest == 0; i++)
		longest = longer(conf->routes[i].domains, conf->routes[i].n_domains, asked, 0);
	return longest > 0;
}
