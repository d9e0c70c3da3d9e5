/* SPDX-License-Identifier: MIT */
/* The addresses of a name: A and AAAA at the same time; what has one label is searched. */
#include "conf/value.h"
#include "resolver/link_routes.h"
#include "resolver/resolve_lookup.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Whoever may say what is searched for: no lookup tries more domains. */
enum { SEARCHED_MAX = 64 };

static void on_answers(struct resolving *r);

static void ask(struct resolving *r, const struct resolve_name *name, unsigned options)
{
	resolving_ask_anew(r, on_answers);
	if (r->family != AF_INET6)
		resolving_ask(r, name, TYPE_A, options);
	if (r->family != AF_INET)
		resolving_ask(r, name, TYPE_AAAA, options);
}

/* The interface behind an IPv6 address: its name, or its index. 0: there is none such. */
static int zone_of(const char *text)
{
	int index = (int)if_nametoindex(text);
	unsigned long number;

	if (index == 0 && value_number(text, strlen(text), 1, INT32_MAX, &number))
		index = (int)number;
	return index;
}

/* Who asks for an address has it already (RFC 4007 section 11). */
static bool read_literal(const char *text, struct resolved_address *ret)
{
	const char *zone = strchr(text, '%');
	char address[INET6_ADDRSTRLEN];
	size_t size = zone != NULL ? (size_t)(zone - text) : strlen(text);

	if (size >= sizeof address)
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	*ret = (struct resolved_address){.family = AF_INET, .address.size = 4};
	if (zone == NULL && inet_pton(AF_INET, address, ret->address.bytes) == 1)
		return true;
	*ret = (struct resolved_address){.family = AF_INET6, .address.size = 16};
	if (inet_pton(AF_INET6, address, ret->address.bytes) != 1)
		return false;
	ret->interface = zone != NULL ? zone_of(zone + 1) : 0;
	return zone == NULL || ret->interface > 0;
}

static void end_with_literal(struct resolving *r, const struct resolved_address *literal)
{
	if (r->family != AF_UNSPEC && r->family != literal->family) {
		resolving_end(r, RESOLVE_NO_SUCH_RR);
		return;
	}
	r->end.addresses = malloc(sizeof *r->end.addresses);
	if (r->end.addresses == NULL) {
		resolving_end(r, RESOLVE_NOMEM);
		return;
	}
	r->end.addresses[r->end.n_addresses++] = *literal;
	r->end.flags =
		RESOLVE_DNS | RESOLVE_SYNTHETIC | RESOLVE_AUTHENTICATED | RESOLVE_CONFIDENTIAL;
	inet_ntop(literal->family, literal->address.bytes, r->canonical, sizeof r->canonical);
	resolving_end(r, RESOLVE_OK);
}

static const char *link_domain_at(const struct link *link, size_t *i)
{
	const struct link_settings *settings = &link->settings;

	for (size_t j = 0; j < settings->n_domains; j++)
		if (link_domain_is_searched(&settings->domains[j]) && (*i)-- == 0)
			return settings->domains[j].name;
	return NULL;
}

/* The search domain at `i`: those of the configuration come first. Who asks about one
 * interface means what is searched there. NULL: past the last. */
static const char *search_domain(const struct resolving *r, size_t i)
{
	const struct conf *conf = r->resolver->facts->snapshot->conf;
	const struct links *links = r->resolver->links;
	const char *found = NULL;
	const struct link *link;

	for (size_t j = 0; r->interface == 0 && j < conf->n_domains; j++)
		if (!conf->domains[j].route_only && i-- == 0)
			return conf->domains[j].name;
	for (size_t j = 0; links != NULL && found == NULL; j++) {
		link = links_at(links, j);
		if (link == NULL)
			break;
		if (r->interface == 0 || r->interface == link->index)
			found = link_domain_at(link, &i);
	}
	return found;
}

