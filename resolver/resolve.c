/* SPDX-License-Identifier: MIT */
#include "resolver/resolve.h"
#include "resolver/resolve_lookup.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLLOWED_MAX = 8 };

static const uint64_t PROTOCOLS = RESOLVE_DNS | RESOLVE_LLMNR_IPV4 | RESOLVE_LLMNR_IPV6 |
				  RESOLVE_MDNS_IPV4 | RESOLVE_MDNS_IPV6;

bool resolve_flags_good(enum resolve_kind kind, uint64_t flags)
{
	uint64_t good = PROTOCOLS | RESOLVE_NO_CNAME | RESOLVE_NO_VALIDATE |
			RESOLVE_NO_SYNTHESIZE | RESOLVE_NO_CACHE | RESOLVE_NO_ZONE |
			RESOLVE_NO_TRUST_ANCHOR | RESOLVE_NO_NETWORK | RESOLVE_NO_STALE |
			RESOLVE_RELAX_SINGLE_LABEL;

	if (kind == RESOLVE_HOSTNAME)
		good |= RESOLVE_NO_SEARCH;
	if (kind == RESOLVE_SERVICE)
		good |= RESOLVE_NO_TXT | RESOLVE_NO_ADDRESS;
	return (flags & ~good) == 0;
}

/* Who asks for other protocols alone gets what is known here: we speak none of them. */
static bool wants_dns(const struct resolving *r)
{
	return (r->flags & PROTOCOLS) == 0 || (r->flags & RESOLVE_DNS) != 0;
}

unsigned resolving_options(const struct resolving *r)
{
	static const struct {
		uint64_t flag;
		unsigned option;
	} pairs[] = {
		{RESOLVE_NO_SYNTHESIZE, INSIDE_NO_LOCAL},
		{RESOLVE_NO_CACHE, INSIDE_NO_CACHE},
		{RESOLVE_NO_NETWORK, INSIDE_NO_NETWORK},
		{RESOLVE_NO_STALE, INSIDE_NO_STALE},
		{RESOLVE_RELAX_SINGLE_LABEL, INSIDE_SINGLE_LABEL},
	};
	unsigned options = wants_dns(r) ? 0 : INSIDE_NO_NETWORK | INSIDE_NO_CACHE;

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if ((r->flags & pairs[i].flag) != 0)
			options |= pairs[i].option;
	return options;
}

/* `by` is not known of what was kept: then it is as the way by which it would be asked for. */
static uint64_t origin(
	const struct resolving *r, struct wire message, const struct client *from)
{
	uint64_t flags =
		from->source == SOURCE_UPSTREAM ? RESOLVE_FROM_NETWORK : RESOLVE_FROM_CACHE;
	bool plain;

	if (from->source == SOURCE_ERROR || message.size <= MESSAGE_HEADER_SIZE)
		return 0;
	if (from->source == SOURCE_LOCAL)
		return RESOLVE_SYNTHETIC | RESOLVE_AUTHENTICATED | RESOLVE_CONFIDENTIAL;
	if (from->by != NULL)
		plain = from->by->protocol == PROTOCOL_PLAIN;
	else
		plain = snapshot_asks_in_plain(r->resolver->facts->snapshot,
			(struct wire){message.data + MESSAGE_HEADER_SIZE,
				message.size - MESSAGE_HEADER_SIZE});
	return plain ? flags : flags | RESOLVE_CONFIDENTIAL;
}

/* Maybe from within query_start(); so it is looked at later. */
static void on_reply(struct inside *inside, struct wire message, const struct client *from)
{
	struct resolve_question *q = container_of(inside, struct resolve_question, inside);
	struct resolving *r = q->resolving;

	q->waits = false;
	q->reply = message;
	q->source = from->source;
	q->from = RESOLVE_DNS | origin(r, message, from);
	if (--r->waits_for == 0)
		loop_defer(r->resolver->facts->loop, &r->turn);
}

void resolving_ask_anew(struct resolving *r, void (*next)(struct resolving *))
{
	r->n_questions = 0;
	r->next = next;
}

void resolving_ask(
	struct resolving *r, const struct resolve_name *name, uint16_t type, unsigned options)
{
	const struct facts *facts = r->resolver->facts;
	struct resolve_question *q = &r->questions[r->n_questions++];
	struct client asker = {.inside = &q->inside};
	uint8_t question[MESSAGE_QUESTION_MAX], message[MESSAGE_QUERY_MAX];
	struct request request = {.rd = true,
		.cd = (r->flags & RESOLVE_NO_VALIDATE) != 0,
		.question = {question, name->size + 4}};
	size_t size;

