/* SPDX-License-Identifier: MIT */
#include "resolver/bus_settings.h"
#include "conf/value.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define SWAP(a, b)                                                                             \
	do {                                                                                   \
		__typeof__(a) kept = (a);                                                      \
		(a) = (b);                                                                     \
		(b) = kept;                                                                    \
	} while (0)

static int too_many(const char *what, sd_bus_error *error)
{
	return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many %s", what);
}

static int read_address(sd_bus_message *call, struct address *ret, sd_bus_error *error)
{
	const void *bytes;
	size_t size, wanted;
	int family, r = sd_bus_message_read(call, "i", &family);

	if (r >= 0)
		r = sd_bus_message_read_array(call, 'y', &bytes, &size);
	if (r < 0)
		return r;
	if (family != AF_INET && family != AF_INET6)
		return sd_bus_error_setf(
			error, SD_BUS_ERROR_INVALID_ARGS, "Unknown address family %i", family);
	wanted = family == AF_INET ? 4 : 16;
	if (size != wanted)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_INVALID_ARGS, "Invalid address size");
	*ret = (struct address){.size = (uint8_t)wanted};
	memcpy(ret->bytes, bytes, wanted);
	return 0;
}

/* With or without a final dot. */
static bool is_server_name(const char *name)
{
	size_t size = strlen(name);

	return value_hostname(name, size > 1 && name[size - 1] == '.' ? size - 1 : size);
}

static int read_server(
	sd_bus_message *call, bool extended, struct link_settings *asked, sd_bus_error *error)
{
	const char *name = "";
	struct address address;
	uint16_t port = 0;
	int r = read_address(call, &address, error);

	if (r >= 0 && extended)
		r = sd_bus_message_read(call, "qs", &port, &name);
	if (r < 0)
		return r;
	if (*name != '\0' && !is_server_name(name))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
			"Invalid DNS server name '%.255s'", name);
	if (!link_add_server(asked, &address, port, name))
		return sd_bus_error_set(
			error, SD_BUS_ERROR_INVALID_ARGS, "Invalid DNS server address");
	return sd_bus_message_exit_container(call);
}

static int read_servers(
	sd_bus_message *call, bool extended, struct link_settings *asked, sd_bus_error *error)
{
	const char *types = extended ? "iayqs" : "iay";
	int r = sd_bus_message_enter_container(call, 'a', extended ? "(iayqs)" : "(iay)");

	/* What is said twice counts, so that the message is no longer than that either. */
	for (size_t n = 0; r >= 0 && (r = sd_bus_message_enter_container(call, 'r', types)) > 0;
		n++)
		r = n < LINK_SERVERS_MAX ? read_server(call, extended, asked, error)
					 : too_many("DNS servers", error);
	return r;
}

static int read_dns(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_servers(call, false, asked, error);
}

static int read_dns_ex(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_servers(call, true, asked, error);
}

static void take_servers(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->servers, asked->servers);
	SWAP(settings->n_servers, asked->n_servers);
}

/* With or without a final dot; the root is "." or "". */
static bool is_domain(const char *name)
{
	size_t size = strlen(name);

	if (size > 0 && name[size - 1] == '.')
		size--;
	return size == 0 ? strlen(name) <= 1 : value_domain(name, size);
}

static int read_domain(
	const char *name, bool route_only, struct link_settings *asked, sd_bus_error *error)
{
	if (!is_domain(name))
		return sd_bus_error_setf(
			error, SD_BUS_ERROR_INVALID_ARGS, "Invalid search domain %.255s", name);
	if (!route_only && (*name == '\0' || *name == '.'))
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
			"Root domain is not suitable as search domain");
	return link_add_domain(asked, name, route_only) ? 1 : -ENOMEM;
}

static int read_domains(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	int route_only, r = sd_bus_message_enter_container(call, 'a', "(sb)");
	const char *name;

	for (size_t n = 0; r > 0; n++) {
		r = sd_bus_message_read(call, "(sb)", &name, &route_only);
		if (r > 0 && n == LINK_DOMAINS_MAX)
			r = too_many("search domains", error);
		if (r > 0)
			r = read_domain(name, route_only != 0, asked, error);
	}
	return r;
}

static void take_domains(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->domains, asked->domains);
	SWAP(settings->n_domains, asked->n_domains);
}