static void search_on(struct resolving *r)
{
	const char *domain;

	while (r->searched < SEARCHED_MAX &&
		(domain = search_domain(r, r->searched++)) != NULL) {
		struct resolve_name name = r->name, behind;

		if (!resolve_name_read(domain, &behind) || !resolve_name_append(&name, &behind))
			continue;
		r->stage = RESOLVE_SEARCH;
		ask(r, &name, resolving_options(r));
		return;
	}
	r->stage = RESOLVE_LAST;
	ask(r, &r->name, resolving_options(r));
}

static bool says_that_it_is_not(const struct reading *reading)
{
	return reading->err == RESOLVE_DNS_ERROR && reading->rcode == RCODE_NXDOMAIN;
}

/* Nobody was asked. */
static bool says_nothing(const struct reading *reading)
{
	return reading->err == RESOLVE_NO_SOURCE || reading->err == RESOLVE_NO_NAME_SERVERS;
}

/* A domain whose server fails is not passed over: the name could be in it, and who is told of
 * another one's host would not learn why. */
static bool goes_on(const struct resolving *r, const struct reading *failure)
{
	switch (r->stage) {
	case RESOLVE_HERE: return says_nothing(failure);
	case RESOLVE_SEARCH: return says_nothing(failure) || says_that_it_is_not(failure);
	case RESOLVE_LAST: break;
	}
	return false;
}

/* If there is no such name, that is what there is to say; else what went wrong; only then that
 * it has no addresses. */
static unsigned weight(const struct reading *failure)
{
	if (says_that_it_is_not(failure))
		return 3;
	return failure->err == RESOLVE_NO_SUCH_RR ? 1 : 2;
}

static void end_with(struct resolving *r, const struct reading *readings)
{
	for (size_t i = 0; i < r->n_questions; i++) {
		const struct reading *reading = &readings[i];

		if (reading->err == RESOLVE_OK && r->canonical[0] == '\0' &&
			!resolve_name_text(
				reading->message, reading->canonical, r->canonical)) {
			resolving_end(r, RESOLVE_INVALID_REPLY);
			return;
		}
		if (reading->err == RESOLVE_OK && !resolving_take_addresses(r, reading)) {
			resolving_end(r, RESOLVE_NOMEM);
			return;
		}
		if (reading->err == RESOLVE_OK || reading->err == RESOLVE_NO_SUCH_RR)
			resolving_add_flags(r, i, reading);
	}
	resolving_end(r, r->end.n_addresses > 0 ? RESOLVE_OK : RESOLVE_INVALID_REPLY);
}

static void on_answers(struct resolving *r)
{
	struct reading readings[RESOLVE_QUESTIONS];
	const struct reading *failure = NULL;
	bool found = false;

	for (size_t i = 0; i < r->n_questions; i++) {
		resolving_read(r, i, &readings[i]);
		if (readings[i].err == RESOLVE_OK)
			found = true;
		else if (failure == NULL || weight(&readings[i]) > weight(failure))
			failure = &readings[i];
	}
	for (size_t i = 0; i < r->n_questions && !found; i++)
		if (resolving_follow(r, i, &readings[i])) {
			r->stage = RESOLVE_LAST;
			ask(r, &r->name, resolving_options(r));
			return;
		}
	if (found)
		end_with(r, readings);
	else if (goes_on(r, failure))
		search_on(r);
	else
		resolving_fail(r, failure);
}

static bool is_searched(const struct resolving *r)
{
	const char *text = r->words;

	return (r->flags & RESOLVE_NO_SEARCH) == 0 && resolve_name_has_one_label(&r->name) &&
	       text[strlen(text) - 1] != '.' && search_domain(r, 0) != NULL;
}

void resolve_hostname_begin(struct resolving *r)
{
	struct resolved_address literal;

	if (read_literal(r->words, &literal)) {
		end_with_literal(r, &literal);
	} else if (strchr(r->words, ':') != NULL) {
		resolving_end(r, RESOLVE_INVALID_NAME); /* a mistyped address */
	} else if (is_searched(r)) {
		r->stage = RESOLVE_HERE;
		ask(r, &r->name,
			resolving_options(r) | INSIDE_NO_NETWORK | INSIDE_NO_CACHE |
				INSIDE_SINGLE_LABEL);
	} else {
		ask(r, &r->name, resolving_options(r));
	}
}
