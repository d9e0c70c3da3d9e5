/* SPDX-License-Identifier: MIT */
#include "resolver/message.h"
#include <assert.h>
#include <string.h>

/* RFC 1035 section 4.1.1. Second and third byte of the header, and the fourth. */
enum {
	FLAG_QR = 0x80,
	FLAG_AA = 0x04,
	FLAG_TC = 0x02,
	FLAG_RD = 0x01,
	FLAG_RA = 0x80,
	FLAG_AD = 0x20,
	FLAG_CD = 0x10,
};

enum {
	TYPE_OPT = 41,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	OPTION_ECS = 8,
	OPTION_KEEPALIVE = 11,
	OPTION_PADDING = 12,
	OPTION_EDE = 15,
	OPT_SIZE = 11, /* with no options */
	OPTION_HEADER = 4,
	ECS_NONE_SIZE = 4, /* family, source prefix length, scope prefix length */
	PADDING_BLOCK = 128,
	UDP_SIZE_MIN = 512,
	OPT_DO = 0x80, /* the third byte of its TTL */
};

/* Reads from the start of a message; the first read past its end sets `bad`, and all that
 * follow yield nothing. */
struct reader {
	struct wire message;
	size_t at;
	bool bad;
};

static size_t left(const struct reader *r)
{
	return r->message.size - r->at;
}

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->message.data + r->at;

	if (r->bad || n > left(r)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

static uint8_t take8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p != NULL ? p[0] : 0;
}

static uint16_t take16(struct reader *r)
{
	const uint8_t *p = take(r, 2);

	return p != NULL ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : (uint16_t)0;
}

/* A name without compression (RFC 1035 section 3.1), as in a question. */
static void skip_plain_name(struct reader *r)
{
	size_t start = r->at;
	uint8_t label;

	do {
		label = take8(r);
		if (label > 63)
			r->bad = true;
		take(r, label);
		if (r->at - start > 255)
			r->bad = true;
	} while (!r->bad && label != 0);
}

/* The name of a record. A pointer ends it, must point backwards (RFC 9267), and is not
 * followed: what it points to is not our business. */
static void skip_name(struct reader *r)
{
	size_t start = r->at;

	while (!r->bad) {
		uint8_t label = take8(r);

		if (label >= 0xc0) {
			size_t target = (size_t)(label & 0x3f) << 8 | take8(r);

			if (target >= start || target < MESSAGE_HEADER_SIZE)
				r->bad = true;
			return;
		}
		if (label > 63)
			r->bad = true;
		take(r, label);
		if (r->at - start > 255)
			r->bad = true;
		if (label == 0)
			return;
	}
}

/* A record's fields; `data` is where its RDATA starts, `owner` its name. */
struct record {
	size_t owner;
	uint16_t type, class;
	uint8_t extended_rcode, version, flags; /* of an OPT record (RFC 6891 section 6.1.3) */
	struct wire data;
};

static struct record take_record(struct reader *r)
{
	struct record record = {.owner = r->at};

	skip_name(r);
	record.type = take16(r);
	record.class = take16(r);
	record.extended_rcode = take8(r);
	record.version = take8(r);
	record.flags = take8(r);
	take8(r);
	record.data.size = take16(r);
	record.data.data = take(r, record.data.size);
	return record;
}

/* RFC 6891 section 6.1.2: a list of code, length, bytes. */
static bool options_wellformed(struct wire options)
{
	struct reader r = {.message = options};

	while (!r.bad && left(&r) > 0) {
		take16(&r);
		take(&r, take16(&r));
	}
	return !r.bad;
}

/* The first option of this code. False: there is none. */
static bool find_option(struct wire options, uint16_t code, struct wire *ret)
{
	struct reader r = {.message = options};

	while (left(&r) > 0 && !r.bad) {
		uint16_t found = take16(&r);

		ret->size = take16(&r);
		ret->data = take(&r, ret->size);
		if (found == code && !r.bad)
			return true;
	}
	return false;
}

/* Walks `n` records of which only the OPT is of interest. False: malformed, or a second OPT. */
static bool take_additional(
	struct reader *r, unsigned n, struct record *ret_opt, bool *ret_found)
{
	*ret_found = false;
	for (unsigned i = 0; i < n && !r->bad; i++) {
		struct record record = take_record(r);

		if (r->bad || record.type != TYPE_OPT)
			continue;
		if (*ret_found || r->message.data[record.owner] != 0 ||
			!options_wellformed(record.data))
			return false;
		*ret_opt = record;
		*ret_found = true;
	}
	return !r->bad;
}

/* The records of sections in which an OPT may not stand (RFC 6891 section 6.1.1). */
static bool take_records(struct reader *r, unsigned n)
{
	for (unsigned i = 0; i < n && !r->bad; i++)
		if (take_record(r).type == TYPE_OPT)
			return false;
	return !r->bad;
}

struct header {
	uint16_t id;
	uint8_t high, low; /* flags */
	uint16_t questions, answers, authorities, additionals;
};

static struct header take_header(struct reader *r)
{
	struct header header;

