/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A cursor over a DNS message, for the files that read one: the first read past its end sets
 * `bad`, and all that follow yield nothing (RFC 1035 sections 3.1, 4.1; RFC 9267).
 */
#include "resolver/bytes.h"
#include "resolver/message.h"

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
	OPTION_ECS = 8,
	OPTION_COOKIE = 10,
	OPTION_KEEPALIVE = 11,
	OPTION_PADDING = 12,
	OPTION_EDE = 15,
	OPTION_HEADER = 4,
	OPT_SIZE = 11, /* with no options */
	OPT_DO = 0x80, /* the third byte of its TTL */
	LABEL_MAX = 63,
	NAME_MAX_SIZE = 255,
	LABEL_POINTER = 0xc0,
};

struct reader {
	struct wire message;
	size_t at;
	bool bad;
};

static inline size_t reader_left(const struct reader *r)
{
	return r->message.size - r->at;
}

static inline const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->message.data + r->at;

	if (r->bad || n > reader_left(r)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

static inline uint8_t take8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p != NULL ? p[0] : 0;
}

static inline uint16_t take16(struct reader *r)
{
	const uint8_t *p = take(r, 2);

	return p != NULL ? read16(p) : (uint16_t)0;
}

/* A name without compression (RFC 1035 section 3.1), as in a question. */
static inline void skip_plain_name(struct reader *r)
{
	size_t start = r->at;
	uint8_t label;

	do {
		label = take8(r);
		if (label > LABEL_MAX)
			r->bad = true;
		take(r, label);
		if (r->at - start > NAME_MAX_SIZE)
			r->bad = true;
	} while (!r->bad && label != 0);
}

/* The name of a record. A pointer ends it, must point backwards (RFC 9267), and is not
 * followed. */
static inline void skip_name(struct reader *r)
{
	size_t start = r->at;

	while (!r->bad) {
		uint8_t label = take8(r);

		if (label >= LABEL_POINTER) {
			size_t target = (size_t)(label & 0x3f) << 8 | take8(r);

			if (target >= start || target < MESSAGE_HEADER_SIZE)
				r->bad = true;
			return;
		}
		if (label > LABEL_MAX)
			r->bad = true;
		take(r, label);
		if (r->at - start > NAME_MAX_SIZE)
			r->bad = true;
		if (label == 0)
			return;
	}
}

/* A record's fields, and where they stand. */
struct record {
	size_t owner, ttl_at, data_at;
	uint16_t type, class, data_size;
	uint32_t ttl; /* of an OPT record: extended RCODE, version, flags (RFC 6891
			 section 6.1.3) */
};

static inline struct record take_record(struct reader *r)
{
	struct record record = {.owner = r->at};
	const uint8_t *fixed;

	skip_name(r);
	record.ttl_at = r->at + 4;
	fixed = take(r, 10);
	if (fixed == NULL)
		return record;
	record.type = read16(fixed);
	record.class = read16(fixed + 2);
	record.ttl = read32(fixed + 4);
	record.data_size = read16(fixed + 8);
	record.data_at = r->at;
	take(r, record.data_size);
	return record;
}

static inline struct wire record_data(const struct reader *r, const struct record *record)
{
	return (struct wire){r->message.data + record->data_at, record->data_size};
}

struct header {
	uint16_t id;
	uint8_t high, low; /* flags */
	uint16_t questions, answers, authorities, additionals;
};

static inline struct header take_header(struct reader *r)
{
	struct header header = {0};
	const uint8_t *p = take(r, MESSAGE_HEADER_SIZE);

	if (p == NULL)
		return header;
	return (struct header){.id = read16(p),
		.high = p[2],
		.low = p[3],
		.questions = read16(p + 4),
		.answers = read16(p + 6),
		.authorities = read16(p + 8),
		.additionals = read16(p + 10)};
}

/* The first option of this code (RFC 6891 section 6.1.2). False: there is none. */
bool edns_option(struct wire options, uint16_t code, struct wire *ret);

/* Walks `n` records of which only the OPT is of interest, and must be well formed. False:
 * malformed, or a second OPT. */
bool take_additional(struct reader *r, unsigned n, struct record *ret_opt, bool *ret_found);
