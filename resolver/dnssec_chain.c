/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_chain.h"
#include "resolver/dnssec_crypto.h"
#include "resolver/dnssec_denial.h"
#include <stdio.h>
#include <string.h>

enum {
	TTL_MIN_S = 5,           /* so that one query can use what it has asked for */
	TTL_MAX_S = FACT_MAX_S,  /* of keys and delegations */
	TTL_DENIED_MAX_S = 3600, /* of what is not (RFC 2308 section 5) */
	FAILED_S = 5,            /* RFC 9520 section 3.2 */
	BOGUS_S = 30,            /* RFC 4035 section 4.7 */
	KEYS_MAX = 32,
	RDATAS_MAX = 16384, /* of a fact, in bytes */
	LEARNT_MAX = 128,   /* records of an answer: each DS looks at each key, and so on */
};

static enum walk need(struct judging *j, const uint8_t *name, uint16_t type)
{
	struct dnssec_verdict *verdict = j->verdict;
	size_t n;

	if (!spend_fetch(j))
		return WALK_STOP;
	n = dname_lower(name, verdict->need);
	write16(verdict->need + n, type);
	write16(verdict->need + n + 2, CLASS_IN);
	verdict->need_size = n + 4;
	verdict->result = DNSSEC_NEED;
	return WALK_STOP;
}

/* A fact that ends the walk. */
static enum walk fail(struct judging *j, const struct fact *fact)
{
	judging_fail(j, fact->state == FACT_FAILED ? DNSSEC_INDETERMINATE : DNSSEC_BOGUS,
		(enum ede)fact->ede, "%s", fact->why != NULL ? fact->why : "");
	return WALK_STOP;
}

static void note_insecure(struct judging *j, const struct fact *fact)
{
	if (fact->ede == EDE_NONE || j->verdict->ede != EDE_NONE)
		return;
	j->verdict->ede = (enum ede)fact->ede;
	snprintf(j->verdict->why, sizeof j->verdict->why, "%s",
		fact->why != NULL ? fact->why : "");
}

/* The next signed delegation below the zone of `depth` labels, on the way to the name. *depth
 * goes there, or to WALK_ZONE: there is none. */
static enum walk descend(
	struct judging *j, const uint8_t *name, unsigned *depth, bool *ret_found)
{
	unsigned labels = dname_labels(name);

	*ret_found = false;
	for (unsigned i = *depth + 1; i <= labels; i++) {
		const uint8_t *at = dname_tail(name, i);
		const struct fact *cut = store_find(j->dnssec->store, FACT_CUT, at, j->now_s);

		if (cut == NULL)
			return need(j, at, TYPE_DS);
		switch (cut->state) {
		case FACT_NONE: continue;
		case FACT_ABSENT: return WALK_ZONE;
		case FACT_INSECURE: note_insecure(j, cut); return WALK_INSECURE;
		case FACT_BOGUS:
		case FACT_FAILED: return fail(j, cut);
		case FACT_SECURE: break;
		}
		*depth = i;
		*ret_found = true;
		return WALK_ZONE;
	}
	return WALK_ZONE;
}

/* To the zone's name, its keys not being looked at. */
static enum walk walk_to(struct judging *j, const uint8_t *name, struct zone *ret)
{
	const uint8_t *anchor;
	struct wire ds;
	unsigned depth;

	if (anchors_exempt(j->dnssec->anchors, name) ||
		!anchors_find(j->dnssec->anchors, name, &anchor, &ds))
		return WALK_INSECURE;
	depth = dname_labels(anchor);
	for (;;) {
		const uint8_t *zone = dname_tail(name, depth);
		const struct fact *keys =
			store_find(j->dnssec->store, FACT_KEYS, zone, j->now_s);
		enum walk walk;
		bool found;

		if (keys == NULL)
			return need(j, zone, TYPE_DNSKEY);
		if (keys->state != FACT_SECURE)
			return fail(j, keys);
		*ret = (struct zone){zone, keys->rdatas};
		walk = descend(j, name, &depth, &found);
		if (walk != WALK_ZONE || !found)
			return walk;
	}
}

