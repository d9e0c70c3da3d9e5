/* SPDX-License-Identifier: MIT */
#pragma once
/* One RRset and its signatures (RFC 4035 section 5.3), and what a judgement spends on them. */
#include "resolver/dnssec.h"
#include "resolver/dnssec_anchor.h"
#include "resolver/dnssec_store.h"

struct dnssec {
	struct anchors *anchors;
	struct store *store;
	unsigned signatures_a_second, signatures; /* their cost in `second` */
	uint64_t second;
};

/* One call of dnssec_judge() or dnssec_learn(). */
struct judging {
	struct dnssec *dnssec;
	uint64_t now_s;
	struct dnssec_work *work;
	struct dnssec_verdict *verdict;
};

/* The verdict is this, with a text. Returns false. */
[[gnu::format(printf, 4, 5)]] bool judging_fail(
	struct judging *j, enum dnssec_result result, enum ede ede, const char *format, ...);
/* As text, for such: "NAME TYPE". */
struct rr_text {
	char text[80];
};
struct rr_text rr_text(const uint8_t *name, uint16_t type);

/* These count, and fail the judgement when it is too much. */
bool spend_fetch(struct judging *j);
/* cost: see crypto_cost() */
bool spend_signature(struct judging *j, unsigned cost);
bool spend_digest(struct judging *j);
bool spend_hash(struct judging *j);

/* All records of one owner and type, in one section. */
struct rrset {
	const struct rrs *rrs;
	enum rr_section section;
	const uint8_t *owner;
	uint16_t type;
	size_t n;
	uint32_t ttl; /* the least */
};

/* False: there is none. */
bool rrset_find(const struct rrs *rrs, enum rr_section section, const uint8_t *owner,
	uint16_t type, struct rrset *ret);
/* The next RRSIG of it after *at, which begins as 0. False: no more. */
bool rrset_next_rrsig(const struct rrset *set, size_t *at, struct rrsig *ret);

/* What a good signature shows besides. */
struct proven {
	uint32_t ttl_s;  /* RFC 4035 section 5.3.3 */
	bool expanded;   /* from a wildcard; then this is proven once nothing is nearer: */
	unsigned labels; /* those of the wildcard, without the asterisk */
};

/*
 * Has one of `keys` (as in struct fact) of the zone signed it? False: the verdict says why not.
 * That a name was expanded from a wildcard is yet to be proven.
 */
bool rrset_verify(struct judging *j, const struct rrset *set, const uint8_t *zone,
	struct wire keys, struct proven *ret);
