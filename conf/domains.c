/* SPDX-License-Identifier: MIT */
/* Domains=: of the default route, and of others. */
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>

static const char *keep_domain(struct reading *reading, const char *text, size_t size)
{
	if (size > 1 && text[size - 1] == '.')
		size--;
	return value_domain(text, size) ? keep_name(reading, text, size) : NULL;
}

bool add_domain(struct reading *reading, const char *text, size_t size, const char **list,
	size_t *n, size_t max)
{
	const char *name = keep_domain(reading, text, size);

	if (name == NULL)
		return mistake(reading, "%.*s: not a domain", (int)size, text);
	if (*n == max)
		return mistake(reading, "more than %zu domains", max);
	list[(*n)++] = name;
	return true;
}

static const struct conf_route *route_of(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_routes; i++)
		for (size_t j = 0; j < conf->routes[i].n_domains; j++)
			if (strcmp(conf->routes[i].domains[j].name, name) == 0)
				return &conf->routes[i];
	return NULL;
}

/* [~]DOMAIN; the root has the name "". */
static bool read_domain(
	struct reading *reading, const char *text, size_t size, struct conf_domain *ret)
{
	struct conf_domain domain = {0};
	const char *whole = text;
	int n = (int)size;

	if (*text == '~') {
		domain.route_only = true;
		text++;
		size--;
	}
	if (size == 1 && *text == '.') {
		domain.name = "";
		*ret = domain;
		return true;
	}
	domain.name = keep_domain(reading, text, size);
	*ret = domain;
	return domain.name != NULL || mistake(reading, "%.*s: not a domain", n, whole);
}

static bool add_to_route(struct reading *reading, const char *text, size_t size)
{
	struct conf_route *route = reading->route;
	const struct conf_route *other;
	struct conf_domain domain;

	if (!read_domain(reading, text, size, &domain))
		return false;
	if (*domain.name == '\0')
		return mistake(reading,
			"%.*s: a route is for some domains; for all others there is DNS= in "
			"[Resolve], which is never in plain text",
			(int)size, text);
	other = route_of(reading->conf, domain.name);
	if (other != NULL)
		return mistake(reading, "%.*s: it is in the route of %s:%u already", (int)size,
			text, other->file, other->line);
	if (route->n_domains == ROUTE_DOMAINS_MAX)
		return mistake(reading, "more than %d domains", ROUTE_DOMAINS_MAX);
	route->domains[route->n_domains++] = domain;
	return true;
}

/* The same one again is no mistake: files of others are copied together. */
static bool add_to_default(struct reading *reading, const char *text, size_t size)
{
	struct conf *conf = reading->conf;
	struct conf_domain domain;

	if (!read_domain(reading, text, size, &domain))
		return false;
	if (*domain.name == '\0' && !domain.route_only)
		return mistake(reading, ".: the root is not a search domain");
	for (size_t i = 0; i < conf->n_domains; i++) {
		if (strcmp(conf->domains[i].name, domain.name) == 0) {
			conf->domains[i].route_only &= domain.route_only;
			return true;
		}
	}
	if (conf->n_domains == SEARCH_MAX)
		return mistake(reading, "more than %d domains", SEARCH_MAX);
	conf->domains[conf->n_domains++] = domain;
	return true;
}

SETTER(route_domains)
{
	(void)option;
	if (reading->route == NULL)
		return true;
	if (*value == '\0')
		reading->route->n_domains = 0;
	return each_word(reading, value, add_to_route);
}

SETTER(domains)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_domains = 0;
	return each_word(reading, value, add_to_default);
}
