/* SPDX-License-Identifier: MIT */
#include "resolver/local.h"
#include "resolver/compose.h"
#include "resolver/filewatch.h"
#include "resolver/hostsfile.h"
#include "resolver/link_route.h"
#include "resolver/routes.h"
#include "resolver/special.h"
#include "resolver/thishost.h"
#include "transport/list.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* RFC 6303 section 3 has the first; the other is for what may change at any time. */
enum { FIXED_S = 10800, CHANGING_S = 5 };

#define WIRE(text) ((struct wire){(const uint8_t *)(text), sizeof(text)})

struct local {
	struct local_owner *owner;
	struct loop *loop;
	struct conf *conf;       /* a reference; NULL: none yet */
	struct hostsfile *hosts; /* NULL: none is read */
	struct hostsfile_owner hosts_owner;
	struct filewatch *hostname; /* the file */
	struct filewatch_owner hostname_owner;
	int kernel_name_fd; /* -1: that it changes is seen with the file, or the network */
	struct watch kernel_name;
	struct thishost thishost;
	struct link_route *const *links; /* borrowed */
	size_t n_links;
};

/* One answer under way. */
struct answering {
	const struct local *local;
	const struct request *request;
	struct asked asked;
	struct special_zone zone; /* that the name is in */
	struct composed out;
};

static size_t end_with(struct answering *a, enum rcode rcode)
{
	a->out.rcode = rcode;
	return compose_end(&a->out);
}

/* Somebody is said to have it. */
static bool is_claimed(const struct answering *a)
{
	size_t longest = 0;

	if (routes_claim(a->local->conf, &a->asked))
		return true;
	for (size_t i = 0; i < a->local->n_links; i++) {
		const struct link_route *link = a->local->links[i];

		/* Without anybody to ask there, it would be asked of the whole world. */
		if (link->route.set != NULL)
			longest = routes_longest(
				link->conf.domains, link->conf.n_domains, &a->asked, longest);
	}
	return longest > 0;
}

/* It does not exist, or has nothing of that type; for how long, an SOA record says. */
static size_t end_without(struct answering *a, enum rcode rcode, size_t zone_at, uint32_t ttl_s)
{
	compose_soa(&a->out, zone_at, ttl_s, false);
	return end_with(a, rcode);
}

static size_t end_refused(struct answering *a, enum rcode rcode)
{
	a->out.authoritative = false;
	return end_with(a, rcode);
}

static bool is_of_addresses(uint16_t type)
{
	/* The latter two may carry addresses, too (RFC 9460 section 7.3). */
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_HTTPS || type == TYPE_SVCB;
}

/* Those of the family that is asked for; the name exists in any case. */
static size_t end_with_addresses(
	struct answering *a, const struct address *addresses, size_t n, uint32_t ttl_s)
{
	const uint16_t type = a->asked.type;

	if (type == TYPE_ANY)
		compose_any(&a->out, ttl_s);
	for (size_t i = 0; i < n; i++)
		if (type == (addresses[i].size == 4 ? TYPE_A : TYPE_AAAA))
			compose_address(&a->out, &addresses[i], ttl_s);
	return a->out.answers > 0 ? end_with(a, RCODE_NOERROR)
				  : end_without(a, RCODE_NOERROR, 0, ttl_s);
}

static const struct address LOOPBACK[] = {
	{.bytes = {127, 0, 0, 1}, .size = 4}, {.bytes = {[15] = 1}, .size = 16}};

static size_t answer_hosts(struct answering *a)
{
	struct address addresses[HOSTS_ADDRESSES_MAX];
	const struct wire name = {a->asked.name, a->asked.size};
	size_t n;

	if (a->local->hosts == NULL || a->request->beyond || !is_of_addresses(a->asked.type) ||
		!hosts_find(hostsfile_hosts(a->local->hosts), name, addresses, &n))
		return 0;
	return end_with_addresses(a, addresses, n, CHANGING_S);
}

static bool asks_for(const struct answering *a, struct wire name)
{
	return a->asked.size == name.size && memcmp(a->asked.name, name.data, name.size) == 0;
}

