/* SPDX-License-Identifier: MIT */
#include "resolver/message.h"
#include "conf/value.h"
#include "resolver/reader.h"
#include <assert.h>
#include <string.h>

enum {
	ECS_NONE_SIZE = 4, /* family, source prefix length, scope prefix length */
	ECS_FAMILY_IPV4 = 1,
	PADDING_BLOCK = 128,
	EDE_CODE_SIZE = 2,
	KEEPALIVE_SIZE = 2,
};

/* Writes where its caller has made sure that there is room. */
struct writer {
	uint8_t *out;
	size_t at, size;
};

static uint8_t *put_room(struct writer *w, size_t n)
{
	uint8_t *p = w->out + w->at;

	assert(n <= w->size - w->at);
	w->at += n;
	return p;
}

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(put_room(w, n), bytes, n);
}

static void put16(struct writer *w, unsigned value)
{
	write16(put_room(w, 2), value);
}

static void put_header(struct writer *w, const struct header *header)
{
	uint8_t *p = put_room(w, MESSAGE_HEADER_SIZE);

	write16(p, header->id);
	p[2] = header->high;
	p[3] = header->low;
	write16(p + 4, header->questions);
	write16(p + 6, header->answers);
	write16(p + 8, header->authorities);
	write16(p + 10, header->additionals);
}

static void put_opt(
	struct writer *w, unsigned extended_rcode, bool dnssec_ok, size_t options_size)
{
	uint8_t *p = put_room(w, OPT_SIZE);

	p[0] = 0;
	write16(p + 1, TYPE_OPT);
	write16(p + 3, MESSAGE_UDP_SIZE);
	p[5] = (uint8_t)extended_rcode;
	p[6] = 0;
	write16(p + 7, dnssec_ok ? OPT_DO << 8 : 0);
	write16(p + 9, (unsigned)options_size);
}

static void put_option(struct writer *w, unsigned code, const void *bytes, size_t size)
{
	put16(w, code);
	put16(w, (unsigned)size);
	put(w, bytes, size);
}

/* "No subnet": the client's wish, and the answer to it. */
static void put_ecs_none(struct writer *w, const struct request *request, unsigned family)
{
	uint8_t bytes[ECS_NONE_SIZE] = {(uint8_t)(family >> 8), (uint8_t)(family & 255)};

	if (request->ecs_none)
		put_option(w, OPTION_ECS, bytes, sizeof bytes);
}

static size_t ecs_none_size(const struct request *request)
{
	return request->ecs_none ? OPTION_HEADER + ECS_NONE_SIZE : 0;
}

size_t message_write_query(const struct request *request, enum protocol protocol, uint8_t *out)
{
	static const uint8_t zeroes[PADDING_BLOCK];
	struct writer w = {.out = out, .size = MESSAGE_QUERY_MAX};
	struct header header = {
		.high = request->rd ? FLAG_RD : 0,
		.low = (uint8_t)(FLAG_AD | (request->cd ? FLAG_CD : 0)),
		.questions = 1,
		.additionals = 1,
	};
	bool keepalive = protocol == PROTOCOL_TLS, padded = protocol != PROTOCOL_PLAIN;
	size_t options = ecs_none_size(request) + (keepalive ? OPTION_HEADER : 0) +
			 (padded ? OPTION_HEADER : 0);
	size_t used = MESSAGE_HEADER_SIZE + request->question.size + OPT_SIZE + options;
	size_t padding = padded ? (PADDING_BLOCK - used % PADDING_BLOCK) % PADDING_BLOCK : 0;

	put_header(&w, &header);
	put(&w, request->question.data, request->question.size);
	put_opt(&w, 0, request->dnssec_ok, options + padding);
	/* Not the family that the client named: others wait for the same answer. */
	put_ecs_none(&w, request, ECS_FAMILY_IPV4);
	if (keepalive)
		put_option(&w, OPTION_KEEPALIVE, NULL, 0);
	if (padded)
		put_option(&w, OPTION_PADDING, zeroes, padding);
	return w.at;
}

/* The header of a reply. AD only for who asked for it (RFC 6840 section 5.8). */
static struct header reply_header(const struct request *request, enum rcode rcode)
{
	return (struct header){
		.id = request->id,
		.high = (uint8_t)(FLAG_QR | request->opcode << 3 | (request->rd ? FLAG_RD : 0)),
		.low = (uint8_t)(FLAG_RA | (request->cd ? FLAG_CD : 0) | (rcode & 15)),
		.questions = request->question.size > 0 ? 1 : 0,
		.additionals = request->edns ? 1 : 0,
	};
}

/* Our options of a reply: those that the request asks for, and an Extended DNS Error. */
static size_t reply_options_size(const struct request *request, enum ede code, size_t text_size)
{
	return ecs_none_size(request) +
	       (request->with_cookie ? OPTION_HEADER + COOKIE_SIZE : 0) +
	       (request->keepalive_units > 0 ? OPTION_HEADER + KEEPALIVE_SIZE : 0) +
	       (code != EDE_NONE ? OPTION_HEADER + EDE_CODE_SIZE + text_size : 0);
}