enum walk zone_find(struct judging *j, const uint8_t *name, struct zone *ret)
{
	return walk_to(j, name, ret);
}

enum walk zone_find_for(struct judging *j, const uint8_t *name, uint16_t type, struct zone *ret)
{
	return walk_to(j, type == TYPE_DS && *name != 0 ? dname_skip(name, 1) : name, ret);
}

/* TTLs of facts */
static uint64_t until(const struct judging *j, uint32_t ttl_s, uint32_t max_s)
{
	uint32_t ttl = ttl_s < max_s ? ttl_s : max_s;

	return j->now_s + (ttl < TTL_MIN_S ? TTL_MIN_S : ttl);
}

void zone_learn_failure(
	struct judging *j, const uint8_t *name, uint16_t type, enum fact_state state)
{
	struct fact fact = {
		.kind = type == TYPE_DS ? FACT_CUT : FACT_KEYS,
		.state = state,
		.ede = j->verdict->ede,
		.name = name,
		.why = j->verdict->why,
		.expires_s = j->now_s + (state == FACT_FAILED ? FAILED_S : BOGUS_S),
	};

	/* What a busy second has ended, or this query's own budget, is not the zone's fault. */
	if (!j->work->spent)
		store_put(j->dnssec->store, &fact);
}

struct rdatas {
	uint8_t bytes[RDATAS_MAX];
	size_t size;
};

static void rdatas_add(struct rdatas *rdatas, struct wire rdata)
{
	if (rdata.size + 2 > sizeof rdatas->bytes - rdatas->size)
		return;
	write16(rdatas->bytes + rdatas->size, (unsigned)rdata.size);
	rdatas->size += 2;
	memcpy(rdatas->bytes + rdatas->size, rdata.data, rdata.size);
	rdatas->size += rdata.size;
}

/* Stores a DS RRset whose signature is good: those of it that we can use. */
static void learn_ds(struct judging *j, const struct rrset *set, const struct proven *proven)
{
	struct fact fact = {.kind = FACT_CUT,
		.state = FACT_SECURE,
		.name = set->owner,
		.ede = EDE_NONE,
		.expires_s = until(j, proven->ttl_s, TTL_MAX_S)};
	char why[128];
	struct rr_text text = rr_text(set->owner, TYPE_DS);
	struct rdatas rdatas = {.size = 0};

	for (size_t i = 0; i < set->rrs->n_answers; i++) {
		const struct rr *rr = &set->rrs->list[i];
		struct ds ds;

		if (rr->type != TYPE_DS || !dname_equal(rr->owner, set->owner) ||
			!ds_read(rr->rdata, &ds))
			continue;
		fact.ede = crypto_knows_algorithm(ds.algorithm) ? EDE_DS_DIGEST
								: EDE_DNSKEY_ALGORITHM;
		if (crypto_knows_algorithm(ds.algorithm) && crypto_knows_digest(ds.digest_type))
			rdatas_add(&rdatas, rr->rdata);
	}
	fact.rdatas = (struct wire){rdatas.bytes, rdatas.size};
	if (rdatas.size == 0) {
		/* RFC 4035 section 5.2: as if there were none. */
		fact.state = FACT_INSECURE;
		snprintf(why, sizeof why, "%s: no algorithm, or no digest, that is supported",
			text.text);
		fact.why = why;
	} else {
		fact.ede = EDE_NONE;
	}
	store_put(j->dnssec->store, &fact);
}

static bool learn_no_ds(struct judging *j, const struct rrs *rrs, const struct zone *zone)
{
	static const enum fact_state states[] = {
		[CUT_INSECURE] = FACT_INSECURE,
		[CUT_NONE] = FACT_NONE,
		[CUT_ABSENT] = FACT_ABSENT,
	};
	struct rr_text text = rr_text(rrs->qname, TYPE_DS);
	struct fact fact = {.kind = FACT_CUT, .name = rrs->qname, .ede = EDE_NONE};
	struct denial denial;
	enum cut cut;

	if (!denial_collect(j, rrs, zone->name, zone->keys, &denial))
		return false;
	cut = denial_of_ds(j, &denial, rrs->qname);
	if (cut == CUT_STOP)
		return false;
	if (cut == CUT_UNPROVEN)
		return judging_fail(j, DNSSEC_BOGUS, EDE_NSEC_MISSING,
			"%s: no proof that there is none", text.text);
	if (denial.too_many_iterations) {
		fact.ede = EDE_NSEC3_ITERATIONS;
		fact.why = "more iterations of NSEC3 than are supported";
	}
	fact.state = states[cut];
	fact.expires_s = until(j, denial.ttl_s, TTL_DENIED_MAX_S);
	store_put(j->dnssec->store, &fact);
	return true;
}

