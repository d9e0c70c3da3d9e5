/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_rrset.h"
#include "resolver/dnssec_crypto.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one RRset; and keys of the same tag, which nobody has by chance (CVE-2023-50387). */
enum { TRIES_MAX = 16, SAME_TAG_MAX = 4 };

bool judging_fail(
	struct judging *j, enum dnssec_result result, enum ede ede, const char *format, ...)
{
	va_list args;

	j->verdict->result = result;
	j->verdict->ede = ede;
	va_start(args, format);
	vsnprintf(j->verdict->why, sizeof j->verdict->why, format, args);
	va_end(args);
	return false;
}

static const char *type_text(uint16_t type, char *room, size_t size)
{
	switch (type) {
	case 1: return "A";
	case TYPE_NS: return "NS";
	case TYPE_CNAME: return "CNAME";
	case TYPE_SOA: return "SOA";
	case 16: return "TXT";
	case 28: return "AAAA";
	case TYPE_DNAME: return "DNAME";
	case TYPE_DS: return "DS";
	case TYPE_NSEC: return "NSEC";
	case TYPE_DNSKEY: return "DNSKEY";
	case TYPE_NSEC3: return "NSEC3";
	case 65: return "HTTPS";
	default: break;
	}
	snprintf(room, size, "TYPE%u", type);
	return room;
}

struct rr_text rr_text(const uint8_t *name, uint16_t type)
{
	char whole[DNAME_TEXT_MAX], room[16];
	struct rr_text text;

	snprintf(text.text, sizeof text.text, "%.60s %s", dname_text(name, whole),
		type_text(type, room, sizeof room));
	return text;
}

static bool spend(struct judging *j, unsigned *spent, unsigned max, const char *what)
{
	if (!j->work->spent && *spent < max) {
		++*spent;
		return true;
	}
	j->work->spent = true;
	return judging_fail(
		j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS, "too much work: more than %u %s", max, what);
}

bool spend_fetch(struct judging *j)
{
	return spend(
		j, &j->work->fetches, DNSSEC_FETCHES_MAX, "DS and DNSKEY RRsets to ask for");
}

bool spend_signature(struct judging *j, unsigned cost)
{
	struct dnssec *dnssec = j->dnssec;

	if (dnssec->second != j->now_s) {
		dnssec->second = j->now_s;
		dnssec->signatures = 0;
	}
	if (cost <= dnssec->signatures_a_second &&
		dnssec->signatures <= dnssec->signatures_a_second - cost) {
		dnssec->signatures += cost;
		return spend(
			j, &j->work->signatures, DNSSEC_SIGNATURES_MAX, "signatures to verify");
	}
	j->work->spent = true;
	return judging_fail(j, DNSSEC_INDETERMINATE, EDE_OTHER,
		"more signatures to verify in this second than %u",
		dnssec->signatures_a_second);
}

bool spend_digest(struct judging *j)
{
	return spend(j, &j->work->digests, DNSSEC_DIGESTS_MAX, "digests of keys to compare");
}

bool spend_hash(struct judging *j)
{
	return spend(j, &j->work->hashes, DNSSEC_HASHES_MAX, "names to hash for NSEC3");
}

static bool is_of(const struct rrset *set, const struct rr *rr, uint16_t type)
{
	return rr->section == set->section && rr->type == type && rr->class == CLASS_IN &&
	       dname_equal(rr->owner, set->owner);
}

bool rrset_find(const struct rrs *rrs, enum rr_section section, const uint8_t *owner,
	uint16_t type, struct rrset *ret)
{
	struct rrset set = {.rrs = rrs,
		.section = section,
		.owner = owner,
		.type = type,
		.ttl = UINT32_MAX};

	for (size_t i = 0; i < rrs->n; i++) {
		if (!is_of(&set, &rrs->list[i], type))
			continue;
		set.n++;
		if (rrs->list[i].ttl < set.ttl)
			set.ttl = rrs->list[i].ttl;
	}
	if (set.n > 0)
		*ret = set;
	return set.n > 0;
}

bool rrset_next_rrsig(const struct rrset *set, size_t *at, struct rrsig *ret)
{
	while (*at < set->rrs->n) {
		const struct rr *rr = &set->rrs->list[(*at)++];

		if (is_of(set, rr, TYPE_RRSIG) && rrsig_read(rr->rdata, ret) &&
			ret->covered == set->type)
			return true;
	}
	return false;
}

static int compare_rdata(const void *a, const void *b)
{
	const struct wire *x = a, *y = b;
	size_t n = x->size < y->size ? x->size : y->size;
	int order = n > 0 ? memcmp(x->data, y->data, n) : 0;

	return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* The RRset's RDATA in canonical order, without duplicates (RFC 4034 section 6.3); free() it.
 * NULL: no memory. */
static struct wire *sorted(const struct rrset *set, size_t *ret_n, size_t *ret_bytes)
{
	struct wire *list = calloc(set->n, sizeof *list);
	size_t n = 0, kept = 0;

	*ret_bytes = 0;
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < set->rrs->n; i++)
		if (is_of(set, &set->rrs->list[i], set->type))
			list[n++] = set->rrs->list[i].rdata;
	qsort(list, n, sizeof *list, compare_rdata);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && compare_rdata(&list[i], &list[kept - 1]) == 0)
			continue;
		*ret_bytes += list[i].size;
		list[kept++] = list[i];
	}
	*ret_n = kept;
	return list;
}

static uint8_t *put16(uint8_t *out, unsigned value)
{
	write16(out, value);
	return out + 2;
}

