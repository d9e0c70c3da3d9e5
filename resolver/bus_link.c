/* SPDX-License-Identifier: MIT */
/* An object of org.freedesktop.resolve1.Link for each link there is. */
#include "conf/value.h"
#include "resolver/bus_inside.h"
#include "resolver/link_route.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bus_no_such_link(int index, sd_bus_error *error)
{
	return sd_bus_error_setf(error, BUS_NAME ".NoSuchLink", "Link %i not known", index);
}

int bus_link_path(int index, char **ret)
{
	char digits[16];

	snprintf(digits, sizeof digits, "%d", index);
	return sd_bus_path_encode(BUS_LINK_PATH, digits, ret);
}

static int get_scopes(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	bool asks = link->settings.n_servers > 0 && link->up && link->has_address;

	return sd_bus_message_append(reply, "t", asks ? RESOLVE_DNS : 0);
}

static int get_dns(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	return bus_append_link_servers(reply, link, false);
}

static int get_dns_ex(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	return bus_append_link_servers(reply, link, true);
}

/* None, unless LinkServers= lets the link's be asked. */
static struct bus_server current_of(const struct bus *bus, const struct link *link)
{
	const struct snapshot *snapshot = bus->front->facts->snapshot;

	for (size_t i = 0; i < snapshot->n_link_routes; i++)
		if (snapshot->link_routes[i]->index == link->index)
			return bus_current_server(snapshot->link_routes[i]->route.set);
	return (struct bus_server){0};
}

static int get_current(const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	struct bus_server server = current_of(bus, link);

	return bus_append_server(reply, &server, false, false);
}

static int get_current_ex(const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	struct bus_server server = current_of(bus, link);

	return bus_append_server(reply, &server, false, true);
}