static int read_default_route(
	sd_bus_message *call, struct link_settings *asked, [[maybe_unused]] sd_bus_error *error)
{
	int yes, r = sd_bus_message_read(call, "b", &yes);

	if (r >= 0)
		asked->default_route = yes != 0 ? LINK_YES : LINK_NO;
	return r;
}

static void take_default_route(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->default_route, asked->default_route);
}

/* "": as it is in general. partly: the third word, besides yes and no. */
static int read_mode(sd_bus_message *call, const char *what, const char *partly,
	enum link_mode *ret, sd_bus_error *error)
{
	const char *word;
	int r = sd_bus_message_read(call, "s", &word);
	bool yes;

	if (r < 0)
		return r;
	if (*word == '\0')
		*ret = LINK_MODE_UNSAID;
	else if (strcmp(word, partly) == 0)
		*ret = LINK_MODE_PARTLY;
	else if (value_bool(word, &yes))
		*ret = yes ? LINK_MODE_YES : LINK_MODE_NO;
	else
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
			"Invalid %s setting: %.64s", what, word);
	return 0;
}

static int read_llmnr(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_mode(call, "LLMNR", "resolve", &asked->llmnr, error);
}

static void take_llmnr(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->llmnr, asked->llmnr);
}

static int read_mdns(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_mode(call, "MulticastDNS", "resolve", &asked->multicast_dns, error);
}

static void take_mdns(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->multicast_dns, asked->multicast_dns);
}

static int read_tls(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_mode(call, "DNSOverTLS", "opportunistic", &asked->dns_over_tls, error);
}

/* Copied: what was asked for is told of afterwards. */
static void take_tls(struct link_settings *settings, struct link_settings *asked)
{
	settings->dns_over_tls = asked->dns_over_tls;
}

static int read_dnssec(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	return read_mode(call, "DNSSEC", "allow-downgrade", &asked->dnssec, error);
}

static void take_dnssec(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->dnssec, asked->dnssec);
}

static int read_anchors(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	int r = sd_bus_message_enter_container(call, 'a', "s");
	const char *name;

	for (size_t n = 0; r > 0; n++) {
		r = sd_bus_message_read(call, "s", &name);
		if (r > 0 && n == LINK_NEGATIVE_ANCHORS_MAX)
			r = too_many("negative trust anchors", error);
		if (r > 0 && !is_domain(name))
			r = sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
				"Invalid negative trust anchor domain: %.255s", name);
		if (r > 0 && !link_add_negative_anchor(asked, name))
			r = -ENOMEM;
	}
	return r;
}

static void take_anchors(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(settings->negative_anchors, asked->negative_anchors);
	SWAP(settings->n_negative_anchors, asked->n_negative_anchors);
}

static int read_nothing(
	[[maybe_unused]] sd_bus_message *call, struct link_settings *asked, sd_bus_error *error)
{
	(void)asked, (void)error;
	return 0;
}

static void take_all(struct link_settings *settings, struct link_settings *asked)
{
	SWAP(*settings, *asked);
}

#define ACTION(name) "org.freedesktop.resolve1." name

static const struct bus_setting SETTINGS[] = {
	{"DNS", "dns", ACTION("set-dns-servers"), read_dns, take_servers},
	{"DNSEx", "dns", ACTION("set-dns-servers"), read_dns_ex, take_servers},
	{"Domains", "domains", ACTION("set-domains"), read_domains, take_domains},
	{"DefaultRoute", "default-route", ACTION("set-default-route"), read_default_route,
		take_default_route},
	{"LLMNR", "llmnr", ACTION("set-llmnr"), read_llmnr, take_llmnr},
	{"MulticastDNS", "mdns", ACTION("set-mdns"), read_mdns, take_mdns},
	{"DNSOverTLS", "dns-over-tls", ACTION("set-dns-over-tls"), read_tls, take_tls},
	{"DNSSEC", "dnssec", ACTION("set-dnssec"), read_dnssec, take_dnssec},
	{"DNSSECNegativeTrustAnchors", "negative-trust-anchors",
		ACTION("set-dnssec-negative-trust-anchors"), read_anchors, take_anchors},
	{"Revert", "revert", ACTION("revert"), read_nothing, take_all},
};

const struct bus_setting *bus_setting_find(const char *method)
{
	for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++)
		if (strcmp(SETTINGS[i].method, method) == 0)
			return &SETTINGS[i];
	return NULL;
}
