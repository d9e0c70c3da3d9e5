/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A network interface, and what others want of DNS there: a DHCP client, NetworkManager, a VPN.
 * It is what they *asked for*: whether any of it is followed is the configuration's business
 * (LinkServers=).
 */
#include "resolver/asked.h"
#include <net/if.h>

enum { LINK_SERVERS_MAX = 256, LINK_DOMAINS_MAX = 1024, LINK_NEGATIVE_ANCHORS_MAX = 256 };

struct link_server {
	struct address address; /* zeroes behind an IPv4 address */
	uint16_t port;          /* 0: the protocol's own */
	char *name;             /* to authenticate it by, without a final dot; NULL: none */
};

struct link_domain {
	char *name; /* lower case, no final dot; "" is the root */
	bool route_only;
};

/* Said, or not: then what is general holds. */
enum link_choice { LINK_UNSAID, LINK_NO, LINK_YES };

/* The third of resolved's words for each: "resolve", "opportunistic", "allow-downgrade". */
enum link_mode { LINK_MODE_UNSAID, LINK_MODE_NO, LINK_MODE_YES, LINK_MODE_PARTLY };

/* Zeroed: nothing is. All texts and arrays are from malloc(). */
struct link_settings {
	struct link_server *servers;
	size_t n_servers;
	struct link_domain *domains;
	size_t n_domains;
	enum link_choice default_route;
	enum link_mode llmnr, multicast_dns, dns_over_tls, dnssec;
	char **negative_anchors;
	size_t n_negative_anchors;
};

struct link {
	int index;
	char name[IF_NAMESIZE];
	bool loopback;
	bool up;          /* it is, with a carrier */
	bool has_address; /* more than a link-local one */
	/* systemd-networkd says what holds: nobody else may, and `settings` are its. */
	bool managed;
	struct link_settings settings;
};

/* False: no memory; *ret is zeroed then. */
[[nodiscard]] bool link_settings_copy(
	const struct link_settings *from, struct link_settings *ret);
bool link_settings_same(const struct link_settings *a, const struct link_settings *b);
bool link_settings_empty(const struct link_settings *settings);
/* Frees what is in it, and zeroes it. */
void link_settings_clear(struct link_settings *settings);

/* Adds one, unless it is there already. port: 53 and 853 are as good as 0, so resolved has it.
 * name: NULL or "": none. False: the address is no server's, or the one that is stood in for;
 * it is no host name; too many, or no memory. */
[[nodiscard]] bool link_add_server(struct link_settings *settings,
	const struct address *address, uint16_t port, const char *name);
/* `domain` as a person writes it, "." or "" for the root; it is brought into the form above.
 * False: it is no name, the root as a search domain, too many, or no memory. */
[[nodiscard]] bool link_add_domain(
	struct link_settings *settings, const char *domain, bool route_only);
[[nodiscard]] bool link_add_negative_anchor(struct link_settings *settings, const char *domain);

/* What is said, or else: there is no domain to route alone, or one of them is the root. */
bool link_is_default_route(const struct link *link);