static int get_domains(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	const struct link_settings *settings = &link->settings;
	int r = sd_bus_message_open_container(reply, 'a', "(sb)");

	for (size_t i = 0; i < settings->n_domains && r >= 0; i++) {
		const char *name = settings->domains[i].name;

		r = sd_bus_message_append(reply, "(sb)", *name != '\0' ? name : ".",
			(int)settings->domains[i].route_only);
	}
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

/* One without servers is none, unless somebody has said that it is. */
static int get_default_route(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	const struct link_settings *settings = &link->settings;
	bool known = settings->n_servers > 0 || settings->default_route != LINK_UNSAID;

	return sd_bus_message_append(reply, "b", (int)(known && link_is_default_route(link)));
}

/* What holds, not what was asked for: here, and in the next two. */
static int get_no(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	(void)link;
	return sd_bus_message_append(reply, "s", "no");
}

static int get_tls(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	(void)link;
	return sd_bus_message_append(reply, "s", "yes");
}

static int get_dnssec(const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	(void)link;
	return sd_bus_message_append(
		reply, "s", bus->front->facts->snapshot->conf->dnssec ? "yes" : "no");
}

static int get_dnssec_supported(
	const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	(void)link;
	return sd_bus_message_append(
		reply, "b", (int)bus->front->facts->snapshot->conf->dnssec);
}

static int get_negative_anchors(
	[[maybe_unused]] const struct bus *bus, const struct link *link, sd_bus_message *reply)
{
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (size_t i = 0; i < link->settings.n_negative_anchors && r >= 0; i++)
		r = sd_bus_message_append(reply, "s", link->settings.negative_anchors[i]);
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static const struct {
	const char *name;
	int (*append)(const struct bus *bus, const struct link *link, sd_bus_message *reply);
} GETTERS[] = {
	{"ScopesMask", get_scopes},
	{"DNS", get_dns},
	{"DNSEx", get_dns_ex},
	{"CurrentDNSServer", get_current},
	{"CurrentDNSServerEx", get_current_ex},
	{"Domains", get_domains},
	{"DefaultRoute", get_default_route},
	{"LLMNR", get_no},
	{"MulticastDNS", get_no},
	{"DNSOverTLS", get_tls},
	{"DNSSEC", get_dnssec},
	{"DNSSECNegativeTrustAnchors", get_negative_anchors},
	{"DNSSECSupported", get_dnssec_supported},
};

static int get(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *owner, sd_bus_error *error)
{
	const struct bus_link *found = owner;

	(void)connection, (void)path, (void)interface, (void)error;
	for (size_t i = 0; i < sizeof GETTERS / sizeof *GETTERS; i++)
		if (strcmp(GETTERS[i].name, property) == 0)
			return GETTERS[i].append(found->bus, found->link, reply);
	return -ENOENT;
}

/* Before each message to such an object, and before each of its properties is read. */
static int find(sd_bus *connection, const char *path, const char *interface, void *owner,
	void **ret_found, sd_bus_error *error)
{
	struct bus *bus = owner;
	unsigned long index;
	char *digits = NULL;
	int r = sd_bus_path_decode(path, BUS_LINK_PATH, &digits);

	(void)connection, (void)interface, (void)error;
	if (r <= 0)
		return r;
	bus->found = (struct bus_link){.bus = bus};
	if (digits[0] != '0' && value_number(digits, strlen(digits), 1, INT_MAX, &index))
		bus->found.link = links_find(bus->front->links, (int)index);
	free(digits);
	*ret_found = &bus->found;
	return bus->found.link != NULL;
}

static int list(sd_bus *connection, const char *prefix, void *owner, char ***ret_nodes,
	sd_bus_error *error)
{
	const struct links *links = ((struct bus *)owner)->front->links;
	const struct link *link;
	size_t n = 0;
	char **nodes;

	(void)connection, (void)prefix, (void)error;
	while (links_at(links, n) != NULL)
		n++;
	nodes = calloc(n + 1, sizeof *nodes);
	if (nodes == NULL)
		return -ENOMEM;
	for (size_t i = 0; (link = links_at(links, i)) != NULL; i++)
		if (bus_link_path(link->index, &nodes[i]) < 0) {
			while (i > 0)
				free(nodes[--i]);
			free(nodes);
			return -ENOMEM;
		}
	*ret_nodes = nodes;
	return 1;
}

#define SETTER(name, in, in_names)                                                             \
	SD_BUS_METHOD_WITH_NAMES(                                                              \
		name, in, in_names, "", "", bus_link_set, SD_BUS_VTABLE_UNPRIVILEGED)
#define PROPERTY(name, type) SD_BUS_PROPERTY(name, type, get, 0, 0)
#define N(x) SD_BUS_PARAM(x)

static const sd_bus_vtable VTABLE[] = {
	SD_BUS_VTABLE_START(0),
	PROPERTY("ScopesMask", "t"),
	PROPERTY("DNS", "a(iay)"),
	PROPERTY("DNSEx", "a(iayqs)"),
	PROPERTY("CurrentDNSServer", "(iay)"),
	PROPERTY("CurrentDNSServerEx", "(iayqs)"),
	PROPERTY("Domains", "a(sb)"),
	PROPERTY("DefaultRoute", "b"),
	PROPERTY("LLMNR", "s"),
	PROPERTY("MulticastDNS", "s"),
	PROPERTY("DNSOverTLS", "s"),
	PROPERTY("DNSSEC", "s"),
	PROPERTY("DNSSECNegativeTrustAnchors", "as"),
	PROPERTY("DNSSECSupported", "b"),
	SETTER("SetDNS", "a(iay)", N(addresses)),
	SETTER("SetDNSEx", "a(iayqs)", N(addresses)),
	SETTER("SetDomains", "a(sb)", N(domains)),
	SETTER("SetDefaultRoute", "b", N(enable)),
	SETTER("SetLLMNR", "s", N(mode)),
	SETTER("SetMulticastDNS", "s", N(mode)),
	SETTER("SetDNSOverTLS", "s", N(mode)),
	SETTER("SetDNSSEC", "s", N(mode)),
	SETTER("SetDNSSECNegativeTrustAnchors", "as", N(names)),
	SETTER("Revert", "", ""),
	SD_BUS_VTABLE_END,
};

int bus_link_add(struct bus *bus)
{
	int r = sd_bus_add_fallback_vtable(
		bus->connection, NULL, BUS_LINK_PATH, BUS_NAME ".Link", VTABLE, find, bus);

	if (r >= 0)
		r = sd_bus_add_node_enumerator(bus->connection, NULL, BUS_LINK_PATH, list, bus);
	return r;
}
