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

size_t routes_longest(
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
	const struct route *routes, size_t n, const struct asked *asked, size_t *longest)
{
	const struct route *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t more = routes_longest(
			routes[i].conf->domains, routes[i].conf->n_domains, asked, *longest);

		if (more > *longest)
			found = &routes[i];
		*longest = more;
	}
	return found;
}

bool routes_claim(const struct conf *conf, const struct asked *asked)
{
	size_t longest = routes_longest(conf->domains, conf->n_domains, asked, 0);

	for (size_t i = 0; i < conf->n_routes && longest == 0; i++)
		longest = routes_longest(
			conf->routes[i].domains, conf->routes[i].n_domains, asked, 0);
	return longest > 0;
}