	header.id = take16(r);
	header.high = take8(r);
	header.low = take8(r);
	header.questions = take16(r);
	header.answers = take16(r);
	header.authorities = take16(r);
	header.additionals = take16(r);
	return header;
}

static enum rcode read_opt(const struct record *opt, struct request *request)
{
	struct wire ecs;

	request->edns = true;
	request->dnssec_ok = (opt->flags & OPT_DO) != 0;
	if (opt->class > request->udp_size)
		request->udp_size = opt->class;
	/* RFC 7871 section 7.1.2: a client that wants no subnet of its to be told to anybody.
	 */
	if (find_option(opt->data, OPTION_ECS, &ecs) && ecs.size == ECS_NONE_SIZE &&
		ecs.data[2] == 0 && ecs.data[3] == 0) {
		request->ecs_none = true;
		request->ecs_family = (uint16_t)(ecs.data[0] << 8 | ecs.data[1]);
	}
	return opt->version == 0 ? RCODE_NOERROR : RCODE_BADVERS;
}

bool message_read_request(struct wire message, struct request *ret, enum rcode *ret_rcode)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	struct request request = {.udp_size = UDP_SIZE_MIN};
	struct record opt;
	bool has_opt;
	size_t start;

	if (r.bad || (header.high & FLAG_QR) != 0)
		return false;
	request.id = header.id;
	request.opcode = header.high >> 3 & 15;
	request.rd = (header.high & FLAG_RD) != 0;
	request.ad = (header.low & FLAG_AD) != 0;
	request.cd = (header.low & FLAG_CD) != 0;
	*ret = request;
	*ret_rcode = RCODE_NOTIMP;
	if (request.opcode != 0)
		return true;

	*ret_rcode = RCODE_FORMERR;
	if (header.questions != 1)
		return true;
	start = r.at;
	skip_plain_name(&r);
	request.type = take16(&r);
	take16(&r);
	if (r.bad)
		return true;
	request.question = (struct wire){message.data + start, r.at - start};
	*ret = request;
	if (!take_records(&r, header.answers) || !take_records(&r, header.authorities) ||
		!take_additional(&r, header.additionals, &opt, &has_opt) || left(&r) > 0)
		return true;

	*ret_rcode = has_opt ? read_opt(&opt, &request) : RCODE_NOERROR;
	*ret = request;
	if (*ret_rcode == RCODE_NOERROR &&
		(request.type == TYPE_AXFR || request.type == TYPE_IXFR))
		*ret_rcode = RCODE_NOTIMP;
	return true;
}

/* Writes where its caller has made sure that there is room. */
struct writer {
	uint8_t *out;
	size_t at, size;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	assert(n <= w->size - w->at);
	if (n > 0)
		memcpy(w->out + w->at, bytes, n);
	w->at += n;
}

static void put8(struct writer *w, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	put(w, &byte, 1);
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8 & 255);
	put8(w, value & 255);
}

static void put_header(struct writer *w, const struct header *header)
{
	put16(w, header->id);
	put8(w, header->high);
	put8(w, header->low);
	put16(w, header->questions);
	put16(w, header->answers);
	put16(w, header->authorities);
	put16(w, header->additionals);
}

static void put_opt(
	struct writer *w, unsigned extended_rcode, bool dnssec_ok, size_t options_size)
{
	put8(w, 0);
	put16(w, TYPE_OPT);
	put16(w, MESSAGE_UDP_SIZE);
	put8(w, extended_rcode);
	put8(w, 0);
	put16(w, dnssec_ok ? OPT_DO << 8 : 0);
	put16(w, (unsigned)options_size);
}

/* "No subnet": the client's wish, and the answer to it. */
static void put_ecs_none(struct writer *w, const struct request *request)
{
	if (!request->ecs_none)
		return;
	put16(w, OPTION_ECS);
	put16(w, ECS_NONE_SIZE);
	put16(w, request->ecs_family);
	put16(w, 0);
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
		.low = (uint8_t)((request->ad ? FLAG_AD : 0) | (request->cd ? FLAG_CD : 0)),
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
	put_ecs_none(&w, request);
	if (keepalive) {
		put16(&w, OPTION_KEEPALIVE);
		put16(&w, 0);
	}
	if (padded) {
		put16(&w, OPTION_PADDING);
		put16(&w, (unsigned)padding);
		put(&w, zeroes, padding);
	}
	return w.at;
}