	memcpy(question, name->wire, name->size);
	write16(question + name->size, type);
	write16(question + name->size + 2, r->class);
	/* As it is asked where no padding is needed; with an OPT record, so that the reply may
	 * have Extended DNS Errors. */
	size = message_write_query(&request, PROTOCOL_PLAIN, message);
	q->judges = facts->snapshot->dnssec != NULL && !request.cd;
	q->waits = true;
	q->inside.options = options;
	r->waits_for++;
	query_start(facts->queries, facts->snapshot, (struct wire){message, size}, &asker);
	/* Neither is there a reply, nor will there be one: there was no memory for it. */
	if (q->waits && q->inside.client == NULL)
		on_reply(&q->inside, (struct wire){0}, &asker);
}

void resolving_read(const struct resolving *r, size_t i, struct reading *ret)
{
	const struct resolve_question *q = &r->questions[i];

	if (q->reply.size == 0) {
		*ret = (struct reading){.err = RESOLVE_NOMEM, .ede = EDE_NONE};
		return;
	}
	reading_read(q->reply, ret);
	if (q->source == SOURCE_ERROR && ret->rcode == RCODE_REFUSED)
		ret->err = (r->flags & RESOLVE_NO_NETWORK) != 0 ? RESOLVE_NO_SOURCE
								: RESOLVE_NO_NAME_SERVERS;
	else if (ret->aliases > 0 && (r->flags & RESOLVE_NO_CNAME) != 0)
		ret->err = RESOLVE_CNAME_LOOP;
}

uint64_t resolve_flags_of_both(uint64_t a, uint64_t b)
{
	const uint64_t of_all = RESOLVE_AUTHENTICATED | RESOLVE_CONFIDENTIAL;

	return a == 0 ? b : (a & b & of_all) | ((a | b) & ~of_all);
}

void resolving_add_flags(struct resolving *r, size_t i, const struct reading *reading)
{
	const struct resolve_question *q = &r->questions[i];
	uint64_t flags = q->from;

	if (q->judges && reading->authentic)
		flags |= RESOLVE_AUTHENTICATED;
	r->end.flags = resolve_flags_of_both(r->end.flags, flags);
}

bool resolving_follow(struct resolving *r, size_t i, const struct reading *reading)
{
	char text[RESOLVE_TEXT_MAX];

	if (!reading->unfinished || reading->err != RESOLVE_NO_SUCH_RR ||
		r->followed == FOLLOWED_MAX ||
		!resolve_name_text(reading->message, reading->canonical, text) ||
		!resolve_name_read(text, &r->name))
		return false;
	r->followed++;
	resolving_add_flags(r, i, reading);
	return true;
}

void resolving_end(struct resolving *r, enum resolve_err err)
{
	r->end.err = err;
	r->end.name = r->words;
	r->end.ede_text = r->ede_text;
	r->end.canonical = r->canonical;
	r->end.service_name = r->service.instance;
	r->end.service_type = r->service.type;
	r->end.service_domain = r->service.domain;
	r->done(r->owner, &r->end);
	resolving_cancel(r);
}

void resolving_fail(struct resolving *r, const struct reading *reading)
{
	r->end.rcode = reading->rcode;
	r->end.ede = reading->ede;
	memcpy(r->ede_text, reading->ede_text, sizeof r->ede_text);
	resolving_end(r, reading->err);
}

static void ask_for_it(struct resolving *r);

static void on_answer(struct resolving *r)
{
	struct reading reading;
	bool good;

	resolving_read(r, 0, &reading);
	if (resolving_follow(r, 0, &reading)) {
		ask_for_it(r);
		return;
	}
	if (reading.err != RESOLVE_OK) {
		resolving_fail(r, &reading);
		return;
	}
	resolving_add_flags(r, 0, &reading);
	good = r->kind == RESOLVE_ADDRESS ? resolving_take_names(r, &reading)
					  : resolving_take_records(r, &reading);
	if (!good)
		resolving_end(r, RESOLVE_NOMEM);
	else
		resolving_end(r, r->end.n_names + r->end.n_records > 0 ? RESOLVE_OK
								       : RESOLVE_INVALID_REPLY);
}

static void ask_for_it(struct resolving *r)
{
	resolving_ask_anew(r, on_answer);
	resolving_ask(r, &r->name, r->rrtype, resolving_options(r));
}

static void begin(struct resolving *r)
{
	switch (r->kind) {
	case RESOLVE_HOSTNAME: resolve_hostname_begin(r); return;
	case RESOLVE_SERVICE: resolve_service_begin(r); return;
	case RESOLVE_ADDRESS:
	case RESOLVE_RECORD: break;
	}
	ask_for_it(r);
}

static void on_turn(struct turn *turn)
{
	struct resolving *r = container_of(turn, struct resolving, turn);

	if (!r->ended) {
		/* More may have been asked since. */
		if (r->waits_for == 0)
			r->next(r);
		return;
	}
	resolve_end_clear(&r->end);
	free(r);
}