/* This machine's name, the first label of it, and that in the domain of multicast DNS. */
static bool asks_for_this_host(const struct answering *a)
{
	const struct thishost *host = &a->local->thishost;
	const uint8_t *first = host->names[0].bytes;
	size_t at;

	for (size_t i = 0; i < 2; i++)
		if (host->names[i].size > 0 &&
			asks_for(a, (struct wire){host->names[i].bytes, host->names[i].size}))
			return true;
	return host->names[0].size > 0 && a->asked.n_labels == 2 &&
	       asked_is_in(&a->asked, "local", &at) &&
	       memcmp(a->asked.name, first, 1 + (size_t)first[0]) == 0;
}

static size_t answer_this_host(struct answering *a)
{
	static const struct address none[] = {
		{.bytes = {127, 0, 0, 2}, .size = 4}, {.bytes = {[15] = 1}, .size = 16}};
	const struct thishost *host = &a->local->thishost;

	if (!asks_for_this_host(a))
		return 0;
	/* Other records of a name with a domain are that domain's. */
	if (a->asked.n_labels > 1 && (!is_of_addresses(a->asked.type) || a->request->beyond))
		return 0;
	if (host->n_addresses == 0)
		return end_with_addresses(a, none, 2, CHANGING_S);
	return end_with_addresses(a, host->addresses, host->n_addresses, CHANGING_S);
}

/* As systemd-resolved(8) has them. */
static size_t answer_underscore(struct answering *a)
{
	static const struct address stub = {.bytes = {127, 0, 0, 53}, .size = 4},
				    proxy = {.bytes = {127, 0, 0, 54}, .size = 4};
	const struct thishost *host = &a->local->thishost;
	const struct address *found;
	size_t n = 1;

	if (a->asked.n_labels != 1 || a->asked.name[1] != '_')
		return 0;
	if (asks_for(a, WIRE("\15_localdnsstub"))) {
		found = &stub;
	} else if (asks_for(a, WIRE("\16_localdnsproxy"))) {
		found = &proxy;
	} else if (asks_for(a, WIRE("\10_gateway"))) {
		found = host->gateways;
		n = host->n_gateways;
	} else if (asks_for(a, WIRE("\11_outbound"))) {
		found = host->outbound;
		n = host->n_outbound;
	} else {
		return 0;
	}
	return n > 0 ? end_with_addresses(a, found, n, CHANGING_S)
		     : end_without(a, RCODE_NXDOMAIN, 0, CHANGING_S);
}

static bool is_among(const struct address *address, const struct address *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&list[i], address, sizeof *address) == 0)
			return true;
	return false;
}

static void point_to_this_host(struct answering *a)
{
	const struct thishost *host = &a->local->thishost;

	for (size_t i = 0; i < 2; i++)
		if (host->names[i].size > 0)
			compose_pointer(&a->out,
				(struct wire){host->names[i].bytes, host->names[i].size},
				CHANGING_S);
}

/* The names of loopback addresses. */
static void point_to_loopback(struct answering *a, const struct address *address)
{
	const uint8_t *bytes = address->bytes;
	const bool first = bytes[1] == 0 && bytes[2] == 0;

	if (address->size == 4 && first && bytes[3] == 53)
		compose_pointer(&a->out, WIRE("\15_localdnsstub"), FIXED_S);
	else if (address->size == 4 && first && bytes[3] == 54)
		compose_pointer(&a->out, WIRE("\16_localdnsproxy"), FIXED_S);
	else if (address->size == 4 && first && bytes[3] == 2)
		point_to_this_host(a);
	if (a->out.answers == 0)
		compose_pointer(&a->out, WIRE("\11localhost"), FIXED_S);
}

/* PTR records for an address that is known here; none otherwise. */
static void point(struct answering *a, const struct address *address)
{
	const struct thishost *host = &a->local->thishost;
	struct wire names[HOSTS_NAMES_MAX];
	size_t n = 0;

	if (a->local->hosts != NULL && !a->request->beyond)
		n = hosts_names(hostsfile_hosts(a->local->hosts), address, names);
	for (size_t i = 0; i < n; i++)
		compose_pointer(&a->out, names[i], CHANGING_S);
	if (n > 0)
		return;
	if ((address->size == 4 && address->bytes[0] == 127) || is_among(address, LOOPBACK, 2))
		point_to_loopback(a, address);
	else if (is_among(address, host->addresses, host->n_addresses))
		point_to_this_host(a);
	else if (is_among(address, host->gateways, host->n_gateways))
		compose_pointer(&a->out, WIRE("\10_gateway"), CHANGING_S);
	else if (address->size == 4 && (memcmp(address->bytes, "\300\0\0\252", 4) == 0 ||
					       memcmp(address->bytes, "\300\0\0\253", 4) == 0))
		compose_pointer(&a->out, WIRE("\10ipv4only\4arpa"), FIXED_S);
}

