/* SPDX-License-Identifier: MIT */
#include "resolver/thishost.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add(struct address *list, size_t *n, size_t most, const struct address *address)
{
	for (size_t i = 0; i < *n; i++)
		if (memcmp(&list[i], address, sizeof *address) == 0)
			return;
	if (*n < most)
		list[(*n)++] = *address;
}

/* size 0: neither IPv4 nor IPv6. */
static struct address address_of(const struct sockaddr *from)
{
	struct address address = {0};

	if (from != NULL && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof in);
		address.size = sizeof in.sin_addr;
		memcpy(address.bytes, &in.sin_addr, sizeof in.sin_addr);
	} else if (from != NULL && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, from, sizeof in);
		address.size = sizeof in.sin6_addr;
		memcpy(address.bytes, &in.sin6_addr, sizeof in.sin6_addr);
	}
	return address;
}

static void read_addresses(struct thishost *host)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
		struct address address = address_of(one->ifa_addr);

		if (address.size > 0 && (one->ifa_flags & IFF_UP) != 0 &&
			(one->ifa_flags & IFF_LOOPBACK) == 0 &&
			!address_is_link_local6(&address))
			add(host->addresses, &host->n_addresses, THISHOST_ADDRESSES_MAX,
				&address);
	}
	freeifaddrs(all);
}

/* The address by which packets to the gateway leave; nothing is sent. */
static void read_outbound(
	struct thishost *host, const struct address *gateway, const char *interface)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
		.sin6_port = htons(53),
		.sin6_scope_id = if_nametoindex(interface)};
	struct sockaddr_storage own = {0};
	socklen_t own_size = sizeof own;
	struct address address;
	const bool is4 = gateway->size == 4;
	int fd = socket(is4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	memcpy(is4 ? (void *)&in.sin_addr : (void *)&in6.sin6_addr, gateway->bytes,
		gateway->size);
	if (connect(fd, is4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6,
		    is4 ? sizeof in : sizeof in6) == 0 &&
		getsockname(fd, (struct sockaddr *)&own, &own_size) == 0) {
		address = address_of((struct sockaddr *)&own);
		if (address.size > 0 && !address_is_link_local6(&address))
			add(host->outbound, &host->n_outbound, THISHOST_GATEWAYS_MAX, &address);
	}
	close(fd);
}

static void add_gateway(
	struct thishost *host, const struct address *gateway, const char *interface)
{
	add(host->gateways, &host->n_gateways, THISHOST_GATEWAYS_MAX, gateway);
	read_outbound(host, gateway, interface);
}

static const unsigned USABLE = RTF_UP | RTF_GATEWAY;

/* Whoever knows all routes of the Internet has a million, and they change all the time: so many
 * are looked at. */
enum { ROUTES_MAX = 4096 };

static void read_routes4(struct thishost *host, FILE *file)
{
	char line[256], interface[IFNAMSIZ];

	for (unsigned n = 0; n < ROUTES_MAX && fgets(line, sizeof line, file) != NULL; n++) {
		unsigned target, gateway, flags, mask;
		struct address address = {.size = 4};

		if (sscanf(line, "%15s %x %x %x %*s %*s %*s %x", interface, &target, &gateway,
			    &flags, &mask) != 5 ||
			target != 0 || mask != 0 || (flags & USABLE) != USABLE)
			continue;
		memcpy(address.bytes, &gateway, sizeof gateway); /* as it lies in memory */
		add_gateway(host, &address, interface);
	}
}

static bool read_hex(const char *text, struct address *ret)
{
	struct address address = {.size = 16};

	for (size_t i = 0; i < sizeof address.bytes; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		address.bytes[i] = (uint8_t)byte;
	}
	*ret = address;
	return true;
}

static void read_routes6(struct thishost *host, FILE *file)
{
	char line[256], target[33], gateway[33], interface[IFNAMSIZ];

	for (unsigned n = 0; n < ROUTES_MAX && fgets(line, sizeof line, file) != NULL; n++) {
		unsigned size, flags;
		struct address address;

		if (sscanf(line, "%32s %x %*s %*s %32s %*s %*s %*s %x %15s", target, &size,
			    gateway, &flags, interface) != 5 ||
			size != 0 || strspn(target, "0") != 32 || (flags & USABLE) != USABLE ||
			!read_hex(gateway, &address))
			continue;
		add_gateway(host, &address, interface);
	}
}

/* proc(5): the routes of the main table, and no others, which is what "the gateway" means. */
static void read_routes(
	struct thishost *host, const char *path, void (*reader)(struct thishost *, FILE *))
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return;
	reader(host, file);
	fclose(file);
}

/* Letters, digits, hyphens and underscores, in labels. */
static void read_name(struct thishost *host)
{
	char text[HOST_NAME_MAX + 2] = {0};
	uint8_t *out = host->names[0].bytes;
	size_t size, label = 0;

	if (gethostname(text, sizeof text - 1) != 0 || strcasecmp(text, "localhost") == 0)
		return;
	size = strlen(text);
	if (size > 0 && text[size - 1] == '.')
		size--;
	for (size_t i = 0; i <= size; i++) {
		char c = i < size ? text[i] : '.';

		if (c == '.') {
			if (i == label || i - label > 63)
				return;
			out[label] = (uint8_t)(i - label);
			label = i + 1;
			continue;
		}
		out[i + 1] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	out[size + 1] = 0;
	host->names[0].size = size + 2;
	if ((size_t)out[0] + 2 == host->names[0].size)
		return;
	memcpy(host->names[1].bytes, out, 1 + (size_t)out[0]);
	host->names[1].size = (size_t)out[0] + 2;
}

/* Nothing is sent. */
bool thishost_has_loopback6(void)
{
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
		.sin6_port = htons(53),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

void thishost_read(struct thishost *ret)
{
	memset(ret, 0, sizeof *ret);
	read_name(ret);
	read_addresses(ret);
	read_routes(ret, "/proc/net/route", read_routes4);
	read_routes(ret, "/proc/net/ipv6_route", read_routes6);
}
