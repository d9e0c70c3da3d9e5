/* SPDX-License-Identifier: MIT */
/* What of a judged answer a client gets: written anew, for what was left out may have been
 * pointed to. */
#include "resolver/dnssec.h"
#include "resolver/dnssec_rr.h"
#include "resolver/names.h"
#include <string.h>

enum {
	HEADER_SIZE = MESSAGE_HEADER_SIZE,
	SUFFIXES_MAX = 64,
	POINTER_MAX = 0x3fff,
};

/* Names that were written, to be pointed to (RFC 1035 section 4.1.4). */
struct stripping {
	uint8_t *out;
	size_t at, size;
	bool full;
	struct {
		const uint8_t *name;
		uint16_t at;
		uint8_t size; /* else each comparison would count it anew */
	} suffixes[SUFFIXES_MAX];
	size_t n_suffixes;
};

static void put(struct stripping *s, const void *bytes, size_t n)
{
	if (s->full || n > s->size - s->at) {
		s->full = true;
		return;
	}
	if (n > 0)
		memcpy(s->out + s->at, bytes, n);
	s->at += n;
}

static void put16(struct stripping *s, unsigned value)
{
	uint8_t bytes[2];

	write16(bytes, value);
	put(s, bytes, sizeof bytes);
}

/* Where this name of `n` bytes was written, byte for byte: letters keep their case. 0: nowhere.
 */
static uint16_t find_suffix(const struct stripping *s, const uint8_t *name, size_t n)
{
	for (size_t i = 0; i < s->n_suffixes; i++)
		if (s->suffixes[i].size == n && memcmp(s->suffixes[i].name, name, n) == 0)
			return s->suffixes[i].at;
	return 0;
}

static void put_name(struct stripping *s, const uint8_t *name, bool compress)
{
	size_t size = dname_size(name);

	for (; *name != 0 && !s->full; size -= 1 + (size_t)*name, name += 1 + *name) {
		uint16_t before = compress ? find_suffix(s, name, size) : 0;

		if (before > 0) {
			put16(s, 0xc000U | before);
			return;
		}
		if (s->n_suffixes < SUFFIXES_MAX && s->at <= POINTER_MAX) {
			s->suffixes[s->n_suffixes].name = name;
			s->suffixes[s->n_suffixes].size = (uint8_t)size;
			s->suffixes[s->n_suffixes++].at = (uint16_t)s->at;
		}
		put(s, name, 1 + (size_t)*name);
	}
	put(s, name, 1);
}

static void put_rdata(struct stripping *s, const struct rr *rr)
{
	const struct name_shape *shape = name_shape(rr->type);
	size_t first = shape->compressible ? shape->fixed : 0, at, length_at = s->at, length;
	unsigned names = shape->compressible ? shape->names : 0;

	put16(s, 0);
	put(s, rr->rdata.data, first);
	for (at = first; names > 0; names--) {
		put_name(s, rr->rdata.data + at, true);
		at += dname_size(rr->rdata.data + at);
	}
	put(s, rr->rdata.data + at, rr->rdata.size - at);
	if (s->full)
		return;
	length = s->at - length_at - 2;
	write16(s->out + length_at, (unsigned)length);
}

static void put_rr(struct stripping *s, const struct rr *rr)
{
	put_name(s, rr->owner, true);
	put16(s, rr->type);
	put16(s, rr->class);
	put16(s, rr->ttl >> 16);
	put16(s, rr->ttl & 0xffff);
	put_rdata(s, rr);
}

static bool is_dnssec(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3;
}

/* Is there what was asked for? Then nothing in the authority section was judged but proofs. */
static bool is_positive(const struct rrs *rrs)
{
	for (size_t i = 0; i < rrs->n_answers; i++)
		if (rrs->list[i].type == rrs->qtype)
			return true;
	return rrs->qtype == TYPE_ANY && rrs->n_answers > 0;
}

static bool is_kept(const struct rrs *rrs, const struct rr *rr, bool dnssec_ok)
{
	struct rrsig sig;

	if (rr->section == SECTION_ANSWER)
		return dnssec_ok || !is_dnssec(rr->type) || rr->type == rrs->qtype ||
		       rrs->qtype == TYPE_ANY;
	if (rr->type == TYPE_SOA)
		return !is_positive(rrs);
	if (rr->type == TYPE_RRSIG)
		return dnssec_ok && rrsig_read(rr->rdata, &sig) &&
		       ((sig.covered == TYPE_SOA && !is_positive(rrs)) ||
			       is_dnssec(sig.covered));
	return dnssec_ok && is_dnssec(rr->type);
}

size_t dnssec_strip(struct wire message, bool dnssec_ok, bool secure, uint8_t *out, size_t size)
{
	struct stripping s = {.out = out, .size = size};
	size_t n[2] = {0, 0};
	struct rrs rrs;
	bool opt;

	if (size < HEADER_SIZE || rrs_read(message, RR_AS_SENT, &rrs) != RRS_READ)
		return 0;
	put(&s, message.data, HEADER_SIZE);
	put_name(&s, rrs.qname, false);
	put16(&s, rrs.qtype);
	put16(&s, rrs.qclass);
	for (size_t i = 0; i < rrs.n && !s.full; i++) {
		if (!is_kept(&rrs, &rrs.list[i], dnssec_ok))
			continue;
		put_rr(&s, &rrs.list[i]);
		n[rrs.list[i].section == SECTION_AUTHORITY]++;
	}
	opt = rrs.opt.size > 0;
	put(&s, rrs.opt.data, rrs.opt.size);
	rrs_free(&rrs);
	if (s.full)
		return 0;
	out[3] = (uint8_t)(secure ? out[3] | FLAG_AD : out[3] & ~FLAG_AD);
	write16(out + 6, (unsigned)n[0]);
	write16(out + 8, (unsigned)n[1]);
	write16(out + 10, opt);
	return s.at;
}