/* A name with a CNAME is no delegation, nor is one that was made of a DNAME. True: it is so. */
static bool learn_alias(struct judging *j, const struct rrs *rrs, const struct zone *zone)
{
	struct fact fact = {.kind = FACT_CUT, .name = rrs->qname, .ede = EDE_NONE};
	struct proven proven;
	struct rrset set;

	if (rrset_find(rrs, SECTION_ANSWER, rrs->qname, TYPE_CNAME, &set) &&
		rrset_verify(j, &set, zone->name, zone->keys, &proven)) {
		fact.state = FACT_NONE;
		if (proven.expanded) {
			struct denial denial;

			if (!denial_collect(j, rrs, zone->name, zone->keys, &denial) ||
				denial_of_nearer(j, &denial, rrs->qname, proven.labels) !=
					DENIED)
				return false;
		}
		fact.expires_s = until(j, proven.ttl_s, TTL_DENIED_MAX_S);
		store_put(j->dnssec->store, &fact);
		return true;
	}
	for (unsigned i = 1; i <= dname_labels(rrs->qname); i++) {
		if (!rrset_find(
			    rrs, SECTION_ANSWER, dname_skip(rrs->qname, i), TYPE_DNAME, &set) ||
			!rrset_verify(j, &set, zone->name, zone->keys, &proven) ||
			proven.expanded)
			continue;
		fact.state = FACT_ABSENT;
		fact.expires_s = until(j, proven.ttl_s, TTL_DENIED_MAX_S);
		store_put(j->dnssec->store, &fact);
		return true;
	}
	return false;
}

static bool learn_cut(struct judging *j, const struct rrs *rrs)
{
	struct proven proven;
	struct rrset set;
	struct zone zone;

	if (*rrs->qname == 0 || zone_find(j, dname_skip(rrs->qname, 1), &zone) != WALK_ZONE)
		return true; /* not one that was needed, or not any more */
	if (rrset_find(rrs, SECTION_ANSWER, rrs->qname, TYPE_DS, &set)) {
		if (!rrset_verify(j, &set, zone.name, zone.keys, &proven))
			return false;
		if (proven.expanded)
			return judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
				"%s: expanded from a wildcard",
				rr_text(rrs->qname, TYPE_DS).text);
		learn_ds(j, &set, &proven);
		return true;
	}
	return (rrs->n_answers > 0 && learn_alias(j, rrs, &zone)) || learn_no_ds(j, rrs, &zone);
}

/* SHA-1 counts only if there is nothing better (RFC 4509 section 3). */
static bool is_weaker(struct wire all, const struct ds *ds)
{
	struct wire rdata;
	struct ds other;

	while (ds->digest_type == 1 && rdatas_next(&all, &rdata))
		if (ds_read(rdata, &other) && other.digest_type != 1)
			return true;
	return false;
}

/* The key that the DS means, which alone may sign the RRset of keys. False: none. */
static bool find_key(
	struct judging *j, const struct rrset *set, const struct ds *ds, struct rdatas *ret)
{
	for (size_t i = 0; i < set->rrs->n_answers; i++) {
		const struct rr *rr = &set->rrs->list[i];
		struct dnskey key;

		if (rr->type != TYPE_DNSKEY || !dname_equal(rr->owner, set->owner) ||
			!dnskey_read(rr->rdata, &key) || key.tag != ds->tag ||
			key.algorithm != ds->algorithm || key.protocol != 3 ||
			(key.flags & DNSKEY_ZONE) == 0 || (key.flags & DNSKEY_REVOKED) != 0)
			continue;
		if (!spend_digest(j))
			return false;
		if (crypto_ds_matches(ds, set->owner, rr->rdata)) {
			ret->size = 0;
			rdatas_add(ret, rr->rdata);
			return true;
		}
	}
	return false;
}

