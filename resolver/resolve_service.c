/* SPDX-License-Identifier: MIT */
/* A service (RFC 2782, RFC 6763): its SRV and TXT records, then the addresses of its hosts. */
#include "resolver/resolve_lookup.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TXTS_MAX = 256, SRV_FIXED = 6 };

/* Which is used rather (RFC 2782): of weights, that is the client's to choose; the order is so
 * that the same answer is told the same way. */
static bool is_before(const struct resolved_service *a, const struct resolved_service *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->weight > b->weight;
}

static void service_free(struct resolved_service *service)
{
	free(service->host);
	free(service->canonical);
}

/* Puts it where it belongs; the last of too many goes. */
static void insert(struct resolve_end *end, struct resolved_service service)
{
	size_t at = end->n_services;

	while (at > 0 && is_before(&service, &end->services[at - 1]))
		at--;
	if (at == RESOLVE_TARGETS_MAX) {
		service_free(&service);
		return;
	}
	if (end->n_services == RESOLVE_TARGETS_MAX)
		service_free(&end->services[--end->n_services]);
	memmove(&end->services[at + 1], &end->services[at],
		(end->n_services - at) * sizeof *end->services);
	end->services[at] = service;
	end->n_services++;
}

/* *ret_absent: it is said that there is none: its host is the root. */
static bool take_services(struct resolving *r, const struct reading *reading, bool *ret_absent)
{
	struct resolve_end *end = &r->end;
	char host[RESOLVE_TEXT_MAX];

	*ret_absent = false;
	end->services = calloc(RESOLVE_TARGETS_MAX, sizeof *end->services);
	for (size_t i = 0; end->services != NULL && i < reading->n; i++) {
		const uint8_t *data = reading->message.data + reading->records[i].data_at;
		struct resolved_service service;
		size_t at;

		if (!reading_name_at(reading, i, SRV_FIXED, &at) ||
			!resolve_name_text(reading->message, at, host))
			continue;
		if (strcmp(host, ".") == 0) {
			*ret_absent = true;
			continue;
		}
		service = (struct resolved_service){.priority = read16(data),
			.weight = read16(data + 2),
			.port = read16(data + 4),
			.host = strdup(host),
			.canonical = strdup(host)};
		if (service.host == NULL || service.canonical == NULL) {
			service_free(&service);
			return false;
		}
		insert(end, service);
	}
	return end->services != NULL;
}

/* The strings of a TXT record (RFC 1035 section 3.3.14). */
static bool take_strings(struct resolve_end *end, struct wire data)
{
	struct reader r = {.message = data};

	while (reader_left(&r) > 0 && end->n_txts < TXTS_MAX) {
		size_t size = take8(&r);
		const uint8_t *bytes = take(&r, size);
		uint8_t *copy;

		if (r.bad)
			return true;
		copy = malloc(size + 1);
		if (copy == NULL)
			return false;
		memcpy(copy, bytes, size);
		end->txts[end->n_txts].data = copy;
		end->txts[end->n_txts++].size = size;
	}
	return true;
}

static bool take_txts(struct resolving *r, const struct reading *reading)
{
	struct resolve_end *end = &r->end;

	end->txts = calloc(TXTS_MAX, sizeof *end->txts);
	if (end->txts == NULL)
		return false;
	for (size_t i = 0; i < reading->n; i++) {
		const struct record *record = &reading->records[i];

		if (!take_strings(end, (struct wire){reading->message.data + record->data_at,
					       record->data_size}))
			return false;
	}
	return true;
}

static void on_targets(struct resolving *r)
{
	resolving_end(r, r->has_target ? RESOLVE_OK : r->end.err);
}

static bool take_target(struct resolved_service *service, const struct resolve_end *end)
{
	char *canonical = strdup(end->canonical);
	size_t size = end->n_addresses * sizeof *end->addresses;

	service->addresses = malloc(size);
	if (canonical == NULL || service->addresses == NULL) {
		free(canonical);
		return false;
	}
	memcpy(service->addresses, end->addresses, size);
	service->n_addresses = end->n_addresses;
	free(service->canonical);
	service->canonical = canonical;
	return true;
}

/* One that cannot be found is told without addresses, if another can be. */
static void on_target(void *owner, const struct resolve_end *end)
{
	struct resolve_target *target = owner;
	struct resolving *r = target->service;

	target->lookup = NULL;
	if (end->err == RESOLVE_OK && take_target(&r->end.services[target->i], end)) {
		r->has_target = true;
		r->end.flags = resolve_flags_of_both(r->end.flags, end->flags);
	} else if (!r->has_target) {
		r->end.err = end->err != RESOLVE_OK ? end->err : RESOLVE_NOMEM;
		r->end.rcode = end->rcode;
		r->end.ede = end->ede;
		snprintf(r->ede_text, sizeof r->ede_text, "%s", end->ede_text);
		snprintf(r->words, sizeof r->words, "%s", end->name);
	}
	if (--r->waits_for == 0)
		loop_defer(r->resolver->facts->loop, &r->turn);
}

static void ask_for_targets(struct resolving *r)
{
	struct resolve_request request = {.kind = RESOLVE_HOSTNAME,
		.interface = r->interface,
		.flags =
			(r->flags & ~(RESOLVE_NO_TXT | RESOLVE_NO_ADDRESS)) | RESOLVE_NO_SEARCH,
		.family = r->family};

	r->next = on_targets;
	r->end.err = RESOLVE_NOMEM;
	for (size_t i = 0; i < r->end.n_services; i++) {
		struct resolve_target *target = &r->targets[i];

		target->service = r;
		target->i = i;
		request.name = r->end.services[i].host;
		/* Whoever asks for services, of many hosts, does not lock others out. */
		if (r->resolver->n < RESOLVE_HOSTS_MAX)
			target->lookup = resolve(r->resolver, &request, on_target, target);
		r->waits_for += target->lookup != NULL;
	}
	if (r->waits_for == 0)
		on_targets(r);
}

static void on_answers(struct resolving *r)
{
	struct reading reading;
	bool absent, good;

	resolving_read(r, 0, &reading);
	if (reading.err != RESOLVE_OK) {
		resolving_fail(r, &reading);
		return;
	}
	resolving_add_flags(r, 0, &reading);
	good = take_services(r, &reading, &absent) &&
	       resolve_name_split(reading.message, reading.canonical, &r->service);
	/* A service without a word about it is one. */
	if (good && r->n_questions > 1) {
		resolving_read(r, 1, &reading);
		if (reading.err == RESOLVE_OK || reading.err == RESOLVE_NO_SUCH_RR)
			resolving_add_flags(r, 1, &reading);
		good = reading.err != RESOLVE_OK || take_txts(r, &reading);
	}
	if (!good)
		resolving_end(r, RESOLVE_NOMEM);
	else if (r->end.n_services == 0)
		resolving_end(r, absent ? RESOLVE_NO_SUCH_SERVICE : RESOLVE_INVALID_REPLY);
	else if ((r->flags & RESOLVE_NO_ADDRESS) != 0)
		resolving_end(r, RESOLVE_OK);
	else
		ask_for_targets(r);
}

void resolve_service_begin(struct resolving *r)
{
	resolving_ask_anew(r, on_answers);
	resolving_ask(r, &r->name, TYPE_SRV, resolving_options(r));
	if ((r->flags & RESOLVE_NO_TXT) == 0)
		resolving_ask(r, &r->name, TYPE_TXT, resolving_options(r));
}