/* Of the character in front; 0: it is none, or one that has no business in a terminal. */
static size_t character_size(const uint8_t *text, size_t left)
{
	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
	for (size_t n = 2; n <= 4 && n <= left; n++)
		if (value_utf8((const char *)text, n))
			return n;
	return 0;
}

/* For anything else there are clients that refuse all of the reply. */
void message_printable(const uint8_t *text, size_t size, uint8_t *out)
{
	for (size_t i = 0, n; i < size; i += n) {
		n = character_size(text + i, size - i);
		if (n > 0)
			memcpy(out + i, text + i, n);
		else
			out[i] = '?';
		n += n == 0;
	}
}

static void put_reply_opt(struct writer *w, const struct request *request,
	unsigned extended_rcode, enum ede code, const uint8_t *text, size_t text_size)
{
	put_opt(w, extended_rcode, request->dnssec_ok,
		reply_options_size(request, code, text_size));
	put_ecs_none(w, request, request->ecs_family);
	if (request->with_cookie)
		put_option(w, OPTION_COOKIE, request->reply_cookie, COOKIE_SIZE);
	if (request->keepalive_units > 0) {
		put16(w, OPTION_KEEPALIVE);
		put16(w, KEEPALIVE_SIZE);
		put16(w, request->keepalive_units);
	}
	if (code != EDE_NONE) {
		put16(w, OPTION_EDE);
		put16(w, (unsigned)(EDE_CODE_SIZE + text_size));
		put16(w, (unsigned)code);
		message_printable(text, text_size, put_room(w, text_size));
	}
}

/* What has been kept for a while is as much older. */
static void age_ttls(uint8_t *body, const struct answer *answer)
{
	for (size_t i = 0; i < answer->n_ttls; i++) {
		uint8_t *p = body + answer->ttls[i];
		uint32_t ttl = read32(p);

		/* RFC 2181 section 8. */
		ttl = ttl <= INT32_MAX ? ttl : 0;
		ttl = ttl < answer->max_ttl_s ? ttl : answer->max_ttl_s;
		ttl = ttl > answer->age_s ? ttl - answer->age_s : 0;
		write32(p, ttl);
	}
}

size_t message_write_reply(
	const struct request *request, const struct answer *answer, uint8_t *out, size_t limit)
{
	struct header header = reply_header(request, (enum rcode)(answer->low & 15));
	struct writer w = {.out = out, .size = limit};
	size_t used = MESSAGE_HEADER_SIZE + request->question.size;
	enum ede ede = answer->ede;
	size_t ede_size = answer->ede_text.size, opt_size;

	if (answer->extended_rcode != 0 && !request->edns)
		return message_write_error(request, RCODE_SERVFAIL, EDE_NONE, "", out);
	header.high |= answer->high & (FLAG_AA | FLAG_TC);
	header.low = (uint8_t)((header.low & ~FLAG_RA) | (answer->low & FLAG_RA));
	if (request->ad || request->dnssec_ok)
		header.low |= answer->low & FLAG_AD;
	opt_size = request->edns ? OPT_SIZE + reply_options_size(request, ede, ede_size) : 0;
	/* Rather the answer without the words than the words without the answer. */
	if (used + answer->body.size + opt_size > limit && ede != EDE_NONE) {
		ede = EDE_NONE;
		opt_size = request->edns ? OPT_SIZE + reply_options_size(request, ede, 0) : 0;
	}
	if (used + answer->body.size + opt_size > limit) {
		header.high |= FLAG_TC;
		put_header(&w, &header);
		put(&w, request->question.data, request->question.size);
	} else {
		header.answers = answer->answers;
		header.authorities = answer->authorities;
		put_header(&w, &header);
		put(&w, request->question.data, request->question.size);
		put(&w, answer->body.data, answer->body.size);
		age_ttls(out + used, answer);
	}
	if (request->edns)
		put_reply_opt(&w, request, answer->extended_rcode, ede, answer->ede_text.data,
			ede_size);
	return w.at;
}

size_t message_write_truncated(const struct request *request, uint8_t *out)
{
	struct answer answer = {.high = FLAG_TC, .low = FLAG_RA, .ede = EDE_NONE};

	return message_write_reply(request, &answer, out, MESSAGE_ERROR_MAX);
}

size_t message_write_error(const struct request *request, enum rcode rcode, enum ede code,
	const char *text, uint8_t *out)
{
	struct writer w = {.out = out, .size = MESSAGE_ERROR_MAX};
	struct header header = reply_header(request, rcode);
	size_t length = strlen(text), most;

	most = MESSAGE_ERROR_MAX - MESSAGE_HEADER_SIZE - request->question.size - OPT_SIZE -
	       reply_options_size(request, code, 0);
	length = length < most ? length : most;
	put_header(&w, &header);
	put(&w, request->question.data, request->question.size);
	if (request->edns)
		put_reply_opt(
			&w, request, (unsigned)rcode >> 4, code, (const uint8_t *)text, length);
	return w.at;
}
