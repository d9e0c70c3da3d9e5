/* SPDX-License-Identifier: MIT */
#include "resolver/link.h"
#include "conf/value.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DNS = 53, PORT_DOT = 853 };

/* One more element for an array of *n, which may move. NULL: no memory. */
static void *grow(void *array, size_t n, size_t size)
{
	/* Powers of two, so that adding many does not copy all each time. */
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	return realloc(array, (n == 0 ? 1 : 2 * n) * size);
}

/* Nobody's, or 127.0.0.53 and 127.0.0.54: who asked there would ask himself. */
static bool is_no_server(const struct address *address)
{
	static const uint8_t nobody[16], stub[3] = {127, 0, 0};

	return memcmp(address->bytes, nobody, sizeof nobody) == 0 ||
	       (address->size == 4 && memcmp(address->bytes, stub, sizeof stub) == 0 &&
		       (address->bytes[3] == 53 || address->bytes[3] == 54));
}

static bool has_server(const struct link_settings *settings, const struct link_server *like)
{
	const char *name = like->name != NULL ? like->name : "";

	for (size_t i = 0; i < settings->n_servers; i++) {
		const struct link_server *server = &settings->servers[i];

		if (memcmp(&server->address, &like->address, sizeof like->address) == 0 &&
			server->port == like->port &&
			strcmp(server->name != NULL ? server->name : "", name) == 0)
			return true;
	}
	return false;
}

bool link_add_server(struct link_settings *settings, const struct address *address,
	uint16_t port, const char *name)
{
	struct link_server server = {*address, port, NULL}, *servers;
	size_t size = name != NULL ? strlen(name) : 0;

	if (size > 1 && name[size - 1] == '.')
		size--;
	if (is_no_server(address) || (size > 0 && !value_hostname(name, size)))
		return false;
	if (port == PORT_DNS || port == PORT_DOT)
		server.port = 0;
	if (size > 0 && (server.name = strndup(name, size)) == NULL)
		return false;
	if (has_server(settings, &server)) {
		free(server.name);
		return true;
	}
	servers = settings->n_servers < LINK_SERVERS_MAX
			  ? grow(settings->servers, settings->n_servers, sizeof *servers)
			  : NULL;
	if (servers == NULL) {
		free(server.name);
		return false;
	}
	settings->servers = servers;
	servers[settings->n_servers++] = server;
	return true;
}

/* NULL: it is no domain, or no memory. */
static char *domain_of(const char *text)
{
	size_t size = strlen(text);
	char *name;

	if (size > 0 && text[size - 1] == '.')
		size--;
	if (size > 0 && !value_domain(text, size))
		return NULL;
	name = strndup(text, size);
	for (size_t i = 0; name != NULL && i < size; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	return name;
}

bool link_add_domain(struct link_settings *settings, const char *domain, bool route_only)
{
	char *name = domain_of(domain);
	struct link_domain *domains;

	if (name == NULL || (*name == '\0' && !route_only))
		goto fail;
	for (size_t i = 0; i < settings->n_domains; i++)
		if (strcmp(settings->domains[i].name, name) == 0) {
			/* What is searched is routed, too. */
			settings->domains[i].route_only &= route_only;
			free(name);
			return true;
		}
	if (settings->n_domains == LINK_DOMAINS_MAX)
		goto fail;
	domains = grow(settings->domains, settings->n_domains, sizeof *domains);
	if (domains == NULL)
		goto fail;
	settings->domains = domains;
	domains[settings->n_domains++] = (struct link_domain){name, route_only};
	return true;
fail:
	free(name);
	return false;
}

bool link_add_negative_anchor(struct link_settings *settings, const char *domain)
{
	char *name = domain_of(domain), **anchors;

	if (name == NULL)
		return false;
	anchors = settings->n_negative_anchors < LINK_NEGATIVE_ANCHORS_MAX
			  ? grow(settings->negative_anchors, settings->n_negative_anchors,
				    sizeof *anchors)
			  : NULL;
	if (anchors == NULL) {
		free(name);
		return false;
	}
	settings->negative_anchors = anchors;
	anchors[settings->n_negative_anchors++] = name;
	return true;
}

bool link_settings_copy(const struct link_settings *from, struct link_settings *ret)
{
	bool good = true;

	*ret = (struct link_settings){.default_route = from->default_route,
		.llmnr = from->llmnr,
		.multicast_dns = from->multicast_dns,
		.dns_over_tls = from->dns_over_tls,
		.dnssec = from->dnssec};
	for (size_t i = 0; i < from->n_servers && good; i++)
		good = link_add_server(ret, &from->servers[i].address, from->servers[i].port,
			from->servers[i].name);
	for (size_t i = 0; i < from->n_domains && good; i++)
		good = link_add_domain(ret, from->domains[i].name, from->domains[i].route_only);
	for (size_t i = 0; i < from->n_negative_anchors && good; i++)
		good = link_add_negative_anchor(ret, from->negative_anchors[i]);
	if (!good)
		link_settings_clear(ret);
	return good;
}

static bool same_lists(const struct link_settings *a, const struct link_settings *b)
{
	for (size_t i = 0; i < a->n_servers; i++) {
		const struct link_server *x = &a->servers[i], *y = &b->servers[i];

		if (memcmp(&x->address, &y->address, sizeof x->address) != 0 ||
			x->port != y->port || (x->name == NULL) != (y->name == NULL) ||
			(x->name != NULL && strcmp(x->name, y->name) != 0))
			return false;
	}
	for (size_t i = 0; i < a->n_domains; i++)
		if (strcmp(a->domains[i].name, b->domains[i].name) != 0 ||
			a->domains[i].route_only != b->domains[i].route_only)
			return false;
	for (size_t i = 0; i < a->n_negative_anchors; i++)
		if (strcmp(a->negative_anchors[i], b->negative_anchors[i]) != 0)
			return false;
	return true;
}

bool link_settings_same(const struct link_settings *a, const struct link_settings *b)
{
	return a->n_servers == b->n_servers && a->n_domains == b->n_domains &&
	       a->n_negative_anchors == b->n_negative_anchors &&
	       a->default_route == b->default_route && a->llmnr == b->llmnr &&
	       a->multicast_dns == b->multicast_dns && a->dns_over_tls == b->dns_over_tls &&
	       a->dnssec == b->dnssec && same_lists(a, b);
}

bool link_settings_empty(const struct link_settings *settings)
{
	static const struct link_settings nothing;

	return link_settings_same(settings, &nothing);
}

void link_settings_clear(struct link_settings *settings)
{
	for (size_t i = 0; i < settings->n_servers; i++)
		free(settings->servers[i].name);
	for (size_t i = 0; i < settings->n_domains; i++)
		free(settings->domains[i].name);
	for (size_t i = 0; i < settings->n_negative_anchors; i++)
		free(settings->negative_anchors[i]);
	free(settings->servers);
	free(settings->domains);
	free(settings->negative_anchors);
	*settings = (struct link_settings){0};
}

bool link_is_default_route(const struct link *link)
{
	const struct link_settings *settings = &link->settings;
	bool routes_some = false;

	if (settings->default_route != LINK_UNSAID)
		return settings->default_route == LINK_YES;
	for (size_t i = 0; i < settings->n_domains; i++) {
		if (*settings->domains[i].name == '\0')
			return true;
		routes_some |= settings->domains[i].route_only;
	}
	return !routes_some;
}
