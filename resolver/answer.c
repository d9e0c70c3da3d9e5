/* SPDX-License-Identifier: MIT */
#include "resolver/cname_chain.h"
#include "resolver/reader.h"
#include <string.h>

/* In seconds. */
enum {
	LIFETIME_MAX = 24 * 3600,
	LIFETIME_NEGATIVE_MAX = 3600,
	LIFETIME_FAILURE = 5,
	EDE_TEXT_MAX = 200,
};

static bool same_question(const uint8_t *a, const uint8_t *b, size_t n)
{
	if (memcmp(a, b, n) == 0)
		return true;
	/* Lengths of labels are below 'A', and types and classes are left as they are: an equal
	 * question is equal byte for byte but for its letters' case (RFC 4343). */
	for (size_t i = 0; i < n; i++) {
		uint8_t x = a[i], y = b[i];

		if (i + 4 < n && x >= 'A' && x <= 'Z')
			x = (uint8_t)(x | 0x20);
		if (i + 4 < n && y >= 'A' && y <= 'Z')
			y = (uint8_t)(y | 0x20);
		if (x != y)
			return false;
	}
	return true;
}

/* RFC 7828 section 3.1: in units of 100 ms. RFC 8914 section 2. */
static void read_options(struct wire options, struct answer *answer)
{
	struct wire option;

	if (options.size == 0)
		return;
	if (edns_option(options, OPTION_KEEPALIVE, &option) && option.size == 2) {
		answer->keepalive = true;
		answer->keepalive_ms = 100 * (uint32_t)read16(option.data);
	}
	if (edns_option(options, OPTION_EDE, &option) && option.size >= 2) {
		answer->ede = (enum ede)read16(option.data);
		answer->ede_text = (struct wire){option.data + 2, option.size - 2};
		if (answer->ede_text.size > EDE_TEXT_MAX)
			answer->ede_text.size = EDE_TEXT_MAX;
	}
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* RFC 2181 section 8: with the highest bit set, zero. */
static uint32_t ttl_of(const struct record *record)
{
	return record->ttl <= INT32_MAX ? record->ttl : 0;
}

/* RFC 2308 section 5: MINIMUM is the last field of an SOA. */
static uint32_t negative_ttl(const struct reader *r, const struct record *soa)
{
	struct wire data = record_data(r, soa);

	if (data.size < 22)
		return 0;
	return lesser(ttl_of(soa), read32(data.data + data.size - 4));
}

/* What the records of a message add up to. */
struct sum {
	uint32_t least_ttl, soa_ttl;
	bool has_soa, positive;
};

static bool read_section(struct reader *r, unsigned n, size_t body_at, bool authority,
	struct chain *chain, struct answer_room *room, struct answer *answer, struct sum *sum)
{
	for (unsigned i = 0; i < n; i++) {
		struct record record = take_record(r);

		if (r->bad || record.type == TYPE_OPT || answer->n_ttls == MESSAGE_RECORDS_MAX)
			return false;
		room->ttls[answer->n_ttls++] = (uint16_t)(record.ttl_at - body_at);
		sum->least_ttl = lesser(sum->least_ttl, ttl_of(&record));
		if (authority) {
			chain_authority(chain, &record);
			if (record.type == TYPE_SOA) {
				sum->has_soa = true;
				sum->soa_ttl = negative_ttl(r, &record);
			}
		} else if (chain_answer(chain, &record)) {
			sum->positive = true;
		}
	}
	return true;
}

static uint32_t lifetime(const struct answer *answer, const struct sum *sum)
{
	enum rcode rcode = answer_rcode(answer);

	if ((answer->high & FLAG_TC) != 0)
		return 0;
	if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		return LIFETIME_FAILURE;
	if (rcode == RCODE_NOERROR && sum->positive)
		return lesser(sum->least_ttl, LIFETIME_MAX);
	if (!sum->has_soa)
		return 0;
	return lesser(lesser(sum->least_ttl, sum->soa_ttl), LIFETIME_NEGATIVE_MAX);
}

/* A header alone, with an error: it has no records. */
static bool read_bare(struct reader *r, const struct header *header, struct answer *answer)
{
	if (header->answers > 0 || header->authorities > 0 ||
		answer_rcode(answer) == RCODE_NOERROR)
		return false;
	answer->lifetime_s = LIFETIME_FAILURE;
	return reader_left(r) == 0 || header->additionals > 0;
}

/* The records as they stand. *ret_foreign: some do not belong there. */
static bool read_body(struct wire question, const struct header *header, struct reader *r,
	struct answer_room *room, struct answer *answer, bool *ret_foreign)
{
	struct sum sum = {.least_ttl = UINT32_MAX};
	struct chain chain;
	size_t body_at;

	if (header->questions != 1 || reader_left(r) < question.size ||
		!same_question(r->message.data + r->at, question.data, question.size))
		return false;
	take(r, question.size);
	body_at = r->at;
	chain_begin(&chain, r->message, question);
	if (!read_section(r, header->answers, body_at, false, &chain, room, answer, &sum) ||
		!read_section(
			r, header->authorities, body_at, true, &chain, room, answer, &sum) ||
		chain.bad)
		return false;
	*ret_foreign = chain.foreign;
	answer->body = (struct wire){r->message.data + body_at, r->at - body_at};
	answer->answers = header->answers;
	answer->authorities = header->authorities;
	answer->lifetime_s = lifetime(answer, &sum);
	answer->negative = !sum.positive || answer_rcode(answer) == RCODE_NXDOMAIN;
	if (answer->negative && sum.has_soa)
		answer->max_ttl_s = answer->lifetime_s;
	return true;
}

static bool read_message(struct wire question, struct wire message, struct answer_room *room,
	struct answer *ret, bool *ret_foreign)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	struct record opt;
	bool has_opt;

	*ret_foreign = false;
	if (r.bad || (header.high & FLAG_QR) == 0 || (header.high >> 3 & 15) != 0)
		return false;
	*ret = (struct answer){.high = header.high & (FLAG_AA | FLAG_TC),
		.low = header.low & (FLAG_RA | FLAG_AD | 15),
		.ttls = room->ttls,
		.max_ttl_s = LIFETIME_MAX,
		.ede = EDE_NONE};
	if (header.questions == 0 ? !read_bare(&r, &header, ret)
				  : !read_body(question, &header, &r, room, ret, ret_foreign))
		return false;
	if (!take_additional(&r, header.additionals, &opt, &has_opt) || reader_left(&r) > 0)
		return false;
	if (has_opt) {
		ret->extended_rcode = (uint8_t)(opt.ttl >> 24);
		read_options(record_data(&r, &opt), ret);
		if (ret->extended_rcode != 0)
			ret->lifetime_s = LIFETIME_FAILURE;
	}
	return true;
}