/* Those of the zone's keys that may sign its records. */
static void learn_keys(struct judging *j, const struct rrset *set, const struct proven *proven)
{
	struct fact fact = {.kind = FACT_KEYS,
		.state = FACT_SECURE,
		.name = set->owner,
		.ede = EDE_NONE,
		.expires_s = until(j, proven->ttl_s, TTL_MAX_S)};
	struct rdatas rdatas = {.size = 0};
	unsigned n = 0;

	for (size_t i = 0; i < set->rrs->n_answers && n < KEYS_MAX; i++) {
		const struct rr *rr = &set->rrs->list[i];
		struct dnskey key;

		if (rr->type != TYPE_DNSKEY || !dname_equal(rr->owner, set->owner) ||
			!dnskey_read(rr->rdata, &key) || key.protocol != 3 ||
			(key.flags & DNSKEY_ZONE) == 0 || (key.flags & DNSKEY_REVOKED) != 0 ||
			!crypto_knows_algorithm(key.algorithm))
			continue;
		rdatas_add(&rdatas, rr->rdata);
		n++;
	}
	fact.rdatas = (struct wire){rdatas.bytes, rdatas.size};
	store_put(j->dnssec->store, &fact);
}

/* The DS RRset of a zone: its trust anchor's, or what its parent has signed. */
static bool find_ds(struct judging *j, const uint8_t *zone, struct wire *ret)
{
	const struct fact *cut;
	const uint8_t *anchor;

	if (anchors_find(j->dnssec->anchors, zone, &anchor, ret) && dname_equal(anchor, zone))
		return true;
	cut = store_find(j->dnssec->store, FACT_CUT, zone, j->now_s);
	if (cut == NULL || cut->state != FACT_SECURE)
		return false;
	*ret = cut->rdatas;
	return true;
}

static bool learn_zone(struct judging *j, const struct rrs *rrs)
{
	struct rr_text text = rr_text(rrs->qname, TYPE_DNSKEY);
	struct rdatas key = {.size = 0};
	struct wire all, left, rdata;
	struct proven proven;
	struct rrset set;
	struct ds ds;

	if (!find_ds(j, rrs->qname, &all))
		return true;
	if (!rrset_find(rrs, SECTION_ANSWER, rrs->qname, TYPE_DNSKEY, &set))
		return judging_fail(j, DNSSEC_BOGUS, EDE_DNSKEY_MISSING,
			"%s: there is none, but a DS", text.text);
	judging_fail(
		j, DNSSEC_BOGUS, EDE_DNSKEY_MISSING, "%s: none that a DS means", text.text);
	for (left = all; rdatas_next(&left, &rdata);) {
		if (!ds_read(rdata, &ds) || is_weaker(all, &ds) ||
			!find_key(j, &set, &ds, &key))
			continue;
		if (rrset_verify(
			    j, &set, rrs->qname, (struct wire){key.bytes, key.size}, &proven) &&
			!proven.expanded) {
			learn_keys(j, &set, &proven);
			return true;
		}
		if (j->work->spent)
			break;
	}
	return false;
}

void zone_learn(struct judging *j, const struct rrs *rrs)
{
	bool cut = rrs->qtype == TYPE_DS;
	const struct fact *known =
		store_find(j->dnssec->store, cut ? FACT_CUT : FACT_KEYS, rrs->qname, j->now_s);

	/* Many may have waited for it, and the first of them has learnt it. */
	if (known != NULL && known->state != FACT_FAILED)
		return;
	if (rrs->n > LEARNT_MAX)
		judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS, "%s: too many records",
			rr_text(rrs->qname, rrs->qtype).text);
	else if (cut ? learn_cut(j, rrs) : learn_zone(j, rrs))
		return;
	zone_learn_failure(j, rrs->qname, rrs->qtype, FACT_BOGUS);
}
