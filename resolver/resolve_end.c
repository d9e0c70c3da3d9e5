/* SPDX-License-Identifier: MIT */
/* What lookups end with: lists that grow by what replies have. */
#include "resolver/resolve_lookup.h"
#include <stdlib.h>
#include <string.h>

/* What an answer says of itself is true on the interface that was asked about, for addresses
 * that mean nothing without one (RFC 4007). */
static int interface_of(const struct resolving *r, const struct address *address)
{
	return address_is_link_local6(address) ? r->interface : 0;
}

bool resolving_take_addresses(struct resolving *r, const struct reading *reading)
{
	struct resolve_end *end = &r->end;
	struct resolved_address *list = reallocarray(
		end->addresses, end->n_addresses + reading->n, sizeof *end->addresses);

	if (list == NULL)
		return false;
	end->addresses = list;
	for (size_t i = 0; i < reading->n; i++) {
		struct address address;

		if (reading_address(reading, i, &address))
			list[end->n_addresses++] =
				(struct resolved_address){interface_of(r, &address),
					address.size == 4 ? AF_INET : AF_INET6, address};
	}
	return true;
}

bool resolving_take_names(struct resolving *r, const struct reading *reading)
{
	struct resolve_end *end = &r->end;
	char text[RESOLVE_TEXT_MAX];

	end->names = calloc(reading->n, sizeof *end->names);
	for (size_t i = 0; end->names != NULL && i < reading->n; i++) {
		size_t at;
		char *name;

		if (!reading_name_at(reading, i, 0, &at) ||
			!resolve_name_text(reading->message, at, text))
			continue;
		name = strdup(text);
		if (name == NULL)
			return false;
		end->names[end->n_names++].name = name;
	}
	return end->names != NULL;
}

bool resolving_take_records(struct resolving *r, const struct reading *reading)
{
	struct resolve_end *end = &r->end;

	end->records = calloc(reading->n, sizeof *end->records);
	for (size_t i = 0; end->records != NULL && i < reading->n; i++) {
		struct resolved_record record = {
			.class = reading->records[i].class, .type = reading->records[i].type};

		record.rr = reading_record(reading, i, &record.size);
		if (record.rr != NULL)
			end->records[end->n_records++] = record;
	}
	return end->records != NULL;
}

void resolve_end_clear(struct resolve_end *end)
{
	for (size_t i = 0; i < end->n_names; i++)
		free(end->names[i].name);
	for (size_t i = 0; i < end->n_records; i++)
		free(end->records[i].rr);
	for (size_t i = 0; i < end->n_services; i++) {
		free(end->services[i].host);
		free(end->services[i].canonical);
		free(end->services[i].addresses);
	}
	for (size_t i = 0; i < end->n_txts; i++)
		free(end->txts[i].data);
	free(end->addresses);
	free(end->names);
	free(end->records);
	free(end->services);
	free(end->txts);
	*end = (struct resolve_end){0};
}
