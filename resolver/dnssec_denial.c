/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_denial.h"
#include <string.h>

/* RFC 9276 section 3.2; and RFC 5155 section 3.1.2.1 */
enum { ITERATIONS_MAX = 50, FLAG_OPT_OUT = 1, HASH_SHA1 = 1, HASH_LABEL = 32 };

/* An answer has three or four, and one with a chain of aliases some more. */
enum { SEEN_MAX = 2 * PROOFS_MAX };

/* Base32 of RFC 4648 section 7, as in the owners of NSEC3 records. False: it is none. */
static bool read_hash(const uint8_t *label, uint8_t out[static NSEC3_HASH_SIZE])
{
	uint64_t bits = 0;

	if (label[0] != HASH_LABEL)
		return false;
	for (unsigned i = 0; i < HASH_LABEL; i++) {
		uint8_t c = label[1 + i];

		if (c >= '0' && c <= '9')
			c = (uint8_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'v')
			c = (uint8_t)((c | 0x20) - 'a' + 10);
		else
			return false;
		bits = bits << 5 | c;
		for (unsigned j = 0; i % 8 == 7 && j < 5; j++)
			out[i / 8 * 5 + j] = (uint8_t)(bits >> (32 - 8 * j));
	}
	return true;
}

static void take_nsec(struct denial *d, const struct rr *rr)
{
	size_t next = dname_read(rr->rdata.data, rr->rdata.size);
	struct wire bitmap;

	if (next == 0 || d->n_nsec == PROOFS_MAX)
		return;
	bitmap = (struct wire){rr->rdata.data + next, rr->rdata.size - next};
	if (bitmap_is_good(bitmap))
		d->nsec[d->n_nsec++] = (struct nsec){rr->owner, rr->rdata.data, bitmap};
}

/* RFC 5155 section 3.2 */
static void take_nsec3(struct denial *d, const struct rr *rr)
{
	const uint8_t *p = rr->rdata.data;
	size_t size = rr->rdata.size;
	struct nsec3 nsec3;
	struct wire salt;
	unsigned iterations;

	if (size < 5 || size < 5 + (size_t)p[4] + 1 + NSEC3_HASH_SIZE ||
		d->n_nsec3 == PROOFS_MAX)
		return;
	salt = (struct wire){p + 5, p[4]};
	iterations = read16(p + 2);
	p += 5 + salt.size;
	size -= 5 + salt.size + 1 + NSEC3_HASH_SIZE;
	nsec3 = (struct nsec3){.next = p + 1,
		.opt_out = (rr->rdata.data[1] & FLAG_OPT_OUT) != 0,
		.bitmap = {p + 1 + NSEC3_HASH_SIZE, size}};
	/* Section 8.1: what is not known is left out. */
	if (rr->rdata.data[0] != HASH_SHA1 || rr->rdata.data[1] > FLAG_OPT_OUT ||
		p[0] != NSEC3_HASH_SIZE || !read_hash(rr->owner, nsec3.owner) ||
		!dname_equal(dname_skip(rr->owner, 1), d->zone) ||
		!bitmap_is_good(nsec3.bitmap))
		return;
	if (iterations > ITERATIONS_MAX) {
		d->too_many_iterations = true;
		return;
	}
	if (d->n_nsec3 == 0) {
		d->salt = salt;
		d->iterations = iterations;
	}
	/* Section 8.2 */
	if (d->iterations == iterations && d->salt.size == salt.size &&
		(salt.size == 0 || memcmp(d->salt.data, salt.data, salt.size) == 0))
		d->nsec3[d->n_nsec3++] = nsec3;
}

static bool signed_by(const struct rrset *set, const uint8_t *zone)
{
	struct rrsig sig;
	size_t at = 0;

	while (rrset_next_rrsig(set, &at, &sig))
		if (dname_equal(sig.signer, zone))
			return true;
	return false;
}

bool denial_collect(struct judging *j, const struct rrs *rrs, const uint8_t *zone,
	struct wire keys, struct denial *ret)
{
	unsigned seen = 0;

	*ret = (struct denial){.zone = zone, .ttl_s = UINT32_MAX};
	for (size_t i = rrs->n_answers; i < rrs->n; i++) {
		const struct rr *rr = &rrs->list[i];
		struct rrset set;
		struct proven proven;

		if (rr->type != TYPE_NSEC && rr->type != TYPE_NSEC3)
			continue;
		if (++seen > SEEN_MAX)
			break;
		if (rr->class != CLASS_IN || !dname_in(rr->owner, zone) ||
			!rrset_find(rrs, SECTION_AUTHORITY, rr->owner, rr->type, &set) ||
			!signed_by(&set, zone))
			continue;
		if (!rrset_verify(j, &set, zone, keys, &proven))
			return false;
		/* One that was expanded from a wildcard says nothing of its owner; more than
		 * one at a name would be as many chains. */
		if (proven.expanded || set.n > 1)
			continue;
		ret->ttl_s = proven.ttl_s < ret->ttl_s ? proven.ttl_s : ret->ttl_s;
		if (rr->type == TYPE_NSEC)
			take_nsec(ret, rr);
		else
			take_nsec3(ret, rr);
	}
	return true;
}

/* By whichever kind the zone has. */
static enum denied either(const struct denial *d, enum denied nsec, enum denied nsec3)
{
	if (nsec == DENIED || nsec3 == DENIED_STOP)
		return nsec == DENIED ? nsec : nsec3;
	if (nsec3 != DENIED_NOT)
		return nsec3;
	return d->too_many_iterations ? DENIED_NO_MEANS : DENIED_NOT;
}

enum denied denial_of_name(struct judging *j, const struct denial *d, const uint8_t *name)
{
	return either(d, nsec_denies_name(d, name), nsec3_denies_name(j, d, name));
}

enum denied denial_of_type(
	struct judging *j, const struct denial *d, const uint8_t *name, uint16_t type)
{
	return either(d, nsec_denies_type(d, name, type), nsec3_denies_type(j, d, name, type));
}

enum denied denial_of_nearer(
	struct judging *j, const struct denial *d, const uint8_t *name, unsigned labels)
{
	return either(d, nsec_denies_nearer(d, name, labels),
		nsec3_denies_nearer(j, d, name, labels));
}

enum cut denial_of_ds(struct judging *j, const struct denial *d, const uint8_t *name)
{
	enum cut cut = nsec_denies_ds(d, name);

	if (cut == CUT_UNPROVEN)
		cut = nsec3_denies_ds(j, d, name);
	if (cut == CUT_UNPROVEN && d->too_many_iterations)
		return CUT_INSECURE;
	return cut;
}

enum cut cut_of_bitmap(struct wire bitmap)
{
	/* One of the zone below says nothing; one with a CNAME would have been that answer. */
	if (bitmap_has(bitmap, TYPE_DS) || bitmap_has(bitmap, TYPE_SOA) ||
		bitmap_has(bitmap, TYPE_CNAME))
		return CUT_UNPROVEN;
	return bitmap_has(bitmap, TYPE_NS) ? CUT_INSECURE : CUT_NONE;
}
