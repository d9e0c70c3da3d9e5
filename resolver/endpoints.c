/* SPDX-License-Identifier: MIT */
#include "resolver/endpoints.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT_DOT = 853,   /* RFC 7858 section 3.1 */
	PORT_HTTPS = 443, /* RFC 9110 section 4.2.2 */
	PORT_DNS = 53,
};

static const char DOH_PATH[] = "/dns-query";

static uint16_t port_of(enum conf_protocol protocol)
{
	switch (protocol) {
	case CONF_PROTOCOL_HTTPS: return PORT_HTTPS;
	case CONF_PROTOCOL_PLAIN: return PORT_DNS;
	case CONF_PROTOCOL_TLS: break;
	}
	return PORT_DOT;
}

static enum protocol protocol_of(enum conf_protocol protocol)
{
	switch (protocol) {
	case CONF_PROTOCOL_HTTPS: return PROTOCOL_HTTPS;
	case CONF_PROTOCOL_PLAIN: return PROTOCOL_PLAIN;
	case CONF_PROTOCOL_TLS: break;
	}
	return PROTOCOL_TLS;
}

static bool keep(struct endpoints *endpoints, char *text)
{
	endpoints->texts[endpoints->n_texts++] = text;
	return text != NULL;
}

/* :authority is the name that is sent as SNI, too: servers refuse what differs (RFC 9110
 * section 7.4). */
static bool make_texts(struct endpoints *endpoints, const struct conf_upstream *upstream,
	struct endpoint *endpoint)
{
	char address[INET6_ADDRSTRLEN + 2] = "", port[8] = "", *text = NULL;
	const uint8_t size = upstream->address.size;
	const char *host = upstream->name;

	if (host == NULL) {
		inet_ntop(size == 4 ? AF_INET : AF_INET6, upstream->address.bytes,
			address + (size == 4 ? 0 : 1), INET6_ADDRSTRLEN);
		if (size == 16) {
			address[0] = '[';
			strncat(address, "]", 2);
		}
		host = address;
	}
	if (endpoint->port != PORT_HTTPS)
		snprintf(port, sizeof port, ":%u", endpoint->port);
	if (asprintf(&text, "%s%s", host, port) < 0)
		text = NULL;
	if (!keep(endpoints, text))
		return false;
	endpoint->authority = text;
	if (upstream->protocol_given)
		return true;
	/* The same address has another protocol's endpoint. */
	if (asprintf(&text, "https://%s", upstream->text) < 0)
		text = NULL;
	endpoint->text = text;
	return keep(endpoints, text);
}

static bool add(struct endpoints *endpoints, const struct pin *pins,
	const struct conf_upstream *upstream, enum conf_protocol protocol)
{
	struct endpoint *endpoint = &endpoints->list[endpoints->n++];

	*endpoint = (struct endpoint){
		.subject = {.address_size = upstream->address.size,
			.name = upstream->name,
			.pins = upstream->n_pins > 0 ? pins + upstream->first_pin : NULL,
			.n_pins = upstream->n_pins},
		.port = upstream->address.port != 0 ? upstream->address.port
						    : port_of(protocol),
		.protocol = protocol_of(protocol),
		.path = upstream->path != NULL ? upstream->path : DOH_PATH,
		.get = upstream->get,
		.text = upstream->text,
	};
	memcpy(endpoint->subject.address, upstream->address.bytes,
		sizeof endpoint->subject.address);
	return protocol != CONF_PROTOCOL_HTTPS || make_texts(endpoints, upstream, endpoint);
}

/* Is this upstream asked by this protocol, the one at `rank` in the order of preference? */
static bool is_asked_by(
	const struct conf *conf, const struct conf_upstream *upstream, size_t rank)
{
	enum conf_protocol protocol = conf->protocols[rank], other;
	uint16_t port = upstream->address.port;

	if (port == 0 || port == port_of(protocol))
		return true;
	other = conf->protocols[conf->n_protocols - 1 - rank];
	return rank == 0 && (other == protocol || port != port_of(other));
}

bool endpoints_make(const struct conf *conf, const struct pin *pins,
	const struct conf_upstream *upstreams, size_t n, struct endpoints *ret)
{
	bool good;

	*ret = (struct endpoints){0};
	ret->list = calloc(2 * n, sizeof *ret->list);
	ret->texts = calloc(4 * n, sizeof *ret->texts);
	good = ret->list != NULL && ret->texts != NULL;
	for (size_t rank = 0; good && rank < conf->n_protocols; rank++) {
		for (size_t i = 0; good && i < n; i++) {
			const struct conf_upstream *upstream = &upstreams[i];

			if (!upstream->protocol_given) {
				if (is_asked_by(conf, upstream, rank))
					good = add(ret, pins, upstream, conf->protocols[rank]);
			} else if (rank == 0) {
				good = add(ret, pins, upstream, upstream->protocol);
				if (good && upstream->address.size == 0)
					good = add(ret, pins, upstream, upstream->protocol);
			}
		}
	}
	if (!good) {
		free(ret->list);
		ret->list = NULL;
		endpoints_forget(ret);
	}
	return good;
}

void endpoints_forget(struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->n_texts; i++)
		free(endpoints->texts[i]);
	free(endpoints->texts);
	endpoints->texts = NULL;
	endpoints->n_texts = 0;
}
