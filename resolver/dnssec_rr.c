/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_rr.h"
#include "resolver/names.h"
#include <stdlib.h>
#include <string.h>

enum {
	HEADER_SIZE = MESSAGE_HEADER_SIZE,
	RR_FIXED = 10, /* type, class, TTL, length */
	RR_SIZE_MIN = 1 + RR_FIXED,
	NAMES_IN_RR_MAX = 3, /* owner, and two in its data */
	POINTERS_MAX = 128,  /* in one name */
	POINTER = 0xc0,
	RRSIG_FIXED = 18,
};

/* What reads a message and writes names in full; there is room for as many as a message with
 * so many records can have. */
struct taking {
	struct wire message;
	uint8_t *out;
	bool lower;
	unsigned steps; /* pointers that may still be followed, in all of the message */
};

/* Copies the name at *at, and moves *at behind it. `end` bounds what is not reached by a
 * pointer. NULL: malformed. */
static const uint8_t *take_name(struct taking *t, size_t *at, size_t end, bool lower)
{
	uint8_t *name = t->out;
	size_t from = *at, limit = end, size = 0;
	bool jumped = false;
	unsigned jumps = 0;

	for (;;) {
		uint8_t label;

		if (from >= limit)
			return NULL;
		label = t->message.data[from];
		if (label >= POINTER) {
			size_t to;

			if (from + 1 >= limit)
				return NULL;
			to = (size_t)(label & 0x3f) << 8 | t->message.data[from + 1];
			if (!jumped)
				*at = from + 2;
			/* Strictly backwards, so it ends (RFC 9267). */
			if (to >= from || to < HEADER_SIZE || ++jumps > POINTERS_MAX ||
				t->steps-- == 0)
				return NULL;
			limit = from;
			from = to;
			jumped = true;
			continue;
		}
		if (label > 63 || from + 1 + label > limit ||
			size + 1 + label > DNAME_SIZE_MAX - (label != 0))
			return NULL;
		memcpy(name + size, t->message.data + from, 1 + (size_t)label);
		size += 1 + (size_t)label;
		from += 1 + (size_t)label;
		if (label == 0)
			break;
	}
	if (!jumped)
		*at = from;
	t->out += size;
	if (lower)
		dname_lower(name, name);
	return name;
}

static bool take_bytes(struct taking *t, size_t *at, size_t end, size_t n)
{
	if (n > end - *at)
		return false;
	if (n > 0)
		memcpy(t->out, t->message.data + *at, n);
	t->out += n;
	*at += n;
	return true;
}

/* RDATA from `at` to `end`, its names in full. */
static bool take_rdata(struct taking *t, size_t at, size_t end, struct rr *rr)
{
	const struct name_shape *shape = name_shape(rr->type);
	uint8_t *start = t->out;

	if (!take_bytes(t, &at, end, shape->fixed))
		return false;
	for (unsigned i = 0; i < shape->texts; i++)
		if (at >= end || !take_bytes(t, &at, end, 1 + (size_t)t->message.data[at]))
			return false;
	for (unsigned i = 0; i < shape->names; i++)
		if (take_name(t, &at, end, t->lower && shape->lower) == NULL)
			return false;
	if (!take_bytes(t, &at, end, end - at))
		return false;
	rr->rdata = (struct wire){start, (size_t)(t->out - start)};
	return rr->rdata.size <= UINT16_MAX;
}

static bool take_rr(struct taking *t, size_t *at, struct rr *rr)
{
	const uint8_t *p;
	size_t size;

	rr->owner = take_name(t, at, t->message.size, t->lower);
	if (rr->owner == NULL || t->message.size - *at < RR_FIXED)
		return false;
	p = t->message.data + *at;
	rr->type = read16(p);
	rr->class = read16(p + 2);
	rr->ttl = read32(p + 4);
	if (rr->ttl > INT32_MAX) /* RFC 2181 section 8 */
		rr->ttl = 0;
	size = read16(p + 8);
	*at += RR_FIXED;
	if (size > t->message.size - *at || !take_rdata(t, *at, *at + size, rr))
		return false;
	*at += size;
	return true;
}

/* Finds the OPT record among the additional ones. */
static bool take_opt(struct taking *t, size_t at, unsigned n, struct rrs *rrs)
{
	uint8_t *room = t->out;

	for (; n > 0; n--) {
		size_t start = at;
		struct rr rr;

		if (!take_rr(t, &at, &rr))
			return false;
		t->out = room;
		if (rr.type == TYPE_OPT)
			rrs->opt = (struct wire){t->message.data + start, at - start};
	}
	return true;
}

/* Each RRset looks at all signatures, so the one times the other is what a message costs. */
static bool too_many_signatures(const struct rrs *rrs)
{
	unsigned n = 0;

	for (size_t i = 0; i < rrs->n; i++)
		n += rrs->list[i].type == TYPE_RRSIG;
	return n > RRSIG_MAX;
}

static bool take_all(struct taking *t, struct rrs *rrs)
{
	size_t at = HEADER_SIZE;

	rrs->qname = take_name(t, &at, t->message.size, t->lower);
	if (rrs->qname == NULL || t->message.size - at < 4)
		return false;
	rrs->qtype = read16(t->message.data + at);
	rrs->qclass = read16(t->message.data + at + 2);
	at += 4;
	for (size_t i = 0; i < rrs->n; i++) {
		rrs->list[i].section = i < rrs->n_answers ? SECTION_ANSWER : SECTION_AUTHORITY;
		if (!take_rr(t, &at, &rrs->list[i]))
			return false;
	}
	return take_opt(t, at, read16(t->message.data + 10), rrs);
}

