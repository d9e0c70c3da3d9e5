/* SPDX-License-Identifier: MIT */
#include "resolver/resolve_answer.h"
#include "resolver/cname_chain.h"
#include "resolver/names.h"
#include <stdlib.h>
#include <string.h>

/* Of a judge, be it ours or the upstream's. */
static bool is_of_dnssec(int ede)
{
	return (ede >= EDE_DNSSEC_INDETERMINATE && ede <= EDE_NSEC_MISSING) ||
	       ede == EDE_DNSKEY_ALGORITHM || ede == EDE_DS_DIGEST ||
	       ede == EDE_NSEC3_ITERATIONS;
}

static enum resolve_err err_of(const struct reading *reading)
{
	if (reading->rcode == RCODE_SERVFAIL && is_of_dnssec(reading->ede))
		return RESOLVE_DNSSEC_FAILED;
	if (reading->rcode != RCODE_NOERROR)
		return RESOLVE_DNS_ERROR;
	return reading->n > 0 ? RESOLVE_OK : RESOLVE_NO_SUCH_RR;
}

static void read_ede(struct wire options, struct reading *reading)
{
	struct wire option;

	if (!edns_option(options, OPTION_EDE, &option) || option.size < 2)
		return;
	reading->ede = read16(option.data);
	option.size -= 2;
	if (option.size > sizeof reading->ede_text - 1)
		option.size = sizeof reading->ede_text - 1;
	message_printable(option.data + 2, option.size, (uint8_t *)reading->ede_text);
}

static bool read_answers(struct reader *r, unsigned n, struct chain *chain, struct reading *ret)
{
	for (unsigned i = 0; i < n && !chain->bad; i++) {
		struct record record = take_record(r);

		if (r->bad)
			return false;
		if (chain_answer(chain, &record) && ret->n < READING_RECORDS_MAX)
			ret->records[ret->n++] = record;
	}
	ret->aliases = chain->n - 1;
	ret->canonical = chain->names[ret->aliases];
	return !chain->bad;
}

void reading_read(struct wire message, struct reading *ret)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	struct chain chain;
	struct record opt;
	bool has_opt;

	*ret = (struct reading){
		.message = message, .err = RESOLVE_INVALID_REPLY, .ede = EDE_NONE};
	if (r.bad || (header.high & FLAG_QR) == 0 || header.questions != 1)
		return;
	skip_plain_name(&r);
	take(&r, 4);
	if (r.bad)
		return;
	chain_begin(&chain, message,
		(struct wire){message.data + MESSAGE_HEADER_SIZE, r.at - MESSAGE_HEADER_SIZE});
	if (!read_answers(&r, header.answers, &chain, ret))
		return;
	for (unsigned i = 0; i < header.authorities && !r.bad; i++)
		take_record(&r);
	if (r.bad || !take_additional(&r, header.additionals, &opt, &has_opt))
		return;
	ret->rcode = header.low & 15;
	ret->authentic = (header.low & FLAG_AD) != 0;
	if (has_opt) {
		ret->rcode |= opt.ttl >> 24 << 4;
		read_ede(record_data(&r, &opt), ret);
	}
	ret->err = err_of(ret);
	ret->unfinished =
		ret->err == RESOLVE_NO_SUCH_RR && ret->aliases > 0 && header.authorities == 0;
	/* All of it was too much: what there is says nothing of what there is not. */
	if (ret->err == RESOLVE_NO_SUCH_RR && (header.high & FLAG_TC) != 0)
		ret->err = RESOLVE_INVALID_REPLY;
}

bool reading_address(const struct reading *reading, size_t i, struct address *ret)
{
	const struct record *record = &reading->records[i];

	if (!(record->type == TYPE_A && record->data_size == 4) &&
		!(record->type == TYPE_AAAA && record->data_size == 16))
		return false;
	*ret = (struct address){.size = (uint8_t)record->data_size};
	memcpy(ret->bytes, reading->message.data + record->data_at, record->data_size);
	return true;
}

uint8_t *reading_record(const struct reading *reading, size_t i, size_t *ret_size)
{
	const struct record *record = &reading->records[i];
	/* Owner, fixed part, data, and in these two names. */
	size_t most = 3 * (size_t)NAME_MAX_SIZE + 10 + record->data_size;
	struct name_writer w = {0};

	if (most > MESSAGE_SIZE_MAX)
		most = MESSAGE_SIZE_MAX;
	w = (struct name_writer){.out = malloc(most), .size = most};
	if (w.out == NULL)
		return NULL;
	name_write_record(&w, reading->message, record);
	if (w.bad) {
		free(w.out);
		return NULL;
	}
	*ret_size = w.at;
	return w.out;
}

bool reading_name_at(const struct reading *reading, size_t i, size_t fixed, size_t *ret)
{
	const struct record *record = &reading->records[i];
	struct reader r = {
		.message = {reading->message.data, record->data_at + record->data_size},
		.at = record->data_at};

	take(&r, fixed);
	*ret = r.at;
	skip_name(&r);
	return !r.bad && reader_left(&r) == 0;
}
