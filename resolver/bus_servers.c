/* SPDX-License-Identifier: MIT */
/* Servers, as properties tell of them. */
#include "resolver/bus_inside.h"
#include <string.h>

enum { TLS_PORT = 853, PLAIN_PORT = 53 };

int bus_append_server(sd_bus_message *message, const struct bus_server *server,
	bool with_interface, bool extended)
{
	const char *types = extended ? (with_interface ? "iiayqs" : "iayqs")
				     : (with_interface ? "iiay" : "iay");
	int family = server->size == 16 ? AF_INET6 : server->size == 4 ? AF_INET : AF_UNSPEC;
	int r = sd_bus_message_open_container(message, 'r', types);

	if (r >= 0 && with_interface)
		r = sd_bus_message_append(message, "i", server->interface);
	if (r >= 0)
		r = sd_bus_message_append(message, "i", family);
	if (r >= 0)
		r = sd_bus_message_append_array(message, 'y', server->address, server->size);
	if (r >= 0 && extended)
		r = sd_bus_message_append(
			message, "qs", server->port, server->name != NULL ? server->name : "");
	return r >= 0 ? sd_bus_message_close_container(message) : r;
}

/* As resolved tells it: what everybody takes for granted is none. */
static uint16_t port_told(uint16_t port)
{
	return port == TLS_PORT || port == PLAIN_PORT ? 0 : port;
}

/* One whose address is still to be looked up is left out. */
static int append_upstreams(
	sd_bus_message *message, const struct conf_upstream *upstreams, size_t n, bool extended)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		const struct conf_upstream *upstream = &upstreams[i];
		struct bus_server server = {.size = upstream->address.size,
			.port = port_told(upstream->address.port),
			.name = upstream->name};

		memcpy(server.address, upstream->address.bytes, server.size);
		if (server.size > 0)
			r = bus_append_server(message, &server, true, extended);
	}
	return r;
}

static int append_link_servers(
	sd_bus_message *message, const struct link *link, bool with_interface, bool extended)
{
	const struct link_settings *settings = &link->settings;
	int r = 0;

	for (size_t i = 0; i < settings->n_servers && r >= 0; i++) {
		const struct link_server *said = &settings->servers[i];
		struct bus_server server = {.interface = link->index,
			.size = said->address.size,
			.port = said->port,
			.name = said->name};

		memcpy(server.address, said->address.bytes, server.size);
		r = bus_append_server(message, &server, with_interface, extended);
	}
	return r;
}

int bus_append_servers(sd_bus_message *message, const struct bus *bus, bool extended)
{
	const struct conf *conf = bus->front->facts->snapshot->conf;
	const struct link *link;
	int r = sd_bus_message_open_container(message, 'a', extended ? "(iiayqs)" : "(iiay)");

	if (r >= 0)
		r = append_upstreams(message, conf->upstreams, conf->n_upstreams, extended);
	for (size_t i = 0; r >= 0 && (link = links_at(bus->front->links, i)) != NULL; i++)
		r = append_link_servers(message, link, true, extended);
	return r >= 0 ? sd_bus_message_close_container(message) : r;
}

int bus_append_fallback(sd_bus_message *message, const struct bus *bus, bool extended)
{
	const struct conf *conf = bus->front->facts->snapshot->conf;
	int r = sd_bus_message_open_container(message, 'a', extended ? "(iiayqs)" : "(iiay)");

	if (r >= 0)
		r = append_upstreams(message, conf->fallback, conf->n_fallback, extended);
	return r >= 0 ? sd_bus_message_close_container(message) : r;
}

int bus_append_link_servers(sd_bus_message *message, const struct link *link, bool extended)
{
	int r = sd_bus_message_open_container(message, 'a', extended ? "(iayqs)" : "(iay)");

	if (r >= 0)
		r = append_link_servers(message, link, false, extended);
	return r >= 0 ? sd_bus_message_close_container(message) : r;
}

struct bus_server bus_current_server(const struct upstream_set *set)
{
	const struct upstream *upstream, *best = NULL;
	struct bus_server server = {0};

	/* A connection that is idle is closed: that server is still the one that is used. */
	for (size_t i = 0; set != NULL && (upstream = set_upstream(set, i)) != NULL; i++) {
		enum readiness readiness = upstream_readiness(upstream);

		if (readiness == UPSTREAM_READY) {
			best = upstream;
			break;
		}
		if (best == NULL && readiness == UPSTREAM_IDLE && set_is_well(set, i) &&
			upstream_answered_since(upstream, 0))
			best = upstream;
	}
	if (best != NULL) {
		const struct endpoint *endpoint = upstream_endpoint(best);

		server.size = endpoint->subject.address_size;
		server.port = port_told(endpoint->port);
		server.name = endpoint->subject.name;
		memcpy(server.address, endpoint->subject.address, server.size);
	}
	return server;
}