enum rrs_read rrs_read(struct wire message, enum rr_form form, struct rrs *ret)
{
	struct taking t = {.message = message, .lower = form == RR_CANONICAL};
	struct rrs rrs = {0};

	if (message.size < HEADER_SIZE || read16(message.data + 4) != 1)
		return RRS_MALFORMED;
	rrs.n_answers = read16(message.data + 6);
	rrs.n = rrs.n_answers + read16(message.data + 8);
	rrs.rcode = message.data[3] & 15;
	if (rrs.n > RR_MAX)
		return RRS_TOO_MANY;
	if (rrs.n * RR_SIZE_MIN > message.size)
		return RRS_MALFORMED;
	/* Whole names, whatever was compressed: the most that all records can grow to, with the
	 * question's, and one additional record at a time. */
	rrs.list = calloc(rrs.n + 1, sizeof *rrs.list);
	rrs.names = malloc(message.size + (rrs.n + 2) * NAMES_IN_RR_MAX * DNAME_SIZE_MAX);
	t.steps = (unsigned)(message.size + POINTERS_MAX);
	t.out = rrs.names;
	if (rrs.list == NULL || rrs.names == NULL) {
		rrs_free(&rrs);
		return RRS_NOMEM;
	}
	if (!take_all(&t, &rrs)) {
		rrs_free(&rrs);
		return RRS_MALFORMED;
	}
	if (too_many_signatures(&rrs)) {
		rrs_free(&rrs);
		return RRS_TOO_MANY;
	}
	*ret = rrs;
	return RRS_READ;
}

void rrs_free(struct rrs *rrs)
{
	free(rrs->list);
	free(rrs->names);
	*rrs = (struct rrs){0};
}

bool rrsig_read(struct wire rdata, struct rrsig *ret)
{
	const uint8_t *p = rdata.data;
	size_t signer;

	if (rdata.size <= RRSIG_FIXED)
		return false;
	signer = dname_read(p + RRSIG_FIXED, rdata.size - RRSIG_FIXED);
	if (signer == 0)
		return false;
	*ret = (struct rrsig){
		.covered = read16(p),
		.algorithm = p[2],
		.labels = p[3],
		.original_ttl = read32(p + 4),
		.expiration = read32(p + 8),
		.inception = read32(p + 12),
		.tag = read16(p + 16),
		.signer = p + RRSIG_FIXED,
		.signature = {p + RRSIG_FIXED + signer, rdata.size - RRSIG_FIXED - signer},
		.signed_part = {p, RRSIG_FIXED + signer},
	};
	return true;
}

/* RFC 4034 appendix B */
static uint16_t key_tag(struct wire rdata)
{
	uint32_t sum = 0;

	if (rdata.data[3] == 1) /* RSA/MD5: appendix B.1 */
		return rdata.size >= 7 ? read16(rdata.data + rdata.size - 3) : 0;
	for (size_t i = 0; i < rdata.size; i++)
		sum += (i & 1) != 0 ? rdata.data[i] : (uint32_t)rdata.data[i] << 8;
	return (uint16_t)(sum + (sum >> 16));
}

bool dnskey_read(struct wire rdata, struct dnskey *ret)
{
	if (rdata.size <= 4)
		return false;
	*ret = (struct dnskey){
		.flags = read16(rdata.data),
		.protocol = rdata.data[2],
		.algorithm = rdata.data[3],
		.tag = key_tag(rdata),
		.key = {rdata.data + 4, rdata.size - 4},
	};
	return true;
}

bool ds_read(struct wire rdata, struct ds *ret)
{
	if (rdata.size <= 4)
		return false;
	*ret = (struct ds){
		.tag = read16(rdata.data),
		.algorithm = rdata.data[2],
		.digest_type = rdata.data[3],
		.digest = {rdata.data + 4, rdata.size - 4},
	};
	return true;
}

bool bitmap_is_good(struct wire bitmap)
{
	size_t at = 0;
	int before = -1;

	while (at < bitmap.size) {
		if (bitmap.size - at < 3 || bitmap.data[at] <= before ||
			bitmap.data[at + 1] == 0 || bitmap.data[at + 1] > 32 ||
			bitmap.data[at + 1] > bitmap.size - at - 2)
			return false;
		before = bitmap.data[at];
		at += 2 + (size_t)bitmap.data[at + 1];
	}
	return true;
}

bool bitmap_has(struct wire bitmap, uint16_t type)
{
	size_t at = 0;

	while (bitmap.size - at >= 3) {
		size_t n = bitmap.data[at + 1];

		if (n > bitmap.size - at - 2)
			return false;
		if (bitmap.data[at] == type >> 8)
			return (size_t)(type & 255) / 8 < n &&
			       (bitmap.data[at + 2 + (type & 255) / 8] & 0x80 >> (type & 7)) !=
				       0;
		at += 2 + n;
	}
	return false;
}

bool bitmap_has_data(struct wire bitmap)
{
	for (size_t at = 0; bitmap.size - at >= 3; at += 2 + (size_t)bitmap.data[at + 1]) {
		unsigned window = (unsigned)bitmap.data[at] << 8, n = bitmap.data[at + 1];

		if (n > bitmap.size - at - 2)
			return false;
		for (unsigned i = 0; i < n * 8; i++) {
			unsigned type = window | i;

			if ((bitmap.data[at + 2 + i / 8] & 0x80 >> i % 8) != 0 &&
				type != TYPE_RRSIG && type != TYPE_NSEC && type != TYPE_NXNAME)
				return true;
		}
	}
	return false;
}
