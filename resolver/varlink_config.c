/* SPDX-License-Identifier: MIT */
/* What holds of DNS, in all and of each link: what resolvectl(1) calls the status. */
#include "resolver/link_route.h"
#include "resolver/resolvconf.h"
#include "resolver/varlink_methods.h"
#include "resolver/varlink_record.h"
#include <arpa/inet.h>
#include <string.h>

enum { PORT_TLS = 853, PORT_HTTPS = 443, PORT_PLAIN = 53 };

/* Arrays that are empty are left out. */
static void set_array(json_t *object, const char *name, json_t *array)
{
	if (json_array_size(array) > 0)
		json_object_set_new(object, name, array);
	else
		json_decref(array);
}

static json_t *server_json(const uint8_t *address, size_t size, uint16_t port, const char *name,
	int interface, bool accessible)
{
	int family = size == 4 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN] = "";
	json_t *server;

	inet_ntop(family, address, text, sizeof text);
	server = json_pack("{s:s, s:o, s:i, s:i, s:b}", "addressString", text, "address",
		varlink_bytes_json(address, size), "family", family, "port", port, "accessible",
		accessible);
	if (interface != 0)
		json_object_set_new(server, "ifindex", json_integer(interface));
	if (name != NULL)
		json_object_set_new(server, "name", json_string(name));
	return server;
}

static uint16_t port_of(const struct conf *conf, const struct conf_upstream *upstream)
{
	if (upstream->address.port != 0)
		return upstream->address.port;
	switch (upstream->protocol_given ? upstream->protocol : conf->protocols[0]) {
	case CONF_PROTOCOL_TLS: return PORT_TLS;
	case CONF_PROTOCOL_HTTPS: return PORT_HTTPS;
	case CONF_PROTOCOL_PLAIN: break;
	}
	return PORT_PLAIN;
}

/* One whose address is still to be found has none to be told. */
static json_t *upstreams_json(
	const struct conf *conf, const struct conf_upstream *upstreams, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct conf_address *address = &upstreams[i].address;

		if (address->size > 0)
			json_array_append_new(array, server_json(address->bytes, address->size,
							     port_of(conf, &upstreams[i]),
							     upstreams[i].name, 0, true));
	}
	return array;
}

static json_t *current_json(const struct upstream_set *set, int interface)
{
	const struct upstream *upstream;

	for (size_t i = 0; (upstream = set_upstream(set, i)) != NULL; i++) {
		const struct endpoint *endpoint = upstream_endpoint(upstream);

		if (upstream_readiness(upstream) == UPSTREAM_READY)
			return server_json(endpoint->subject.address,
				endpoint->subject.address_size, endpoint->port,
				endpoint->subject.name, interface, true);
	}
	return NULL;
}

static json_t *domain_json(const char *name, bool route_only, int interface)
{
	json_t *domain = json_pack(
		"{s:s, s:b}", "name", name[0] != '\0' ? name : ".", "routeOnly", route_only);

	if (interface != 0)
		json_object_set_new(domain, "ifindex", json_integer(interface));
	return domain;
}

static json_t *names_json(const char *const *names, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(names[i]));
	return array;
}

/* What is the same of all: DNSSEC is validated here, or nowhere; LLMNR and mDNS are not spoken.
 */
static json_t *begin(const struct conf *conf, bool plain)
{
	return json_pack("{s:b, s:s, s:s, s:s, s:s}", "dnssecSupported", conf->dnssec, "dnssec",
		conf->dnssec ? "yes" : "no", "dnsOverTLS", plain ? "no" : "yes", "llmnr", "no",
		"mDNS", "no");
}

static json_t *scopes_json(const struct conf *conf, bool plain, const struct link *link)
{
	json_t *scope = json_pack("{s:s, s:s, s:s}", "protocol", "dns", "dnssec",
		conf->dnssec ? "yes" : "no", "dnsOverTLS", plain ? "no" : "yes");

	if (link != NULL) {
		json_object_set_new(scope, "ifindex", json_integer(link->index));
		json_object_set_new(scope, "ifname", json_string(link->name));
	}
	return json_pack("[o]", scope);
}