void resolving_cancel(struct resolving *r)
{
	if (r == NULL || r->ended)
		return;
	r->ended = true;
	r->resolver->n--;
	for (size_t i = 0; i < RESOLVE_QUESTIONS; i++)
		inside_done(&r->questions[i].inside);
	for (size_t i = 0; i < RESOLVE_TARGETS_MAX; i++)
		resolving_cancel(r->targets[i].lookup);
	loop_defer(r->resolver->facts->loop, &r->turn);
}

/* Types that only questions have, and those of the protocol itself (RFC 6895 section 3.1). */
static bool is_of_data(uint16_t type)
{
	return type != 0 && type != TYPE_OPT && (type < 128 || type > 255 || type == TYPE_ANY);
}

static bool read_service(struct resolving *r, const struct resolve_request *request)
{
	struct resolve_name type, domain;

	snprintf(r->words, sizeof r->words, "%s", request->domain);
	if (!resolve_name_read(request->domain, &domain))
		return false;
	r->name = (struct resolve_name){.size = 1};
	if (request->name[0] != '\0') {
		snprintf(r->words, sizeof r->words, "%s", request->name);
		if (request->type[0] == '\0' ||
			!resolve_name_of_instance(request->name, &r->name))
			return false;
	}
	if (request->type[0] != '\0') {
		snprintf(r->words, sizeof r->words, "%s", request->type);
		if (!resolve_name_of_service(request->type, &type) ||
			!resolve_name_append(&r->name, &type))
			return false;
	}
	return resolve_name_append(&r->name, &domain) &&
	       resolve_name_text((struct wire){r->name.wire, r->name.size}, 0, r->words);
}

static enum resolve_err read_address(struct resolving *r, const struct address *address)
{
	if (address->size != 4 && address->size != 16)
		return RESOLVE_INVALID_FAMILY;
	r->rrtype = TYPE_PTR;
	r->name.size = reverse_name(address, r->name.wire);
	inet_ntop(address->size == 4 ? AF_INET : AF_INET6, address->bytes, r->words,
		sizeof r->words);
	return RESOLVE_OK;
}

static bool is_there(struct links *links, int interface)
{
	if (interface <= 0 || links == NULL)
		return interface >= 0;
	return links_find(links, interface) != NULL;
}

/* Takes what is asked for; or says what is wrong with it. */
static enum resolve_err read_request(struct resolving *r, const struct resolve_request *request)
{
	if (!resolve_flags_good(request->kind, request->flags))
		return RESOLVE_INVALID_FLAGS;
	if (!is_there(r->resolver->links, request->interface))
		return RESOLVE_NO_SUCH_LINK;
	if (request->kind == RESOLVE_ADDRESS)
		return read_address(r, &request->address);
	if (request->kind != RESOLVE_RECORD && request->family != AF_UNSPEC &&
		request->family != AF_INET && request->family != AF_INET6)
		return RESOLVE_INVALID_FAMILY;
	if (request->kind == RESOLVE_SERVICE)
		return read_service(r, request) ? RESOLVE_OK : RESOLVE_INVALID_NAME;
	snprintf(r->words, sizeof r->words, "%s", request->name);
	if (!resolve_name_read(request->name, &r->name))
		return RESOLVE_INVALID_NAME;
	if (request->kind == RESOLVE_RECORD && !is_of_data(request->rrtype))
		return RESOLVE_TYPE_UNSUPPORTED;
	return RESOLVE_OK;
}

static void end_at_once(struct resolving *r)
{
	resolving_end(r, r->end.err);
}

struct resolving *resolve(struct resolver *resolver, const struct resolve_request *request,
	void (*done)(void *owner, const struct resolve_end *end), void *owner)
{
	struct resolving *r = resolver->n < RESOLVE_LOOKUPS_MAX ? calloc(1, sizeof *r) : NULL;

	if (r == NULL)
		return NULL;
	resolver->n++;
	r->resolver = resolver;
	r->done = done;
	r->owner = owner;
	r->turn.run = on_turn;
	for (size_t i = 0; i < RESOLVE_QUESTIONS; i++) {
		r->questions[i].resolving = r;
		r->questions[i].inside.reply = on_reply;
	}
	r->kind = request->kind;
	r->interface = request->interface;
	r->flags = request->flags;
	r->family = request->family;
	r->class = r->kind == RESOLVE_RECORD ? request->class : CLASS_IN;
	r->rrtype = request->rrtype;
	r->end.ede = EDE_NONE;
	r->end.err = read_request(r, request);
	r->next = r->end.err == RESOLVE_OK ? begin : end_at_once;
	loop_defer(resolver->facts->loop, &r->turn);
	return r;
}

struct resolver *resolver_new(const struct facts *facts, struct links *links)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);

	if (resolver != NULL)
		*resolver = (struct resolver){.facts = facts, .links = links};
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	assert(resolver == NULL || resolver->n == 0);
	free(resolver);
}
