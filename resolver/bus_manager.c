/* SPDX-License-Identifier: MIT */
/* The object of org.freedesktop.resolve1.Manager: what there is in general, and all methods. */
#include "resolver/bus_inside.h"
#include "resolver/resolvconf.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct conf *conf_of(const struct bus *bus)
{
	return bus->front->facts->snapshot->conf;
}

static int get_hostname(const struct bus *bus, sd_bus_message *reply)
{
	char name[HOST_NAME_MAX + 1] = "";

	(void)bus;
	if (gethostname(name, sizeof name - 1) != 0)
		name[0] = '\0';
	name[strcspn(name, ".")] = '\0';
	return sd_bus_message_append(reply, "s", name);
}

static int get_no(const struct bus *bus, sd_bus_message *reply)
{
	(void)bus;
	return sd_bus_message_append(reply, "s", "no");
}

/* Whatever anybody has asked for. */
static int get_tls(const struct bus *bus, sd_bus_message *reply)
{
	(void)bus;
	return sd_bus_message_append(reply, "s", "yes");
}

static int get_dns(const struct bus *bus, sd_bus_message *reply)
{
	return bus_append_servers(reply, bus, false);
}

static int get_dns_ex(const struct bus *bus, sd_bus_message *reply)
{
	return bus_append_servers(reply, bus, true);
}

static int get_fallback(const struct bus *bus, sd_bus_message *reply)
{
	return bus_append_fallback(reply, bus, false);
}

static int get_fallback_ex(const struct bus *bus, sd_bus_message *reply)
{
	return bus_append_fallback(reply, bus, true);
}

static int get_current(const struct bus *bus, sd_bus_message *reply)
{
	struct bus_server server = bus_current_server(bus->front->facts->snapshot->set);

	return bus_append_server(reply, &server, true, false);
}

static int get_current_ex(const struct bus *bus, sd_bus_message *reply)
{
	struct bus_server server = bus_current_server(bus->front->facts->snapshot->set);

	return bus_append_server(reply, &server, true, true);
}

static int append_domain(
	sd_bus_message *reply, int interface, const char *name, bool route_only)
{
	return sd_bus_message_append(
		reply, "(isb)", interface, *name != '\0' ? name : ".", (int)route_only);
}