/* A zone of which only SOA and NS exist (RFC 6303 section 3), for who sees no other one. The DS
 * record stands in the parent, which is not ours (RFC 8375 section 4, item 4). */
static size_t answer_empty_zone(struct answering *a, struct special_zone zone, bool exists)
{
	const uint16_t type = a->asked.type;

	if ((zone.is_apex && type == TYPE_DS && a->asked.n_labels > 1) || is_claimed(a))
		return 0;
	if (!zone.is_apex && !exists)
		return end_without(a, RCODE_NXDOMAIN, zone.at, FIXED_S);
	if (zone.is_apex && type == TYPE_SOA)
		compose_soa(&a->out, zone.at, FIXED_S, true);
	else if (zone.is_apex && type == TYPE_NS)
		compose_ns(&a->out, zone.at, FIXED_S);
	else if (type == TYPE_ANY)
		compose_any(&a->out, FIXED_S);
	else
		return end_without(a, RCODE_NOERROR, zone.at, FIXED_S);
	return end_with(a, RCODE_NOERROR);
}

static size_t answer_reverse(struct answering *a)
{
	struct reverse reverse;
	struct special_zone zone;
	bool whole, exists;

	if (!asked_reverse(&a->asked, &reverse))
		return 0;
	whole = reverse.bits == 8U * reverse.address.size;
	if (whole && reverse.exact && a->asked.type == TYPE_PTR)
		point(a, &reverse.address);
	if (a->out.answers > 0)
		return end_with(a, RCODE_NOERROR);
	zone = special_reverse(&a->asked, &reverse);
	/* There may be addresses below what is only the beginning of one. */
	exists = reverse.exact && (!whole || a->asked.type != TYPE_PTR);
	return zone.kind == SPECIAL_NONE ? 0 : answer_empty_zone(a, zone, exists);
}

static size_t answer_ipv4only(struct answering *a, struct special_zone zone)
{
	static const struct address addresses[] = {
		{.bytes = {192, 0, 0, 170}, .size = 4}, {.bytes = {192, 0, 0, 171}, .size = 4}};

	if (!zone.is_apex || !is_of_addresses(a->asked.type))
		return answer_empty_zone(a, zone, false);
	if (is_claimed(a))
		return 0;
	return end_with_addresses(a, addresses, 2, FIXED_S);
}

static size_t answer_special(struct answering *a)
{
	const struct special_zone zone = a->zone;

	switch (zone.kind) {
	case SPECIAL_NONE:
	case SPECIAL_LOCALHOST: break; /* was answered before */
	case SPECIAL_NOWHERE: return end_without(a, RCODE_NXDOMAIN, zone.at, FIXED_S);
	case SPECIAL_EMPTY: return answer_empty_zone(a, zone, false);
	case SPECIAL_IPV4ONLY: return answer_ipv4only(a, zone);
	case SPECIAL_RESOLVER: return end_without(a, RCODE_NOERROR, zone.at, FIXED_S);
	case SPECIAL_CANARY:
		return a->local->conf->refuse_canary
			       ? end_without(a, RCODE_NXDOMAIN, zone.at, FIXED_S)
			       : 0;
	}
	return 0;
}

/* Nobody else's business, as systemd-resolved has it: other types of a top-level domain are
 * asked for by who validates. Without SOA, it is not kept. */
static size_t answer_single_label(struct answering *a)
{
	const struct conf *conf = a->local->conf;

	if (a->asked.n_labels != 1 || conf->resolve_single_label || a->request->single_label ||
		(a->asked.type != TYPE_A && a->asked.type != TYPE_AAAA) || is_claimed(a))
		return 0;
	a->out.authoritative = false;
	return end_with(a, RCODE_NXDOMAIN);
}

/* ANY is not answered by others, either: RFC 8482. */
static size_t answer_any(struct answering *a)
{
	if (a->asked.type != TYPE_ANY)
		return 0;
	compose_any(&a->out, FIXED_S);
	a->out.authoritative = false;
	return end_with(a, RCODE_NOERROR);
}

static bool is_refused(const struct conf *conf, uint16_t type)
{
	for (size_t i = 0; i < conf->n_refused_types; i++)
		if (conf->refused_types[i] == type)
			return true;
	return false;
}