static json_t *global_json(const struct snapshot *snapshot)
{
	const struct conf *conf = snapshot->conf;
	json_t *object = begin(conf, false), *domains = json_array();
	json_t *current = current_json(snapshot->set, 0);

	for (size_t i = 0; i < conf->n_domains; i++)
		json_array_append_new(domains,
			domain_json(conf->domains[i].name, conf->domains[i].route_only, 0));
	if (current != NULL)
		json_object_set_new(object, "currentServer", current);
	set_array(object, "servers", upstreams_json(conf, conf->upstreams, conf->n_upstreams));
	set_array(object, "fallbackServers",
		upstreams_json(conf, conf->fallback, conf->n_fallback));
	set_array(object, "searchDomains", domains);
	set_array(object, "negativeTrustAnchors",
		names_json(conf->negative_anchors, conf->n_negative_anchors));
	json_object_set_new(object, "resolvConfMode", json_string(resolvconf_mode()));
	json_object_set_new(object, "scopes", scopes_json(conf, false, NULL));
	return object;
}

/* Its servers are asked; NULL: they are only shown. */
static const struct link_route *route_of(const struct snapshot *snapshot, int index)
{
	for (size_t i = 0; i < snapshot->n_link_routes; i++)
		if (snapshot->link_routes[i]->index == index &&
			snapshot->link_routes[i]->route.set != NULL)
			return snapshot->link_routes[i];
	return NULL;
}

/* What is said of it; else no link is one whose servers are not asked. */
static bool is_default_route(const struct link *link, const struct link_route *route)
{
	return (route != NULL || link->settings.default_route != LINK_UNSAID) &&
	       link_is_default_route(link);
}

static json_t *link_json(const struct snapshot *snapshot, const struct link *link)
{
	const struct link_settings *settings = &link->settings;
	const struct link_route *route = route_of(snapshot, link->index);
	bool plain = route != NULL && route->plain;
	json_t *object = begin(snapshot->conf, plain);
	json_t *servers = json_array(), *domains = json_array(), *current = NULL;

	json_object_set_new(object, "ifname", json_string(link->name));
	json_object_set_new(object, "ifindex", json_integer(link->index));
	json_object_set_new(
		object, "defaultRoute", json_boolean(is_default_route(link, route)));
	for (size_t i = 0; i < settings->n_servers; i++) {
		const struct link_server *server = &settings->servers[i];

		json_array_append_new(
			servers, server_json(server->address.bytes, server->address.size,
					 server->port != 0 ? server->port
					 : plain           ? PORT_PLAIN
							   : PORT_TLS,
					 server->name, link->index, route != NULL));
	}
	for (size_t i = 0; i < settings->n_domains; i++)
		json_array_append_new(
			domains, domain_json(settings->domains[i].name,
					 settings->domains[i].route_only, link->index));
	if (route != NULL)
		current = current_json(route->route.set, link->index);
	if (current != NULL)
		json_object_set_new(object, "currentServer", current);
	set_array(object, "servers", servers);
	set_array(object, "searchDomains", domains);
	set_array(object, "negativeTrustAnchors",
		names_json((const char *const *)settings->negative_anchors,
			settings->n_negative_anchors));
	if (route != NULL)
		json_object_set_new(object, "scopes", scopes_json(snapshot->conf, plain, link));
	return object;
}

static json_t *configuration_json(const struct front *front)
{
	const struct snapshot *snapshot = front->facts->snapshot;
	json_t *array = json_array();
	const struct link *link;

	json_array_append_new(array, global_json(snapshot));
	for (size_t i = 0; (link = links_at(front->links, i)) != NULL; i++)
		json_array_append_new(array, link_json(snapshot, link));
	return json_pack("{s:o}", "configuration", array);
}

void varlink_dump_configuration(struct varlink_client *client, const struct varlink_call *call)
{
	if (varlink_no_parameters(client, call))
		varlink_reply(client, configuration_json(client->service->front));
}

static void forget(struct varlink_client *client)
{
	list_remove(&client->node);
}

void varlink_subscribe_configuration(
	struct varlink_client *client, const struct varlink_call *call)
{
	if (!varlink_no_parameters(client, call))
		return;
	list_append(&client->service->subscribers, &client->node);
	varlink_subscribe(client, forget);
	if (!client->channel.closed)
		varlink_reply_more(client, configuration_json(client->service->front));
}

void varlink_configuration_changed(struct varlink_service *service)
{
	for (struct list *l = service->subscribers.next; l != &service->subscribers;
		l = l->next) {
		struct varlink_client *client = container_of(l, struct varlink_client, node);

		if (!client->channel.ends)
			varlink_reply_more(client, configuration_json(service->front));
	}
}