bool message_read_answer(
	struct wire question, struct wire message, struct answer_room *room, struct answer *ret)
{
	struct wire cleaned = {room->rewritten, 0};
	bool foreign;

	if (!read_message(question, message, room, ret, &foreign))
		return false;
	if (!foreign)
		return true;
	cleaned.size = chain_clean(message, question, room->rewritten);
	return cleaned.size > 0 && read_message(question, cleaned, room, ret, &foreign) &&
	       !foreign;
}

void answer_was_cached(struct answer *answer, uint32_t age_s, uint32_t max_age_s)
{
	answer->age_s = age_s;
	/* A server that wants nothing to be cached by HTTP says nothing of DNS. */
	if (max_age_s == 0)
		return;
	answer->max_ttl_s = lesser(answer->max_ttl_s, max_age_s);
	answer->lifetime_s = lesser(answer->lifetime_s, max_age_s);
}

enum rcode answer_rcode(const struct answer *answer)
{
	return (enum rcode)(answer->extended_rcode << 4 | (answer->low & 15));
}

bool answer_each(
	const struct answer *answer, bool (*each)(void *, uint16_t, struct wire), void *context)
{
	for (size_t i = 0; i < answer->answers; i++) {
		/* The TTL stands between type and class, and length and data. */
		const uint8_t *ttl = answer->body.data + answer->ttls[i];

		if (!each(context, read16(ttl - 4), (struct wire){ttl + 6, read16(ttl + 4)}))
			return false;
	}
	return true;
}