static int get_domains(const struct bus *bus, sd_bus_message *reply)
{
	const struct conf *conf = conf_of(bus);
	const struct link *link;
	int r = sd_bus_message_open_container(reply, 'a', "(isb)");

	for (size_t i = 0; i < conf->n_domains && r >= 0; i++)
		r = append_domain(reply, 0, conf->domains[i].name, conf->domains[i].route_only);
	for (size_t i = 0; r >= 0 && (link = links_at(bus->front->links, i)) != NULL; i++)
		for (size_t d = 0; d < link->settings.n_domains && r >= 0; d++)
			r = append_domain(reply, link->index, link->settings.domains[d].name,
				link->settings.domains[d].route_only);
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static int get_transactions(const struct bus *bus, sd_bus_message *reply)
{
	uint64_t figures[FIGURES_N];

	front_statistics(bus->front, figures);
	return sd_bus_message_append(reply, "(tt)", figures[FIGURE_queries_under_way],
		figures[FIGURE_queries_received]);
}

static int get_cache(const struct bus *bus, sd_bus_message *reply)
{
	uint64_t figures[FIGURES_N];

	front_statistics(bus->front, figures);
	return sd_bus_message_append(reply, "(ttt)", figures[FIGURE_cache_entries],
		figures[FIGURE_cache_hits], figures[FIGURE_cache_misses]);
}

static int get_verdicts(const struct bus *bus, sd_bus_message *reply)
{
	uint64_t figures[FIGURES_N];

	front_statistics(bus->front, figures);
	return sd_bus_message_append(reply, "(tttt)", figures[FIGURE_dnssec_secure],
		figures[FIGURE_dnssec_insecure], figures[FIGURE_dnssec_bogus],
		figures[FIGURE_dnssec_failed]);
}

static int get_dnssec(const struct bus *bus, sd_bus_message *reply)
{
	return sd_bus_message_append(reply, "s", conf_of(bus)->dnssec ? "yes" : "no");
}

static int get_dnssec_supported(const struct bus *bus, sd_bus_message *reply)
{
	return sd_bus_message_append(reply, "b", (int)conf_of(bus)->dnssec);
}

static int get_negative_anchors(const struct bus *bus, sd_bus_message *reply)
{
	const struct conf *conf = conf_of(bus);
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (size_t i = 0; i < conf->n_negative_anchors && r >= 0; i++)
		r = sd_bus_message_append(reply, "s", conf->negative_anchors[i]);
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static int get_stub_listener(const struct bus *bus, sd_bus_message *reply)
{
	const struct conf *conf = conf_of(bus);
	bool udp = conf->stub_listener_udp, tcp = conf->stub_listener_tcp;

	return sd_bus_message_append(reply, "s",
		udp && tcp ? "yes"
		: udp      ? "udp"
		: tcp      ? "tcp"
			   : "no");
}

static int get_resolv_conf_mode(const struct bus *bus, sd_bus_message *reply)
{
	(void)bus;
	return sd_bus_message_append(reply, "s", resolvconf_mode());
}

static const struct {
	const char *name;
	int (*append)(const struct bus *bus, sd_bus_message *reply);
} GETTERS[] = {
	{"LLMNRHostname", get_hostname},
	{"LLMNR", get_no},
	{"MulticastDNS", get_no},
	{"DNSOverTLS", get_tls},
	{"DNS", get_dns},
	{"DNSEx", get_dns_ex},
	{"FallbackDNS", get_fallback},
	{"FallbackDNSEx", get_fallback_ex},
	{"CurrentDNSServer", get_current},
	{"CurrentDNSServerEx", get_current_ex},
	{"Domains", get_domains},
	{"TransactionStatistics", get_transactions},
	{"CacheStatistics", get_cache},
	{"DNSSEC", get_dnssec},
	{"DNSSECStatistics", get_verdicts},
	{"DNSSECSupported", get_dnssec_supported},
	{"DNSSECNegativeTrustAnchors", get_negative_anchors},
	{"DNSStubListener", get_stub_listener},
	{"ResolvConfMode", get_resolv_conf_mode},
};

static int get(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *bus, sd_bus_error *error)
{
	(void)connection, (void)path, (void)interface, (void)error;
	for (size_t i = 0; i < sizeof GETTERS / sizeof *GETTERS; i++)
		if (strcmp(GETTERS[i].name, property) == 0)
			return GETTERS[i].append(bus, reply);
	return -ENOENT;
}

static int get_link(sd_bus_message *call, void *owner, sd_bus_error *error)
{
	struct bus *bus = owner;
	char *path;
	int index;
	int r = sd_bus_message_read(call, "i", &index);

	if (r < 0)
		return r;
	if (links_find(bus->front->links, index) == NULL)
		return bus_no_such_link(index, error);
	r = bus_link_path(index, &path);
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(call, "o", path);
	free(path);
	return r;
}

static int flush_caches(sd_bus_message *call, void *bus, [[maybe_unused]] sd_bus_error *error)
{
	facts_flush(((struct bus *)bus)->front->facts);
	return sd_bus_reply_method_return(call, NULL);
}

static int reset_statistics(
	sd_bus_message *call, void *bus, [[maybe_unused]] sd_bus_error *error)
{
	front_reset_statistics(((struct bus *)bus)->front);
	return sd_bus_reply_method_return(call, NULL);
}

/* What is known of servers is how they answered over TLS, and nothing weaker is ever tried:
 * there is nothing to forget. Were connections given up here, anybody could do so. */
static int reset_features(
	sd_bus_message *call, [[maybe_unused]] void *bus, [[maybe_unused]] sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, NULL);
}

static int register_service(
	[[maybe_unused]] sd_bus_message *call, [[maybe_unused]] void *bus, sd_bus_error *error)
{
	return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
		"There is no multicast DNS here, so no DNS-SD services are announced");
}

static int unregister_service(
	sd_bus_message *call, [[maybe_unused]] void *bus, sd_bus_error *error)
{
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	return r < 0 ? r
		     : sd_bus_error_setf(error, BUS_NAME ".NoSuchDnssdService",
			       "DNS-SD service with object path '%.255s' does not exist", path);
}

/* Delegates are files of systemd-resolved 258 that have [Route] as their like here. */
static int get_delegate(sd_bus_message *call, [[maybe_unused]] void *bus, sd_bus_error *error)
{
	const char *id;
	int r = sd_bus_message_read(call, "s", &id);

	return r < 0 ? r
		     : sd_bus_error_setf(error, BUS_NAME ".NoSuchDelegate",
			       "Delegate '%.255s' not known", id);
}

static int list_delegates(
	sd_bus_message *call, [[maybe_unused]] void *bus, [[maybe_unused]] sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, "a(so)", 0);
}

#define METHOD(name, in, in_names, out, out_names, handler)                                    \
	SD_BUS_METHOD_WITH_NAMES(                                                              \
		name, in, in_names, out, out_names, handler, SD_BUS_VTABLE_UNPRIVILEGED)