/* In the order in which they take precedence. */
static size_t (*const stages[])(struct answering *) = {answer_hosts, answer_this_host,
	answer_underscore, answer_reverse, answer_special, answer_single_label, answer_any};

size_t local_answer(const struct local *local, const struct request *request, uint8_t *out)
{
	struct answering a = {.local = local, .request = request};
	size_t size = 0;

	if (local->conf == NULL)
		return 0;
	asked_read(request->question, &a.asked);
	compose(&a.out, request, out, LOCAL_ANSWER_MAX);
	/* Of the classes that exist nobody is asked for another one; of what does not (RFC 6895
	 * section 3.2), or is for updates, nothing is known. */
	if (a.asked.class != CLASS_IN)
		return end_refused(&a, a.asked.class == CLASS_CH || a.asked.class == CLASS_HS
					       ? RCODE_REFUSED
					       : RCODE_NOTIMP);
	if (is_refused(local->conf, request->type))
		return end_refused(&a, RCODE_REFUSED);
	/* Whatever a hosts file says. */
	a.zone = special_find(&a.asked);
	if (a.zone.kind == SPECIAL_LOCALHOST)
		return end_with_addresses(&a, LOOPBACK,
			request->type != TYPE_AAAA || thishost_has_loopback6() ? 2 : 1,
			FIXED_S);
	for (size_t i = 0; i < sizeof stages / sizeof *stages && size == 0; i++)
		size = stages[i](&a);
	return size;
}

static void look_at_this_host(struct local *local)
{
	struct thishost now;

	thishost_read(&now);
	if (memcmp(&now, &local->thishost, sizeof now) == 0)
		return;
	local->thishost = now;
	local->owner->changed(local->owner);
}

void local_follow_links(struct local *local, struct link_route *const *links, size_t n)
{
	local->links = links;
	local->n_links = n;
}

void local_network_changed(struct local *local)
{
	look_at_this_host(local);
}

static void on_hosts_changed(struct hostsfile_owner *owner)
{
	struct local *local = container_of(owner, struct local, hosts_owner);

	local->owner->changed(local->owner);
}

static void on_hostname_written(struct filewatch_owner *owner)
{
	look_at_this_host(container_of(owner, struct local, hostname_owner));
}

static void on_name_set(struct watch *watch, [[maybe_unused]] unsigned events)
{
	look_at_this_host(container_of(watch, struct local, kernel_name));
}

/* sethostname(2) is heard of here, at once. */
static void watch_name(struct local *local)
{
	local->kernel_name.ready = on_name_set;
	local->kernel_name_fd = open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC);
	if (local->kernel_name_fd < 0 || watch_start(local->loop, &local->kernel_name,
						 local->kernel_name_fd, LOOP_CHANGED))
		return;
	watch_stop(&local->kernel_name);
	close(local->kernel_name_fd);
	local->kernel_name_fd = -1;
}

struct local *local_new(struct loop *loop, struct local_owner *owner)
{
	static const char *const path = "/etc/hostname";
	struct local *local = calloc(1, sizeof *local);

	if (local == NULL)
		return NULL;
	local->loop = loop;
	local->owner = owner;
	local->hosts_owner.changed = on_hosts_changed;
	local->hostname_owner.changed = on_hostname_written;
	local->hostname = filewatch_new(loop, &local->hostname_owner);
	if (local->hostname == NULL) {
		free(local);
		return NULL;
	}
	/* If not, it is seen with the next change of the network. */
	(void)!filewatch_set(local->hostname, &path, 1);
	watch_name(local);
	thishost_read(&local->thishost);
	return local;
}

void local_free(struct local *local)
{
	if (local == NULL)
		return;
	hostsfile_free(local->hosts);
	filewatch_free(local->hostname);
	watch_stop(&local->kernel_name);
	if (local->kernel_name_fd >= 0)
		close(local->kernel_name_fd);
	conf_free(local->conf);
	free(local);
}

bool local_configure(struct local *local, struct conf *conf)
{
	conf_ref(conf);
	conf_free(local->conf);
	local->conf = conf;
	thishost_read(&local->thishost);
	if (!conf->read_etc_hosts) {
		hostsfile_free(local->hosts);
		local->hosts = NULL;
	} else if (local->hosts == NULL) {
		local->hosts = hostsfile_new(local->loop, &local->hosts_owner);
		return local->hosts != NULL;
	} else {
		hostsfile_read_again(local->hosts);
	}
	return true;
}
