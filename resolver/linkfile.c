/* SPDX-License-Identifier: MIT */
#include "resolver/linkfile.h"
#include "conf/value.h"
#include "resolver/envfile.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both kinds of files say the same, under other names. */
enum field {
	FIELD_LLMNR,
	FIELD_MULTICAST_DNS,
	FIELD_DNS_OVER_TLS,
	FIELD_DNSSEC,
	FIELD_DEFAULT_ROUTE,
	FIELD_SERVERS,
	FIELD_DOMAINS,
	FIELD_ROUTE_DOMAINS,
	FIELD_NEGATIVE_ANCHORS,
	FIELD_ADMIN_STATE,
	FIELDS_N
};

static const char *const NETIF_KEYS[FIELDS_N] = {
	[FIELD_LLMNR] = "LLMNR",
	[FIELD_MULTICAST_DNS] = "MDNS",
	[FIELD_DNS_OVER_TLS] = "DNSOVERTLS",
	[FIELD_DNSSEC] = "DNSSEC",
	[FIELD_DEFAULT_ROUTE] = "DEFAULT_ROUTE",
	[FIELD_SERVERS] = "SERVERS",
	[FIELD_DOMAINS] = "DOMAINS", /* those to route alone have a ~ in front */
	[FIELD_NEGATIVE_ANCHORS] = "NTAS",
};

static const char *const NETWORKD_KEYS[FIELDS_N] = {
	[FIELD_LLMNR] = "LLMNR",
	[FIELD_MULTICAST_DNS] = "MDNS",
	[FIELD_DNS_OVER_TLS] = "DNS_OVER_TLS",
	[FIELD_DNSSEC] = "DNSSEC",
	[FIELD_DEFAULT_ROUTE] = "DNS_DEFAULT_ROUTE",
	[FIELD_SERVERS] = "DNS",
	[FIELD_DOMAINS] = "DOMAINS",
	[FIELD_ROUTE_DOMAINS] = "ROUTE_DOMAINS",
	[FIELD_NEGATIVE_ANCHORS] = "DNSSEC_NTA",
	[FIELD_ADMIN_STATE] = "ADMIN_STATE",
};

/* What LINK_MODE_PARTLY is called. */
static const char WORD_LLMNR[] = "resolve", WORD_OVER_TLS[] = "opportunistic",
		  WORD_DNSSEC[] = "allow-downgrade";

/* What is being filled. */
struct filling {
	const struct link *link;
	struct link_settings *settings;
	bool route_only;
	size_t left_out;
};

