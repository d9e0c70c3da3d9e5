/* SPDX-License-Identifier: MIT */
#pragma once
/* What the NSEC or NSEC3 records of a zone in a message prove not to be (RFC 4035 section 5.4,
 * 5155 section 8, 6840 section 4). */
#include "resolver/dnssec_rrset.h"

enum { PROOFS_MAX = 16, NSEC3_HASH_SIZE = 20 };

/* All of it points into the message. */
struct denial {
	const uint8_t *zone;
	struct nsec {
		const uint8_t *owner, *next;
		struct wire bitmap;
	} nsec[PROOFS_MAX];
	size_t n_nsec;
	struct nsec3 {
		uint8_t owner[NSEC3_HASH_SIZE];
		const uint8_t *next;
		bool opt_out;
		struct wire bitmap;
	} nsec3[PROOFS_MAX];
	size_t n_nsec3;
	/* Of all that count: those of the first. */
	struct wire salt;
	unsigned iterations;
	bool too_many_iterations; /* RFC 9276 section 3.2: then nothing is proven, and the
				     answer is insecure */
	uint32_t ttl_s;
};

enum denied {
	DENIED,          /* it is proven */
	DENIED_NOT,      /* it is not */
	DENIED_OPT_OUT,  /* it is, but for delegations that nobody signs */
	DENIED_NO_MEANS, /* nobody can tell: too many iterations */
	DENIED_STOP,     /* the budget is spent: see the verdict */
};

/*
 * Takes those of the authority section that the zone has signed. False: the verdict says why;
 * one whose signature is wrong, or the budget is spent. That there is none is no failure.
 */
bool denial_collect(struct judging *j, const struct rrs *rrs, const uint8_t *zone,
	struct wire keys, struct denial *ret);

/* There is no such name, nor a wildcard for it. */
enum denied denial_of_name(struct judging *j, const struct denial *d, const uint8_t *name);
/* There is such a name, or a wildcard for it, but not with this type. */
enum denied denial_of_type(
	struct judging *j, const struct denial *d, const uint8_t *name, uint16_t type);
/* Nothing is nearer to the name than a wildcard of `labels` labels. */
enum denied denial_of_nearer(
	struct judging *j, const struct denial *d, const uint8_t *name, unsigned labels);

/* What the lack of a DS RRset means. */
enum cut {
	CUT_INSECURE, /* a delegation, or what may be one by opt-out */
	CUT_NONE,     /* no delegation */
	CUT_ABSENT,   /* nor anything below this name */
	CUT_UNPROVEN,
	CUT_STOP, /* see the verdict */
};
enum cut denial_of_ds(struct judging *j, const struct denial *d, const uint8_t *name);

/* nsec.c and nsec3.c */
bool nsec_lacks(struct wire bitmap, const uint8_t *name, uint16_t type);
enum denied nsec_denies_name(const struct denial *d, const uint8_t *name);
enum denied nsec_denies_type(const struct denial *d, const uint8_t *name, uint16_t type);
enum denied nsec_denies_nearer(const struct denial *d, const uint8_t *name, unsigned labels);
enum cut nsec_denies_ds(const struct denial *d, const uint8_t *name);
enum denied nsec3_denies_name(struct judging *j, const struct denial *d, const uint8_t *name);
enum denied nsec3_denies_type(
	struct judging *j, const struct denial *d, const uint8_t *name, uint16_t type);
enum denied nsec3_denies_nearer(
	struct judging *j, const struct denial *d, const uint8_t *name, unsigned labels);
enum cut nsec3_denies_ds(struct judging *j, const struct denial *d, const uint8_t *name);
/* What a bitmap at the very name says of a delegation. */
enum cut cut_of_bitmap(struct wire bitmap);