#define SETTER(name, in, in_names) METHOD(name, in, in_names, "", "", bus_set_link)
#define PROPERTY(name, type, flags) SD_BUS_PROPERTY(name, type, get, 0, flags)
#define N(x) SD_BUS_PARAM(x)
#define EMITS SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable VTABLE[] = {
	SD_BUS_VTABLE_START(0),
	PROPERTY("LLMNRHostname", "s", EMITS),
	PROPERTY("LLMNR", "s", 0),
	PROPERTY("MulticastDNS", "s", 0),
	PROPERTY("DNSOverTLS", "s", 0),
	PROPERTY("DNS", "a(iiay)", EMITS),
	PROPERTY("DNSEx", "a(iiayqs)", EMITS),
	PROPERTY("FallbackDNS", "a(iiay)", SD_BUS_VTABLE_PROPERTY_CONST),
	PROPERTY("FallbackDNSEx", "a(iiayqs)", SD_BUS_VTABLE_PROPERTY_CONST),
	PROPERTY("CurrentDNSServer", "(iiay)", EMITS),
	PROPERTY("CurrentDNSServerEx", "(iiayqs)", EMITS),
	PROPERTY("Domains", "a(isb)", 0),
	PROPERTY("TransactionStatistics", "(tt)", 0),
	PROPERTY("CacheStatistics", "(ttt)", 0),
	PROPERTY("DNSSEC", "s", 0),
	PROPERTY("DNSSECStatistics", "(tttt)", 0),
	PROPERTY("DNSSECSupported", "b", 0),
	PROPERTY("DNSSECNegativeTrustAnchors", "as", 0),
	PROPERTY("DNSStubListener", "s", 0),
	PROPERTY("ResolvConfMode", "s", 0),
	METHOD("ResolveHostname", "isit", N(ifindex) N(name) N(family) N(flags), "a(iiay)st",
		N(addresses) N(canonical) N(flags), bus_resolve_hostname),
	METHOD("ResolveAddress", "iiayt", N(ifindex) N(family) N(address) N(flags), "a(is)t",
		N(names) N(flags), bus_resolve_address),
	METHOD("ResolveRecord", "isqqt", N(ifindex) N(name) N(class) N(type) N(flags),
		"a(iqqay)t", N(records) N(flags), bus_resolve_record),
	METHOD("ResolveService", "isssit",
		N(ifindex) N(name) N(type) N(domain) N(family) N(flags),
		"a(qqqsa(iiay)s)aayssst",
		N(srv_data) N(txt_data) N(canonical_name) N(canonical_type) N(canonical_domain)
			N(flags),
		bus_resolve_service),
	METHOD("GetLink", "i", N(ifindex), "o", N(path), get_link),
	SETTER("SetLinkDNS", "ia(iay)", N(ifindex) N(addresses)),
	SETTER("SetLinkDNSEx", "ia(iayqs)", N(ifindex) N(addresses)),
	SETTER("SetLinkDomains", "ia(sb)", N(ifindex) N(domains)),
	SETTER("SetLinkDefaultRoute", "ib", N(ifindex) N(enable)),
	SETTER("SetLinkLLMNR", "is", N(ifindex) N(mode)),
	SETTER("SetLinkMulticastDNS", "is", N(ifindex) N(mode)),
	SETTER("SetLinkDNSOverTLS", "is", N(ifindex) N(mode)),
	SETTER("SetLinkDNSSEC", "is", N(ifindex) N(mode)),
	SETTER("SetLinkDNSSECNegativeTrustAnchors", "ias", N(ifindex) N(names)),
	SETTER("RevertLink", "i", N(ifindex)),
	METHOD("RegisterService", "sssqqqaa{say}",
		N(name) N(name_template) N(type) N(service_port) N(service_priority)
			N(service_weight) N(txt_datas),
		"o", N(service_path), register_service),
	METHOD("UnregisterService", "o", N(service_path), "", "", unregister_service),
	METHOD("ResetStatistics", "", "", "", "", reset_statistics),
	METHOD("FlushCaches", "", "", "", "", flush_caches),
	METHOD("ResetServerFeatures", "", "", "", "", reset_features),
	METHOD("GetDelegate", "s", N(id), "o", N(path), get_delegate),
	METHOD("ListDelegates", "", "", "a(so)", N(delegates), list_delegates),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable PORTAL_VTABLE[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_SIGNAL_WITH_NAMES("PortalSuspected", "s", N(why), 0),
	SD_BUS_VTABLE_END,
};

int bus_manager_add(struct bus *bus)
{
	int r = sd_bus_add_object_vtable(
		bus->connection, NULL, BUS_PATH, BUS_NAME ".Manager", VTABLE, bus);

	if (r >= 0)
		r = sd_bus_add_object_vtable(bus->connection, NULL, BUS_PATH,
			"org.ctresolved.Portal", PORTAL_VTABLE, bus);
	return r;
}