/* Ends the text in front of `mark`. Returns what stands behind it; NULL: it is not there. */
static char *cut(char *text, char mark)
{
	char *at = strchr(text, mark);

	if (at == NULL)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* An interface behind an address: a server of this link is reached by no other. */
static bool is_this_link(const struct link *link, const char *interface)
{
	unsigned long index;

	if (value_number(interface, strlen(interface), 1, 999999999, &index))
		return (int)index == link->index;
	return strcmp(interface, link->name) == 0;
}

/* ADDRESS[:PORT][%INTERFACE][#NAME] */
static bool add_server(struct filling *filling, char *word)
{
	char *name = cut(word, '#'), *interface = cut(word, '%');
	struct conf_address read;
	struct address address = {.size = 0};

	if (!value_address(word, strlen(word), &read) || (name != NULL && *name == '\0') ||
		(interface != NULL && !is_this_link(filling->link, interface)))
		return false;
	address.size = read.size;
	memcpy(address.bytes, read.bytes, read.size);
	return link_add_server(filling->settings, &address, read.port, name);
}

static bool add_domain(struct filling *filling, char *word)
{
	bool marked = *word == '~';

	return link_add_domain(filling->settings, word + marked, filling->route_only || marked);
}

static bool add_negative_anchor(struct filling *filling, char *word)
{
	return link_add_negative_anchor(filling->settings, word);
}

static void each_word(
	struct filling *filling, char *text, bool (*add)(struct filling *, char *word))
{
	static const char BLANKS[] = " \t\r\n";

	for (char *next; text != NULL && *text != '\0'; text = next) {
		text += strspn(text, BLANKS);
		next = text + strcspn(text, BLANKS);
		if (*next != '\0')
			*next++ = '\0';
		if (*text != '\0' && !add(filling, text))
			filling->left_out++;
	}
}

static enum link_mode read_mode(struct filling *filling, const char *text, const char *partly)
{
	bool yes;

	if (text == NULL || *text == '\0')
		return LINK_MODE_UNSAID;
	if (value_bool(text, &yes))
		return yes ? LINK_MODE_YES : LINK_MODE_NO;
	if (strcmp(text, partly) == 0)
		return LINK_MODE_PARTLY;
	filling->left_out++;
	return LINK_MODE_UNSAID;
}

static enum link_choice read_choice(struct filling *filling, const char *text)
{
	bool yes;

	if (text == NULL || *text == '\0')
		return LINK_UNSAID;
	if (value_bool(text, &yes))
		return yes ? LINK_YES : LINK_NO;
	filling->left_out++;
	return LINK_UNSAID;
}

static size_t fill(struct filling *filling, char *const values[FIELDS_N])
{
	struct link_settings *settings = filling->settings;

	settings->llmnr = read_mode(filling, values[FIELD_LLMNR], WORD_LLMNR);
	settings->multicast_dns = read_mode(filling, values[FIELD_MULTICAST_DNS], WORD_LLMNR);
	settings->dns_over_tls = read_mode(filling, values[FIELD_DNS_OVER_TLS], WORD_OVER_TLS);
	settings->dnssec = read_mode(filling, values[FIELD_DNSSEC], WORD_DNSSEC);
	settings->default_route = read_choice(filling, values[FIELD_DEFAULT_ROUTE]);
	each_word(filling, values[FIELD_SERVERS], add_server);
	each_word(filling, values[FIELD_DOMAINS], add_domain);
	filling->route_only = true;
	each_word(filling, values[FIELD_ROUTE_DOMAINS], add_domain);
	each_word(filling, values[FIELD_NEGATIVE_ANCHORS], add_negative_anchor);
	return filling->left_out;
}

size_t linkfile_read_networkd(
	char *text, const struct link *link, struct link_settings *ret, bool *ret_managed)
{
	struct filling filling = {.link = link, .settings = ret};
	char *values[FIELDS_N];
	const char *state;

	*ret = (struct link_settings){0};
	envfile_read(text, NETWORKD_KEYS, values, FIELDS_N);
	state = values[FIELD_ADMIN_STATE];
	*ret_managed = state != NULL && *state != '\0' && strcmp(state, "pending") != 0 &&
		       strcmp(state, "initialized") != 0 && strcmp(state, "unmanaged") != 0;
	return *ret_managed ? fill(&filling, values) : 0;
}

size_t linkfile_read_netif(char *text, const struct link *link, struct link_settings *ret)
{
	struct filling filling = {.link = link, .settings = ret};
	char *values[FIELDS_N];

	*ret = (struct link_settings){0};
	envfile_read(text, NETIF_KEYS, values, FIELDS_N);
	return fill(&filling, values);
}

static void write_mode(FILE *file, enum field field, enum link_mode mode, const char *partly)
{
	const char *const words[] = {
		[LINK_MODE_NO] = "no", [LINK_MODE_YES] = "yes", [LINK_MODE_PARTLY] = partly};

	if (mode != LINK_MODE_UNSAID)
		fprintf(file, "%s=%s\n", NETIF_KEYS[field], words[mode]);
}

static void write_server(FILE *file, const struct link *link, const struct link_server *server)
{
	bool brackets = server->port != 0 && server->address.size == 16;
	char address[INET6_ADDRSTRLEN];

	inet_ntop(server->address.size == 4 ? AF_INET : AF_INET6, server->address.bytes,
		address, sizeof address);
	fprintf(file, "%s%s%s", brackets ? "[" : "", address, brackets ? "]" : "");
	if (server->port != 0)
		fprintf(file, ":%" PRIu16, server->port);
	if (address_is_link_local6(&server->address))
		fprintf(file, "%%%d", link->index);
	if (server->name != NULL)
		fprintf(file, "#%s", server->name);
}

/* Begins the line, or sets the word apart from the one in front of it. */
static void write_key(FILE *file, enum field field, size_t i)
{
	if (i == 0)
		fprintf(file, "%s=", NETIF_KEYS[field]);
	else
		fputc(' ', file);
}

static void write_lists(FILE *file, const struct link *link)
{
	const struct link_settings *settings = &link->settings;
	size_t i;

	for (i = 0; i < settings->n_servers; i++) {
		write_key(file, FIELD_SERVERS, i);
		write_server(file, link, &settings->servers[i]);
	}
	fputs(i > 0 ? "\n" : "", file);
	for (i = 0; i < settings->n_domains; i++) {
		const struct link_domain *domain = &settings->domains[i];

		write_key(file, FIELD_DOMAINS, i);
		fprintf(file, "%s%s", domain->route_only ? "~" : "",
			*domain->name != '\0' ? domain->name : ".");
	}
	fputs(i > 0 ? "\n" : "", file);
	for (i = 0; i < settings->n_negative_anchors; i++) {
		const char *name = settings->negative_anchors[i];

		write_key(file, FIELD_NEGATIVE_ANCHORS, i);
		fputs(*name != '\0' ? name : ".", file);
	}
	fputs(i > 0 ? "\n" : "", file);
}

char *linkfile_write_netif(const struct link *link)
{
	const struct link_settings *settings = &link->settings;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	fputs("# Kept over a restart; systemd-resolved reads it, too.\n", file);
	write_mode(file, FIELD_LLMNR, settings->llmnr, WORD_LLMNR);
	write_mode(file, FIELD_MULTICAST_DNS, settings->multicast_dns, WORD_LLMNR);
	write_mode(file, FIELD_DNSSEC, settings->dnssec, WORD_DNSSEC);
	write_mode(file, FIELD_DNS_OVER_TLS, settings->dns_over_tls, WORD_OVER_TLS);
	if (settings->default_route != LINK_UNSAID)
		fprintf(file, "%s=%s\n", NETIF_KEYS[FIELD_DEFAULT_ROUTE],
			settings->default_route == LINK_YES ? "yes" : "no");
	write_lists(file, link);
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}
