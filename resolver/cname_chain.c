/* SPDX-License-Identifier: MIT */
#include "resolver/cname_chain.h"
#include "resolver/names.h"
#include <string.h>

void chain_begin(struct chain *chain, struct wire message, struct wire question)
{
	const uint8_t *end = question.data + question.size;

	*chain = (struct chain){.message = message,
		.names = {MESSAGE_HEADER_SIZE},
		.n = 1,
		.type = read16(end - 4),
		.class = read16(end - 2),
		.budget = 1024 + message.size};
}

/* Nearly all owners are a pointer to the name itself. */
static bool is_same(struct chain *chain, size_t a, size_t b)
{
	return name_target(chain->message, a) == name_target(chain->message, b) ||
	       name_is_in(chain->message, a, b, true, &chain->budget);
}

static bool is_of_chain(struct chain *chain, size_t owner)
{
	for (unsigned i = chain->n; i-- > 0;)
		if (is_same(chain, owner, chain->names[i]))
			return true;
	return false;
}

static bool is_above_chain(struct chain *chain, size_t owner)
{
	for (unsigned i = chain->n; i-- > 0;)
		if (name_is_in(chain->message, chain->names[i], owner, false, &chain->budget))
			return true;
	return false;
}

static void check_budget(struct chain *chain)
{
	if (chain->budget == 0)
		chain->bad = true;
}

/* What stands at a name of the chain. */
static bool belongs(struct chain *chain, const struct record *record)
{
	if (record->class != chain->class)
		return false;
	if (record->type == TYPE_DNAME && chain->type != TYPE_DNAME)
		return is_above_chain(chain, record->owner);
	if (record->type == TYPE_RRSIG && chain->type != TYPE_RRSIG)
		return is_of_chain(chain, record->owner) ||
		       is_above_chain(chain, record->owner);
	if (record->type != chain->type && record->type != TYPE_CNAME &&
		chain->type != TYPE_ANY)
		return false;
	return is_same(chain, record->owner, chain->names[chain->n - 1]);
}

bool chain_answer(struct chain *chain, const struct record *record)
{
	bool well = belongs(chain, record);

	check_budget(chain);
	if (!well || chain->bad) {
		chain->foreign = true;
		return false;
	}
	if (record->type == chain->type || chain->type == TYPE_ANY)
		return true;
	if (record->type != TYPE_CNAME)
		return false;
	if (chain->n == CHAIN_MAX || record->data_size == 0)
		chain->bad = true;
	else
		chain->names[chain->n++] = record->data_at;
	return false;
}

void chain_authority(struct chain *chain, const struct record *record)
{
	bool well = record->class == chain->class;

	if (well && record->type != TYPE_NSEC && record->type != TYPE_NSEC3 &&
		record->type != TYPE_RRSIG)
		well = is_above_chain(chain, record->owner);
	check_budget(chain);
	if (!well)
		chain->foreign = true;
}

/* Follows CNAMEs wherever in the section they stand. */
static void follow(struct chain *chain, struct reader at, unsigned answers)
{
	bool found = true;

	while (found && chain->n < CHAIN_MAX && !chain->bad) {
		struct reader r = at;

		found = false;
		for (unsigned i = 0; i < answers && !found && !chain->bad; i++) {
			struct record record = take_record(&r);

			found = record.type == TYPE_CNAME && record.class == chain->class &&
				record.data_size > 0 && chain->type != TYPE_CNAME &&
				is_same(chain, record.owner, chain->names[chain->n - 1]) &&
				!is_of_chain(chain, record.data_at);
			check_budget(chain);
			if (found)
				chain->names[chain->n++] = record.data_at;
		}
	}
}

/* Those of one name of the chain, when all are known. */
static bool is_wanted(struct chain *all, unsigned i, const struct record *record)
{
	struct chain one = *all;
	bool well;

	one.n = i + 1;
	/* Only the last has what was asked for; those before it are aliases. */
	well = belongs(&one, record);
	if (record->type == all->type)
		well = well && i + 1 == all->n;
	else if (record->type == TYPE_CNAME)
		well = well && i + 1 < all->n && record->data_at == all->names[i + 1];
	all->budget = one.budget;
	check_budget(all);
	return well;
}

static unsigned copy_answers(
	struct chain *chain, struct reader at, unsigned n, struct name_writer *w)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < chain->n; i++) {
		struct reader r = at;

		for (unsigned j = 0; j < n && !chain->bad; j++) {
			struct record record = take_record(&r);
			/* What is above several names is copied with the first. */
			bool repeated =
				i > 0 &&
				(record.type == TYPE_DNAME || record.type == TYPE_RRSIG) &&
				is_wanted(chain, i - 1, &record);

			if (!repeated && is_wanted(chain, i, &record)) {
				name_write_record(w, chain->message, &record);
				kept++;
			}
		}
	}
	return kept;
}

static unsigned copy_authorities(
	struct chain *chain, struct reader *r, unsigned n, struct name_writer *w)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n && !chain->bad; i++) {
		struct record record = take_record(r);

		chain->foreign = false;
		chain_authority(chain, &record);
		if (!chain->foreign) {
			name_write_record(w, chain->message, &record);
			kept++;
		}
	}
	return kept;
}

size_t chain_clean(struct wire message, struct wire question, uint8_t *out)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	struct name_writer w = {.out = out, .size = MESSAGE_SIZE_MAX};
	unsigned answers, authorities, additionals = 0;
	struct chain chain;
	struct reader at;

	take(&r, question.size);
	at = r;
	chain_begin(&chain, message, question);
	chain.budget *= CHAIN_MAX;
	name_write_bytes(&w, message.data, MESSAGE_HEADER_SIZE + question.size);
	follow(&chain, at, header.answers);
	answers = copy_answers(&chain, at, header.answers, &w);
	for (unsigned i = 0; i < header.answers; i++)
		take_record(&r);
	authorities = copy_authorities(&chain, &r, header.authorities, &w);
	for (unsigned i = 0; i < header.additionals; i++) {
		struct record record = take_record(&r);

		if (record.type != TYPE_OPT)
			continue;
		name_write_record(&w, message, &record);
		additionals = 1;
	}
	if (chain.bad || w.bad || r.bad)
		return 0;
	write16(out + 6, answers);
	write16(out + 8, authorities);
	write16(out + 10, additionals);
	return w.at;
}