static uint8_t *put(uint8_t *out, struct wire bytes)
{
	if (bytes.size > 0)
		memcpy(out, bytes.data, bytes.size);
	return out + bytes.size;
}

/* Labels that a signature counts: not the asterisk of a wildcard (RFC 4034 section 3.1.3). */
static unsigned counted_labels(const uint8_t *owner)
{
	return dname_labels(owner) - (dname_is_wildcard(owner) ? 1 : 0);
}

/* What was signed (RFC 4035 section 5.3.2); free() it. NULL: no memory. */
static uint8_t *signed_data(const struct rrset *set, const struct rrsig *sig, struct wire *ret)
{
	uint8_t wildcard[DNAME_SIZE_MAX], *data, *out;
	struct wire owner = {set->owner, dname_size(set->owner)};
	size_t n = 0, bytes;
	struct wire *list = sorted(set, &n, &bytes);

	if (sig->labels < counted_labels(set->owner) &&
		dname_wildcard(dname_tail(set->owner, sig->labels), wildcard))
		owner = (struct wire){wildcard, dname_size(wildcard)};
	bytes += sig->signed_part.size + n * (owner.size + 10);
	data = list != NULL ? malloc(bytes) : NULL;
	if (data == NULL) {
		free(list);
		return NULL;
	}
	out = put(data, sig->signed_part);
	for (size_t i = 0; i < n; i++) {
		out = put(out, owner);
		out = put16(put16(out, set->type), CLASS_IN);
		out = put16(put16(out, sig->original_ttl >> 16), sig->original_ttl & 0xffff);
		out = put(put16(out, (unsigned)list[i].size), list[i]);
	}
	free(list);
	*ret = (struct wire){data, bytes};
	return data;
}

/* Serial numbers (RFC 4034 section 3.1.5): is `a` later than `b`? */
static bool later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* Is it one that could be good, as far as it says itself? */
static bool could_be_good(
	struct judging *j, const struct rrset *set, const struct rrsig *sig, const char *text)
{
	uint32_t now = (uint32_t)j->now_s;

	if (sig->labels > counted_labels(set->owner) || sig->labels < dname_labels(sig->signer))
		return judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
			"signature of %s: its number of labels is wrong", text);
	if (later(sig->inception, sig->expiration))
		return judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
			"signature of %s: expires before it begins", text);
	if (later(sig->inception, now) && !j->work->clock_unset)
		return judging_fail(j, DNSSEC_BOGUS, EDE_SIGNATURE_NOT_YET_VALID,
			"signature of %s: not yet valid", text);
	if (later(now, sig->expiration))
		return judging_fail(j, DNSSEC_BOGUS, EDE_SIGNATURE_EXPIRED,
			"signature of %s: expired", text);
	return true;
}

static void note(
	struct judging *j, const struct rrset *set, const struct rrsig *sig, struct proven *ret)
{
	uint32_t left = sig->expiration - (uint32_t)j->now_s;
	uint32_t ttl = set->ttl < sig->original_ttl ? set->ttl : sig->original_ttl;

	*ret = (struct proven){
		.ttl_s = ttl < left ? ttl : left,
		.labels = sig->labels,
		.expanded = sig->labels < counted_labels(set->owner),
	};
}

/* Tries each key that the signature could be of. *tries: what is left for this RRset. */
static bool try_keys(struct judging *j, const struct rrset *set, const struct rrsig *sig,
	struct wire keys, unsigned *tries, const char *text)
{
	struct wire rdata, data;
	unsigned same_tag = 0;
	uint8_t *owned = NULL;
	bool good = false;

	judging_fail(j, DNSSEC_BOGUS, EDE_DNSKEY_MISSING,
		"signature of %s: by key %u, algorithm %u, which is not the zone's", text,
		sig->tag, sig->algorithm);
	while (!good && rdatas_next(&keys, &rdata)) {
		struct dnskey key;

		if (!dnskey_read(rdata, &key) || key.tag != sig->tag ||
			key.algorithm != sig->algorithm || !crypto_key_is_good(&key))
			continue;
		if (++same_tag > SAME_TAG_MAX || *tries == 0) {
			judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
				"signatures of %s: more than %d, or than %d keys of a tag",
				text, TRIES_MAX, SAME_TAG_MAX);
			break;
		}
		--*tries;
		if (!spend_signature(j, crypto_cost(&key)))
			break;
		if (owned == NULL)
			owned = signed_data(set, sig, &data);
		judging_fail(j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS, "signature of %s: wrong", text);
		good = owned != NULL && crypto_verify(&key, data, sig->signature);
	}
	free(owned);
	return good;
}

bool rrset_verify(struct judging *j, const struct rrset *set, const uint8_t *zone,
	struct wire keys, struct proven *ret)
{
	struct rr_text text = rr_text(set->owner, set->type);
	unsigned tries = TRIES_MAX;
	struct rrsig sig;
	size_t at = 0;

	judging_fail(
		j, DNSSEC_BOGUS, EDE_RRSIGS_MISSING, "%s is not signed by its zone", text.text);
	while (rrset_next_rrsig(set, &at, &sig)) {
		if (!dname_equal(sig.signer, zone) || !could_be_good(j, set, &sig, text.text))
			continue;
		if (try_keys(j, set, &sig, keys, &tries, text.text)) {
			note(j, set, &sig, ret);
			return true;
		}
		if (tries == 0 || j->work->spent)
			break;
	}
	return false;
}
