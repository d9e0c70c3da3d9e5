/* SPDX-License-Identifier: MIT */
#include "transport/ticket.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Copies behind what *end points to, which moves on. */
static struct wire keep(uint8_t **end, struct wire wire)
{
	struct wire kept = {*end, wire.size};

	if (wire.size > 0)
		memcpy(*end, wire.data, wire.size);
	*end += wire.size;
	return kept;
}

struct shown *shown_new(const struct peer *peer, uint64_t now_ms)
{
	size_t size = peer->tls_scts.size + peer->staple.size;
	struct shown *shown;
	uint8_t *end;

	assert(peer->n <= VERIFY_CHAIN_MAX);
	for (size_t i = 0; i < peer->n; i++)
		size += peer->der[i].size;
	shown = malloc(sizeof *shown + size);
	if (shown == NULL)
		return NULL;
	*shown = (struct shown){.references = 1, .judged_ms = now_ms};
	end = shown->bytes;
	for (size_t i = 0; i < peer->n; i++)
		shown->der[i] = keep(&end, peer->der[i]);
	shown->peer = (struct peer){.der = shown->der,
		.n = peer->n,
		.tls_scts = keep(&end, peer->tls_scts),
		.staple = keep(&end, peer->staple)};
	return shown;
}

struct shown *shown_ref(struct shown *shown)
{
	shown->references++;
	return shown;
}

void shown_unref(struct shown *shown)
{
	if (shown != NULL && --shown->references == 0)
		free(shown);
}

bool shown_has(const struct shown *shown, const struct wire *der, size_t n)
{
	if (shown->peer.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (der[i].size != shown->der[i].size ||
			memcmp(der[i].data, shown->der[i].data, der[i].size) != 0)
			return false;
	return true;
}

struct ticket *ticket_new(struct wire session, struct shown *shown)
{
	struct ticket *ticket = malloc(sizeof *ticket + session.size);

	if (ticket == NULL)
		return NULL;
	ticket->shown = shown_ref(shown);
	ticket->size = session.size;
	memcpy(ticket->session, session.data, session.size);
	return ticket;
}

void ticket_free(struct ticket *ticket)
{
	if (ticket == NULL)
		return;
	shown_unref(ticket->shown);
	explicit_bzero(ticket->session, ticket->size);
	free(ticket);
}

bool ticket_judge(const struct ticket *ticket, const struct trust *trust,
	const struct subject *subject, struct ct_clock clock, struct verdict *ret)
{
	const struct shown *shown = ticket->shown;

	/* A clock that went backwards says nothing of its age. */
	if (clock.now_ms < shown->judged_ms ||
		clock.now_ms - shown->judged_ms > TICKET_AGE_MAX_MS)
		return false;
	verify_peer(trust, subject, &shown->peer, clock, ret);
	return ret->accepted;
}
