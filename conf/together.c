/* SPDX-License-Identifier: MIT */
/* What only holds between keys, once all are read. */
#include "conf/reading.h"
#include "conf/value.h"
#include <stdlib.h>
#include <string.h>

/* The stub listener's own sockets must not be asked for once more. */
static void check_stub_overlap(struct reading *reading)
{
	const struct conf *conf = reading->conf;
	struct conf_listener stub = {
		.address = {.bytes = {127, 0, 0}, .size = 4, .port = 53},
		.udp = conf->stub_listener_udp,
		.tcp = conf->stub_listener_tcp,
	};

	for (size_t i = 0; i < conf->n_extra_listeners; i++) {
		for (stub.address.bytes[3] = 53; stub.address.bytes[3] <= 54;
			stub.address.bytes[3]++)
			if (listeners_overlap(&stub, &conf->extra_listeners[i]))
				mistake(reading,
					"DNSStubListenerExtra=127.0.0.%d: DNSStubListener= "
					"listens there already",
					stub.address.bytes[3]);
	}
}

/* Whoever listens to others says to whom. */
static void check_clients(struct reading *reading)
{
	const struct conf *conf = reading->conf;

	for (size_t i = 0; conf->n_allowed == 0 && i < conf->n_extra_listeners; i++) {
		if (!value_is_loopback(&conf->extra_listeners[i].address)) {
			mistake(reading,
				"DNSStubListenerExtra: it listens to other machines, but "
				"AllowClients= in [Protection] does not say which may ask");
			return;
		}
	}
}

static bool same_host(const struct conf_address *a, const struct conf_address *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int compare_pins(const void *a, const void *b)
{
	const struct conf_pin *x = a, *y = b;

	if (x->address.size != y->address.size)
		return x->address.size < y->address.size ? -1 : 1;
	return memcmp(x->address.bytes, y->address.bytes, x->address.size);
}

static void give_pins(const struct conf *conf, struct conf_upstream *upstream, bool *used)
{
	for (size_t j = 0; j < conf->n_pins; j++) {
		if (!same_host(&upstream->address, &conf->pins[j].address))
			continue;
		if (upstream->n_pins++ == 0)
			upstream->first_pin = j;
		used[j] = true;
	}
}

/* Each upstream gets those of its address. */
static void give_all_pins(struct reading *reading)
{
	struct conf *conf = reading->conf;
	bool used[PINS_MAX] = {false};

	qsort(conf->pins, conf->n_pins, sizeof *conf->pins, compare_pins);
	for (size_t i = 0; i < conf->n_upstreams; i++)
		give_pins(conf, &conf->upstreams[i], used);
	for (size_t i = 0; i < conf->n_fallback; i++)
		give_pins(conf, &conf->fallback[i], used);
	for (size_t i = 0; i < conf->n_routes; i++)
		for (size_t j = 0; j < conf->routes[i].n_upstreams; j++)
			give_pins(conf, &conf->routes[i].upstreams[j], used);
	for (size_t j = 0; j < conf->n_pins; j++)
		if (!used[j])
			mistake(reading, "PinPublicKey: %s: no upstream has this address",
				conf->pins[j].text);
}

static bool is_mixed(const struct conf_route *route)
{
	size_t plain = 0;

	for (size_t i = 0; i < route->n_upstreams; i++)
		plain += route->upstreams[i].protocol_given &&
			 route->upstreams[i].protocol == CONF_PROTOCOL_PLAIN;
	return plain > 0 && plain < route->n_upstreams;
}

static void check_routes(struct reading *reading)
{
	const struct conf *conf = reading->conf;
	const char *file = reading->file;

	/* What was wrong in it has been said. */
	for (size_t i = 0; reading->errors->count == 0 && i < conf->n_routes; i++) {
		const struct conf_route *route = &conf->routes[i];

		reading->file = route->file;
		reading->line = route->line;
		if (route->n_domains == 0)
			mistake(reading, "[Route] has no Domains=");
		if (route->n_upstreams == 0)
			mistake(reading, "[Route] has no DNS=");
		if (is_mixed(route))
			mistake(reading,
				"[Route] DNS: plain:// beside encrypted upstreams would be a "
				"downgrade; a route is all of one kind or all of the other");
	}
	reading->file = file;
	reading->line = 0;
}

/* Nobody has named upstreams: the fallback ones are asked, or those that we know. */
static void take_default_upstreams(struct reading *reading)
{
	const struct option *dns = find_option("Resolve", "DNS");
	struct conf *conf = reading->conf;
	struct conf_upstream *none = conf->upstreams;

	if (conf->n_fallback == 0) {
		dns->set(reading, dns, dns->standard);
		return;
	}
	conf->upstreams = conf->fallback;
	conf->n_upstreams = conf->n_fallback;
	conf->fallback = none;
	conf->n_fallback = 0;
}

/* A domain of [Resolve] and of a [Route] would leave it open who is asked. */
static void check_domains(struct reading *reading)
{
	const struct conf *conf = reading->conf;

	for (size_t i = 0; i < conf->n_domains; i++)
		for (size_t j = 0; j < conf->n_routes; j++)
			for (size_t k = 0; k < conf->routes[j].n_domains; k++)
				if (strcmp(conf->domains[i].name,
					    conf->routes[j].domains[k].name) == 0)
					mistake(reading,
						"Domains: %s: it is in [Resolve], and in the "
						"route of %s:%u",
						conf->domains[i].name, conf->routes[j].file,
						conf->routes[j].line);
}

/* What only holds between options. */
/* Whoever can reach them reads them. */
static void check_metrics(struct reading *reading)
{
	const struct conf_address *address = &reading->conf->metrics_listen;

	if (address->size > 0 && !value_is_loopback(address) &&
		!reading->conf->metrics_allow_remote)
		mistake(reading, "MetricsListen: not an address of this host alone, such as "
				 "127.0.0.1; if others may read it: MetricsAllowRemote=yes");
}

void check_together(struct reading *reading)
{
	const struct conf *conf = reading->conf;

	if (conf->n_upstreams == 0)
		take_default_upstreams(reading);
	check_domains(reading);
	give_all_pins(reading);
	check_routes(reading);
	if ((conf->log_list_signature == NULL) != (conf->log_list_key == NULL))
		mistake(reading, "%s",
			conf->log_list_key == NULL
				? "LogListSignature: LogListKey= is needed to verify it"
				: "LogListKey: there is no LogListSignature= to verify");
	check_stub_overlap(reading);
	check_clients(reading);
	check_metrics(reading);
	if (!conf->stub_listener_udp && !conf->stub_listener_tcp &&
		conf->n_extra_listeners == 0)
		mistake(reading, "there is nothing to listen on: DNSStubListener=no, and no "
				 "DNSStubListenerExtra=");
}