static bool same_question(const uint8_t *a, const uint8_t *b, size_t n)
{
	/* Lengths of labels are below 'A'; so are the bytes of most types and classes, and an
	 * equal question is equal byte for byte but for its letters' case (RFC 4343). */
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

/* RFC 7828 section 3.1: in units of 100 ms. */
static void read_keepalive(struct wire options, struct answer *answer)
{
	struct wire option;

	if (!find_option(options, OPTION_KEEPALIVE, &option) || option.size != 2)
		return;
	answer->keepalive = true;
	answer->keepalive_ms = 100 * (uint32_t)(option.data[0] << 8 | option.data[1]);
}

bool message_read_answer(struct wire question, struct wire message, struct answer *ret)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	struct answer answer = {.max_age_s = UINT32_MAX};
	struct record opt;
	bool has_opt;

	if (r.bad || (header.high & FLAG_QR) == 0 || (header.high >> 3 & 15) != 0)
		return false;
	if (header.questions == 0) {
		answer.bare = true;
		if ((header.low & 15) == RCODE_NOERROR || header.answers > 0 ||
			header.authorities > 0)
			return false;
	} else {
		if (header.questions != 1 || left(&r) < question.size ||
			!same_question(message.data + r.at, question.data, question.size))
			return false;
		take(&r, question.size);
	}
	if (!take_records(&r, header.answers) || !take_records(&r, header.authorities))
		return false;
	answer.size = r.at;
	if (!take_additional(&r, header.additionals, &opt, &has_opt) || left(&r) > 0)
		return false;
	if (has_opt) {
		answer.extended_rcode = opt.extended_rcode;
		read_keepalive(opt.data, &answer);
	}
	*ret = answer;
	return true;
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

/* What an HTTP cache has held for a while is as much older (RFC 8484 section 5.1). */
static void lower_ttls(
	uint8_t *out, size_t size, size_t at, unsigned records, const struct answer *answer)
{
	struct reader r = {.message = {out, size}, .at = at};
	uint32_t most = UINT32_MAX;

	/* And it may not be held for longer. No more than that: a server that wants nothing to
	 * be cached by HTTP says nothing of DNS. */
	if (answer->max_age_s > 0 && answer->max_age_s != UINT32_MAX)
		most = answer->max_age_s > answer->age_s ? answer->max_age_s - answer->age_s
							 : 0;
	for (unsigned i = 0; i < records && !r.bad; i++) {
		struct record record = take_record(&r);
		uint8_t *ttl;
		uint32_t seconds;

		if (r.bad)
			return;
		ttl = out + (record.data.data - out) - 6;
		seconds = (uint32_t)ttl[0] << 24 | (uint32_t)ttl[1] << 16 |
			  (uint32_t)ttl[2] << 8 | ttl[3];
		seconds = seconds > answer->age_s ? seconds - answer->age_s : 0;
		seconds = seconds < most ? seconds : most;
		for (unsigned j = 0; j < 4; j++)
			ttl[j] = (uint8_t)(seconds >> (24 - 8 * j));
	}
}

size_t message_write_reply(const struct request *request, struct wire message,
	const struct answer *answer, uint8_t *out, size_t limit)
{
	struct reader r = {.message = message};
	struct header theirs = take_header(&r);
	struct header header = reply_header(request, theirs.low & 15);
	struct writer w = {.out = out, .size = limit};
	size_t question_end = MESSAGE_HEADER_SIZE + request->question.size;
	size_t opt_size = request->edns ? OPT_SIZE + ecs_none_size(request) : 0;

	if (answer->extended_rcode != 0 && !request->edns)
		return message_write_error(request, RCODE_SERVFAIL, EDE_NONE, "", out);
	header.high |= theirs.high & (FLAG_AA | FLAG_TC);
	header.low = (uint8_t)((header.low & ~FLAG_RA) | (theirs.low & FLAG_RA));
	if (request->ad || request->dnssec_ok)
		header.low |= theirs.low & FLAG_AD;
	if (!answer->bare && answer->size + opt_size <= limit) {
		header.answers = theirs.answers;
		header.authorities = theirs.authorities;
	} else if (!answer->bare) {
		header.high |= FLAG_TC;
	}
	put_header(&w, &header);
	put(&w, request->question.data, request->question.size);
	if (header.answers > 0 || header.authorities > 0)
		put(&w, message.data + question_end, answer->size - question_end);
	if (answer->age_s > 0 || answer->max_age_s != UINT32_MAX)
		lower_ttls(out, w.at, question_end,
			(unsigned)header.answers + header.authorities, answer);
	if (request->edns) {
		put_opt(&w, answer->extended_rcode, request->dnssec_ok, ecs_none_size(request));
		put_ecs_none(&w, request);
	}
	return w.at;
}

size_t message_write_error(const struct request *request, enum rcode rcode, enum ede code,
	const char *text, uint8_t *out)
{
	struct writer w = {.out = out, .size = MESSAGE_ERROR_MAX};
	struct header header = reply_header(request, rcode);
	size_t options = 0, length = strlen(text);
	size_t used =
		MESSAGE_HEADER_SIZE + request->question.size + OPT_SIZE + OPTION_HEADER + 2;

	if (code != EDE_NONE)
		options = OPTION_HEADER + 2;
	if (length > MESSAGE_ERROR_MAX - used)
		length = MESSAGE_ERROR_MAX - used;
	put_header(&w, &header);
	put(&w, request->question.data, request->question.size);
	if (!request->edns)
		return w.at;
	put_opt(&w, (unsigned)rcode >> 4, request->dnssec_ok,
		options > 0 ? options + length : 0);
	if (options > 0) {
		put16(&w, OPTION_EDE);
		put16(&w, (unsigned)(2 + length));
		put16(&w, (unsigned)code);
		put(&w, text, length);
	}
	return w.at;
}
