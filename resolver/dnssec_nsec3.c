/* SPDX-License-Identifier: MIT */
/* Denial by NSEC3 (RFC 5155 section 8). */
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_denial.h"
#include <string.h>

_Static_assert((int)SHA1_SIZE == (int)NSEC3_HASH_SIZE, "the only hash that there is");

/* False: the budget is spent. */
static bool hash_of(struct judging *j, const struct denial *d, const uint8_t *name,
	uint8_t out[static NSEC3_HASH_SIZE])
{
	uint8_t lower[DNAME_SIZE_MAX];

	if (!spend_hash(j))
		return false;
	dname_lower(name, lower);
	crypto_nsec3_hash(lower, d->salt, d->iterations, out);
	return true;
}

static const struct nsec3 *matching(const struct denial *d, const uint8_t *hash)
{
	for (size_t i = 0; i < d->n_nsec3; i++)
		if (memcmp(d->nsec3[i].owner, hash, NSEC3_HASH_SIZE) == 0)
			return &d->nsec3[i];
	return NULL;
}

static bool covers(const struct nsec3 *nsec3, const uint8_t *hash)
{
	bool above = memcmp(nsec3->owner, hash, NSEC3_HASH_SIZE) < 0;
	bool below = memcmp(hash, nsec3->next, NSEC3_HASH_SIZE) < 0;

	/* The last one's next is the first. */
	if (memcmp(nsec3->owner, nsec3->next, NSEC3_HASH_SIZE) >= 0)
		return (above || below) && memcmp(nsec3->owner, hash, NSEC3_HASH_SIZE) != 0;
	return above && below;
}

static const struct nsec3 *covering(const struct denial *d, const uint8_t *hash)
{
	for (size_t i = 0; i < d->n_nsec3; i++)
		if (covers(&d->nsec3[i], hash))
			return &d->nsec3[i];
	return NULL;
}

/* The nearest ancestor that exists, and that what is between it and the name does not. */
struct encloser {
	const struct nsec3 *self; /* the name itself exists; else: */
	unsigned labels;
	bool opt_out; /* there may be delegations that are not signed */
};

/* RFC 6840 section 4.1, as for NSEC */
static bool may_enclose(const struct nsec3 *nsec3)
{
	return !bitmap_has(nsec3->bitmap, TYPE_DNAME) &&
	       (!bitmap_has(nsec3->bitmap, TYPE_NS) || bitmap_has(nsec3->bitmap, TYPE_SOA));
}

/* RFC 5155 section 8.3. DENIED: found. */
static enum denied find_encloser(
	struct judging *j, const struct denial *d, const uint8_t *name, struct encloser *ret)
{
	unsigned labels = dname_labels(name), zone = dname_labels(d->zone);
	uint8_t hash[NSEC3_HASH_SIZE], nearer[NSEC3_HASH_SIZE];
	const struct nsec3 *cover;

	if (d->n_nsec3 == 0 || labels < zone)
		return DENIED_NOT;
	for (unsigned i = labels;; i--) {
		const struct nsec3 *match;

		if (!hash_of(j, d, dname_tail(name, i), hash))
			return DENIED_STOP;
		match = matching(d, hash);
		if (match != NULL && i == labels) {
			*ret = (struct encloser){.self = match};
			return DENIED;
		}
		if (match != NULL) {
			cover = may_enclose(match) ? covering(d, nearer) : NULL;
			if (cover == NULL)
				return DENIED_NOT;
			*ret = (struct encloser){.labels = i, .opt_out = cover->opt_out};
			return DENIED;
		}
		if (i == zone)
			return DENIED_NOT;
		memcpy(nearer, hash, sizeof nearer);
	}
}

enum denied nsec3_denies_name(struct judging *j, const struct denial *d, const uint8_t *name)
{
	uint8_t wildcard[DNAME_SIZE_MAX], hash[NSEC3_HASH_SIZE];
	struct encloser encloser;
	enum denied found = find_encloser(j, d, name, &encloser);

	if (found != DENIED)
		return found;
	if (encloser.self != NULL)
		return DENIED_NOT;
	if (dname_wildcard(dname_tail(name, encloser.labels), wildcard)) {
		if (!hash_of(j, d, wildcard, hash))
			return DENIED_STOP;
		if (covering(d, hash) == NULL)
			return DENIED_NOT;
	}
	return encloser.opt_out ? DENIED_OPT_OUT : DENIED;
}

enum denied nsec3_denies_type(
	struct judging *j, const struct denial *d, const uint8_t *name, uint16_t type)
{
	uint8_t wildcard[DNAME_SIZE_MAX], hash[NSEC3_HASH_SIZE];
	struct encloser encloser;
	enum denied found = find_encloser(j, d, name, &encloser);
	const struct nsec3 *wild;

	if (found != DENIED)
		return found;
	if (encloser.self != NULL)
		return nsec_lacks(encloser.self->bitmap, name, type) ? DENIED : DENIED_NOT;
	if (dname_wildcard(dname_tail(name, encloser.labels), wildcard)) {
		if (!hash_of(j, d, wildcard, hash))
			return DENIED_STOP;
		wild = matching(d, hash);
		if (wild != NULL && nsec_lacks(wild->bitmap, wildcard, type))
			return encloser.opt_out ? DENIED_OPT_OUT : DENIED;
	}
	/* Section 8.6, and what is above a delegation that nobody has signed. */
	return encloser.opt_out ? DENIED_OPT_OUT : DENIED_NOT;
}

enum denied nsec3_denies_nearer(
	struct judging *j, const struct denial *d, const uint8_t *name, unsigned labels)
{
	uint8_t hash[NSEC3_HASH_SIZE];
	const struct nsec3 *cover;

	if (d->n_nsec3 == 0 || labels >= dname_labels(name))
		return DENIED_NOT;
	if (!hash_of(j, d, dname_tail(name, labels + 1), hash))
		return DENIED_STOP;
	cover = covering(d, hash);
	if (cover == NULL)
		return DENIED_NOT;
	return cover->opt_out ? DENIED_OPT_OUT : DENIED;
}

enum cut nsec3_denies_ds(struct judging *j, const struct denial *d, const uint8_t *name)
{
	struct encloser encloser;
	enum denied found = find_encloser(j, d, name, &encloser);

	if (found != DENIED)
		return found == DENIED_STOP ? CUT_STOP : CUT_UNPROVEN;
	if (encloser.self != NULL)
		return cut_of_bitmap(encloser.self->bitmap);
	return encloser.opt_out ? CUT_INSECURE : CUT_ABSENT;
}
