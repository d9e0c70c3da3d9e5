/* SPDX-License-Identifier: MIT */
/* Denial by NSEC (RFC 4034 section 4, 4035 section 5.4, 4592, 6840 section 4). */
#include "resolver/dnssec_denial.h"

/* Does the type not exist by the bitmap at the name, and may the bitmap speak of it? */
bool nsec_lacks(struct wire bitmap, const uint8_t *name, uint16_t type)
{
	bool delegation = bitmap_has(bitmap, TYPE_NS) && !bitmap_has(bitmap, TYPE_SOA);

	/* RFC 6840 section 4.4: of DS, the parent speaks; of all else, not the parent. */
	if (type == TYPE_DS ? bitmap_has(bitmap, TYPE_SOA) && *name != 0 : delegation)
		return false;
	if (type == TYPE_ANY) /* a type of the name's own, whichever */
		return !bitmap_has_data(bitmap);
	return !bitmap_has(bitmap, type) && !bitmap_has(bitmap, TYPE_CNAME);
}

/* RFC 6840 section 4.1: that of a delegation, or of a DNAME, says nothing of what is below. */
static bool may_speak(const struct nsec *nsec, const uint8_t *name)
{
	if (!dname_in(name, nsec->owner))
		return true;
	return !bitmap_has(nsec->bitmap, TYPE_DNAME) &&
	       (!bitmap_has(nsec->bitmap, TYPE_NS) || bitmap_has(nsec->bitmap, TYPE_SOA));
}

/* Is it between owner and next? Then nothing has this name, but perhaps one below it. */
static bool covers(const struct denial *d, const struct nsec *nsec, const uint8_t *name)
{
	if (dname_compare(nsec->owner, name) >= 0 || !may_speak(nsec, name) ||
		!dname_in(nsec->next, d->zone))
		return false;
	return dname_equal(nsec->next, d->zone) || dname_compare(name, nsec->next) < 0;
}

static const struct nsec *covering(const struct denial *d, const uint8_t *name)
{
	for (size_t i = 0; i < d->n_nsec; i++)
		if (covers(d, &d->nsec[i], name))
			return &d->nsec[i];
	return NULL;
}

static const struct nsec *matching(const struct denial *d, const uint8_t *name)
{
	for (size_t i = 0; i < d->n_nsec; i++)
		if (dname_equal(d->nsec[i].owner, name))
			return &d->nsec[i];
	return NULL;
}

/* A name that exists because of those below it. */
static bool is_empty(const struct nsec *nsec, const uint8_t *name)
{
	return dname_in(nsec->next, name);
}

/* How many labels the nearest name has that exists, by a record that covers `name`. */
static unsigned encloser(const struct nsec *nsec, const uint8_t *name)
{
	unsigned a = dname_common(name, nsec->owner), b = dname_common(name, nsec->next);

	return a > b ? a : b;
}

enum denied nsec_denies_name(const struct denial *d, const uint8_t *name)
{
	const struct nsec *nsec = covering(d, name), *wild;
	uint8_t wildcard[DNAME_SIZE_MAX];

	if (nsec == NULL || is_empty(nsec, name))
		return DENIED_NOT;
	if (!dname_wildcard(dname_tail(name, encloser(nsec, name)), wildcard))
		return DENIED; /* none can be so long */
	wild = covering(d, wildcard);
	return wild != NULL && !is_empty(wild, wildcard) ? DENIED : DENIED_NOT;
}

enum denied nsec_denies_type(const struct denial *d, const uint8_t *name, uint16_t type)
{
	const struct nsec *nsec = matching(d, name), *wild;
	uint8_t wildcard[DNAME_SIZE_MAX];

	if (nsec != NULL)
		return nsec_lacks(nsec->bitmap, name, type) ? DENIED : DENIED_NOT;
	nsec = covering(d, name);
	if (nsec == NULL)
		return DENIED_NOT;
	if (is_empty(nsec, name))
		return DENIED;
	if (!dname_wildcard(dname_tail(name, encloser(nsec, name)), wildcard))
		return DENIED_NOT;
	wild = matching(d, wildcard);
	if (wild != NULL)
		return nsec_lacks(wild->bitmap, wildcard, type) ? DENIED : DENIED_NOT;
	wild = covering(d, wildcard);
	return wild != NULL && is_empty(wild, wildcard) ? DENIED : DENIED_NOT;
}

enum denied nsec_denies_nearer(const struct denial *d, const uint8_t *name, unsigned labels)
{
	const struct nsec *nsec = covering(d, name);

	return nsec != NULL && !is_empty(nsec, name) && encloser(nsec, name) == labels
		       ? DENIED
		       : DENIED_NOT;
}

enum cut nsec_denies_ds(const struct denial *d, const uint8_t *name)
{
	const struct nsec *nsec = matching(d, name);

	if (nsec != NULL)
		return cut_of_bitmap(nsec->bitmap);
	nsec = covering(d, name);
	if (nsec == NULL)
		return CUT_UNPROVEN;
	/* Whether a wildcard matches is all the same: there is none with NS (RFC 4592 section
	 * 4.2), and none makes a delegation. */
	return is_empty(nsec, name) ? CUT_NONE : CUT_ABSENT;
}
