/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec.h"
#include "resolver/dnssec_chain.h"
#include "resolver/dnssec_denial.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one answer: links of CNAME and DNAME, RRsets, and zones that claim to have signed one. */
enum { LINKS_MAX = 16, RRSETS_MAX = 32, SIGNERS_MAX = 3 };

enum { STORE_BYTES = 1 << 20 };

const bool dnssec_supported = true;

/* One answer. First all is walked through `dry`: it only finds out what is needed, so that no
 * signature is verified twice. */
struct answer_judging {
	struct judging j;
	const struct rrs *rrs;
	bool dry, insecure;
	struct dnssec_verdict noted; /* why it is insecure, where more can be said than that */
	uint32_t ttl_s;
};

/* Always true: what follows may end with it. */
static bool lower_ttl(struct answer_judging *a, uint32_t ttl_s)
{
	if (ttl_s < a->ttl_s)
		a->ttl_s = ttl_s;
	return true;
}

/* What nobody has signed is good only where nobody signs. */
static bool judge_unsigned(struct answer_judging *a, const uint8_t *name, uint16_t type,
	enum ede ede, const char *what)
{
	struct zone zone;
	char text[DNAME_TEXT_MAX];

	switch (zone_find_for(&a->j, name, type, &zone)) {
	case WALK_STOP: return false;
	case WALK_INSECURE: a->insecure = true; return true;
	case WALK_ZONE: break;
	}
	return judging_fail(&a->j, DNSSEC_BOGUS, ede, "%s: %s, but the zone %.60s is signed",
		rr_text(name, type).text, what, dname_text(zone.name, text));
}

/* May this zone sign this RRset, as far as names go? A DS is the parent's. */
static bool may_sign(const uint8_t *signer, const uint8_t *owner, uint16_t type)
{
	return dname_in(owner, signer) &&
	       (type != TYPE_DS || *owner == 0 || !dname_equal(owner, signer));
}

static bool judge_wildcard(struct answer_judging *a, const struct rrset *set,
	const struct zone *zone, const struct proven *proven)
{
	struct denial denial;

	if (!denial_collect(&a->j, a->rrs, zone->name, zone->keys, &denial))
		return false;
	switch (denial_of_nearer(&a->j, &denial, set->owner, proven->labels)) {
	case DENIED_STOP: return false;
	case DENIED_OPT_OUT:
	case DENIED_NO_MEANS: a->insecure = true; return true;
	case DENIED: return lower_ttl(a, denial.ttl_s);
	case DENIED_NOT: break;
	}
	return judging_fail(&a->j, DNSSEC_BOGUS, EDE_NSEC_MISSING,
		"%s: of a wildcard, without proof that nothing is nearer",
		rr_text(set->owner, set->type).text);
}

/* By a zone that is secure and is the signer. */
static bool judge_signed(
	struct answer_judging *a, const struct rrset *set, const struct zone *zone)
{
	struct proven proven;

	if (a->dry)
		return true;
	if (!rrset_verify(&a->j, set, zone->name, zone->keys, &proven) ||
		(proven.expanded && !judge_wildcard(a, set, zone, &proven)))
		return false;
	/* A wildcard's DNAME is that of each name, also of those below the name that it was
	 * expanded for: it redirects none of them (RFC 4592 section 4.4). */
	if (proven.expanded && set->type == TYPE_DNAME &&
		!dname_equal(set->owner, a->rrs->qname))
		return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS, "%s: of a wildcard",
			rr_text(set->owner, TYPE_DNAME).text);
	return lower_ttl(a, proven.ttl_s);
}

static bool judge_rrset(struct answer_judging *a, const struct rrset *set)
{
	const uint8_t *tried[SIGNERS_MAX];
	unsigned n = 0;
	struct rrsig sig;
	struct zone zone;
	size_t at = 0;

	while (n < SIGNERS_MAX && rrset_next_rrsig(set, &at, &sig)) {
		bool again = false;

		for (unsigned i = 0; i < n; i++)
			again = again || dname_equal(tried[i], sig.signer);
		if (again || !may_sign(sig.signer, set->owner, set->type))
			continue;
		tried[n++] = sig.signer;
		switch (zone_find(&a->j, sig.signer, &zone)) {
		case WALK_STOP: return false;
		case WALK_INSECURE: continue; /* a trust anchor may be below */
		case WALK_ZONE: break;
		}
		if (dname_equal(zone.name, sig.signer))
			return judge_signed(a, set, &zone);
	}
	return judge_unsigned(a, set->owner, set->type, EDE_RRSIGS_MISSING,
		n > 0 ? "not signed by its zone" : "not signed");
}

/* The name that a DNAME makes of this one (RFC 6672 section 2.2). False: too long. */
static bool substitute(const uint8_t *name, const uint8_t *owner, const uint8_t *target,
	uint8_t out[static DNAME_SIZE_MAX])
{
	size_t kept = dname_size(name) - dname_size(owner), n = dname_size(target);

	if (kept + n > DNAME_SIZE_MAX)
		return false;
	memcpy(out, name, kept);
	memcpy(out + kept, target, n);
	return true;
}

static const struct rr *find_rr(const struct rrs *rrs, const uint8_t *owner, uint16_t type)
{
	for (size_t i = 0; i < rrs->n_answers; i++)
		if (rrs->list[i].type == type && rrs->list[i].class == CLASS_IN &&
			dname_equal(rrs->list[i].owner, owner))
			return &rrs->list[i];
	return NULL;
}

/* What the DNAME above the name, if there is one in the answer, makes of it. */
static bool by_dname(
	const struct rrs *rrs, const uint8_t *name, uint8_t out[static DNAME_SIZE_MAX])
{
	for (size_t i = 0; i < rrs->n_answers; i++) {
		const struct rr *rr = &rrs->list[i];

		if (rr->type == TYPE_DNAME && rr->class == CLASS_IN &&
			dname_in(name, rr->owner) && !dname_equal(name, rr->owner) &&
			dname_read(rr->rdata.data, rr->rdata.size) > 0)
			return substitute(name, rr->owner, rr->rdata.data, out);
	}
	return false;
}

/* A CNAME that is not signed, for a DNAME is, and says the same (RFC 6672 section 5.3.1). */
static bool is_synthesized(const struct rrs *rrs, const struct rrset *set)
{
	uint8_t made[DNAME_SIZE_MAX];
	const struct rr *rr;
	struct rrsig sig;
	size_t at = 0;

	if (set->type != TYPE_CNAME || set->n != 1 || rrset_next_rrsig(set, &at, &sig) ||
		!by_dname(rrs, set->owner, made))
		return false;
	rr = find_rr(rrs, set->owner, TYPE_CNAME);
	return dname_read(rr->rdata.data, rr->rdata.size) > 0 &&
	       dname_equal(rr->rdata.data, made);
}

/* Is this record the first of its RRset? */
static bool is_first(const struct rrs *rrs, size_t i)
{
	const struct rr *rr = &rrs->list[i];

	for (size_t k = i; k-- > 0;)
		if (rrs->list[k].type == rr->type && dname_equal(rrs->list[k].owner, rr->owner))
			return false;
	return true;
}

/* Those are not judged themselves. */
static bool is_signature(uint16_t type)
{
	return type == TYPE_RRSIG || type == TYPE_SIG;
}

/* All RRsets of the answer section: what was not asked for is judged, too. */
static bool judge_answers(struct answer_judging *a)
{
	unsigned n = 0;

	for (size_t i = 0; i < a->rrs->n_answers; i++) {
		const struct rr *rr = &a->rrs->list[i];
		struct rrset set;

		if (is_signature(rr->type) || !is_first(a->rrs, i))
			continue;
		if (rr->class != CLASS_IN || ++n > RRSETS_MAX ||
			!rrset_find(a->rrs, SECTION_ANSWER, rr->owner, rr->type, &set))
			return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
				"an answer with more than %d RRsets, or of another class",
				RRSETS_MAX);
		/* RFC 6672 section 2.4; and each link of the way looks at all. */
		if (set.type == TYPE_DNAME && set.n > 1)
			return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
				"%s: more than one", rr_text(set.owner, TYPE_DNAME).text);
		if (!is_synthesized(a->rrs, &set) && !judge_rrset(a, &set))
			return false;
	}
	return true;
}

/* Follows CNAME and DNAME to where data should be. *ret_found: it is. False: too long a way. */
static bool follow(
	struct answer_judging *a, uint8_t name[static DNAME_SIZE_MAX], bool *ret_found)
{
	const struct rrs *rrs = a->rrs;
	uint8_t made[DNAME_SIZE_MAX];

	memcpy(name, rrs->qname, dname_size(rrs->qname));
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct rr *cname = find_rr(rrs, name, TYPE_CNAME);

		*ret_found = find_rr(rrs, name, rrs->qtype) != NULL;
		for (size_t k = 0; rrs->qtype == TYPE_ANY && k < rrs->n_answers; k++)
			*ret_found =
				*ret_found || (!is_signature(rrs->list[k].type) &&
						      dname_equal(rrs->list[k].owner, name));
		if (*ret_found)
			return true;
		if (cname != NULL && dname_read(cname->rdata.data, cname->rdata.size) > 0)
			memcpy(name, cname->rdata.data,
				dname_read(cname->rdata.data, cname->rdata.size));
		else if (by_dname(rrs, name, made))
			memcpy(name, made, dname_size(made));
		else
			return true;
	}
	return judging_fail(&a->j, DNSSEC_BOGUS, EDE_OTHER,
		"more than %d aliases, one after the other", LINKS_MAX);
}

/* The nearest zone above the name that has signed something in the authority section. NULL:
 * none. *ret_proof: there is an NSEC or NSEC3 record at least. */
static const uint8_t *denying_zone(
	const struct rrs *rrs, const uint8_t *name, uint16_t type, bool *ret_proof)
{
	const uint8_t *nearest = NULL;

	*ret_proof = false;
	for (size_t i = rrs->n_answers; i < rrs->n; i++) {
		const struct rr *rr = &rrs->list[i];
		struct rrsig sig;

		if (rr->type == TYPE_NSEC || rr->type == TYPE_NSEC3)
			*ret_proof = true;
		if (rr->type == TYPE_RRSIG && rrsig_read(rr->rdata, &sig) &&
			(sig.covered == TYPE_NSEC || sig.covered == TYPE_NSEC3 ||
				sig.covered == TYPE_SOA) &&
			may_sign(sig.signer, name, type) &&
			(nearest == NULL || dname_in(sig.signer, nearest)))
			nearest = sig.signer;
	}
	return nearest;
}

/* The zone's own; and for AD there may be no other, for it would be passed on. */
static bool judge_soa(struct answer_judging *a, const struct zone *zone)
{
	const struct rrs *rrs = a->rrs;
	struct proven proven;
	struct rrset set;

	for (size_t i = rrs->n_answers; i < rrs->n; i++)
		if (!a->insecure && rrs->list[i].type == TYPE_SOA &&
			(rrs->list[i].class != CLASS_IN ||
				!dname_equal(rrs->list[i].owner, zone->name)))
			return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
				"%s: not that of the zone which says that there is none",
				rr_text(rrs->list[i].owner, TYPE_SOA).text);
	if (!rrset_find(a->rrs, SECTION_AUTHORITY, zone->name, TYPE_SOA, &set))
		return true;
	return rrset_verify(&a->j, &set, zone->name, zone->keys, &proven) &&
	       lower_ttl(a, proven.ttl_s);
}

static bool judge_proof(
	struct answer_judging *a, const struct zone *zone, const uint8_t *name, bool no_name)
{
	uint16_t type = a->rrs->qtype;
	struct denial denial;
	enum denied denied;

	if (!denial_collect(&a->j, a->rrs, zone->name, zone->keys, &denial))
		return false;
	denied = no_name ? denial_of_name(&a->j, &denial, name)
			 : denial_of_type(&a->j, &denial, name, type);
	switch (denied) {
	case DENIED_STOP: return false;
	case DENIED: return judge_soa(a, zone) && lower_ttl(a, denial.ttl_s);
	case DENIED_NO_MEANS:
		a->noted.ede = EDE_NSEC3_ITERATIONS;
		snprintf(a->noted.why, sizeof a->noted.why,
			"more iterations of NSEC3 than are supported");
		[[fallthrough]];
	case DENIED_OPT_OUT: a->insecure = true; return judge_soa(a, zone);
	case DENIED_NOT: break;
	}
	/* Then it is a proof of something on the way, and this may be in a zone below that
	 * nobody has signed. */
	return judge_unsigned(a, name, type, EDE_NSEC_MISSING,
		no_name ? "no proof that there is no such name"
			: "no proof that there is no such record");
}

/* There is nothing at the end of the way: that is to be proven. */
static bool judge_denial(struct answer_judging *a, const uint8_t *name)
{
	bool proof, no_name = a->rrs->rcode == RCODE_NXDOMAIN;
	const uint8_t *signer = denying_zone(a->rrs, name, a->rrs->qtype, &proof);
	struct zone zone;

	if (signer == NULL)
		return judge_unsigned(a, name, a->rrs->qtype,
			proof ? EDE_RRSIGS_MISSING : EDE_NSEC_MISSING,
			proof ? "a proof that there is none that is not signed"
			      : "no proof that there is none");
	switch (zone_find(&a->j, signer, &zone)) {
	case WALK_STOP: return false;
	case WALK_INSECURE: /* a trust anchor may be below */
		return judge_unsigned(a, name, a->rrs->qtype, EDE_NSEC_MISSING,
			"no proof of its own that there is none");
	case WALK_ZONE: break;
	}
	if (!dname_equal(zone.name, signer))
		return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
			"%s: what should prove that there is none is signed by no zone",
			rr_text(name, a->rrs->qtype).text);
	return a->dry || judge_proof(a, &zone, name, no_name);
}

static bool judge(struct answer_judging *a, bool dry)
{
	uint8_t name[DNAME_SIZE_MAX];
	bool found;

	a->dry = dry;
	a->insecure = false;
	if (!judge_answers(a) || !follow(a, name, &found))
		return false;
	/* An error, with an answer: only of a name behind it. */
	if (found && a->rrs->rcode != RCODE_NXDOMAIN)
		return true;
	if (found)
		return judging_fail(&a->j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS,
			"%s: it is there, and NXDOMAIN", rr_text(name, a->rrs->qtype).text);
	return judge_denial(a, name);
}

static void judge_read(struct answer_judging *a)
{
	struct dnssec_verdict *verdict = a->j.verdict;

	if (!judge(a, true))
		return;
	a->noted = *verdict;
	if (!judge(a, false))
		return;
	*verdict = (struct dnssec_verdict){.result = DNSSEC_SECURE, .ede = EDE_NONE};
	if (a->insecure)
		*verdict = a->noted;
	if (a->insecure)
		verdict->result = DNSSEC_INSECURE;
	verdict->max_ttl_s = a->ttl_s;
}

/* Said of what no signature is over: other errors than NXDOMAIN, signatures, classes. */
static bool is_beyond(const struct rrs *rrs)
{
	return (rrs->rcode != RCODE_NOERROR && rrs->rcode != RCODE_NXDOMAIN) ||
	       rrs->qclass != CLASS_IN || is_signature(rrs->qtype);
}

void dnssec_judge(struct dnssec *dnssec, struct wire message, uint64_t now_s,
	struct dnssec_work *work, struct dnssec_verdict *ret)
{
	struct answer_judging a = {.j = {dnssec, now_s, work, ret}, .ttl_s = UINT32_MAX};
	struct rrs rrs;
	enum rrs_read read;

	*ret = (struct dnssec_verdict){.ede = EDE_NONE, .max_ttl_s = UINT32_MAX};
	if (work->spent) {
		judging_fail(
			&a.j, DNSSEC_BOGUS, EDE_DNSSEC_BOGUS, "too much work for one answer");
		return;
	}
	ret->result = DNSSEC_INSECURE;
	if (message.size >= MESSAGE_HEADER_SIZE && (message.data[3] & 15) != RCODE_NOERROR &&
		(message.data[3] & 15) != RCODE_NXDOMAIN)
		return;
	read = rrs_read(message, RR_CANONICAL, &rrs);
	if (read != RRS_READ) {
		judging_fail(&a.j, read == RRS_NOMEM ? DNSSEC_INDETERMINATE : DNSSEC_BOGUS,
			EDE_OTHER, "%s",
			read == RRS_NOMEM      ? "out of memory"
			: read == RRS_TOO_MANY ? "an answer with too many records"
					       : "a malformed answer");
		return;
	}
	a.rrs = &rrs;
	if (!is_beyond(&rrs))
		judge_read(&a);
	rrs_free(&rrs);
}

void dnssec_learn(struct dnssec *dnssec, struct wire question, struct wire message,
	const char *why, uint64_t now_s, struct dnssec_work *work)
{
	struct dnssec_verdict verdict = {.ede = EDE_NONE};
	struct judging j = {dnssec, now_s, work, &verdict};
	size_t name = dname_read(question.data, question.size);
	uint16_t type;
	struct rrs rrs;
	unsigned rcode;

	if (name == 0 || question.size - name < 4)
		return;
	type = read16(question.data + name);
	if (type != TYPE_DS && type != TYPE_DNSKEY)
		return;
	rcode = message.size >= MESSAGE_HEADER_SIZE ? message.data[3] & 15 : RCODE_SERVFAIL;
	if (message.size < MESSAGE_HEADER_SIZE ||
		(rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN) ||
		rrs_read(message, RR_CANONICAL, &rrs) != RRS_READ) {
		judging_fail(&j, DNSSEC_INDETERMINATE,
			type == TYPE_DS ? EDE_DNSSEC_INDETERMINATE : EDE_DNSKEY_MISSING,
			"%s: %.100s", rr_text(question.data, type).text,
			message.size == 0 ? why : "the upstream had an error for an answer");
		zone_learn_failure(&j, question.data, type, FACT_FAILED);
		return;
	}
	if (rrs.qtype == type && dname_equal(rrs.qname, question.data))
		zone_learn(&j, &rrs);
	rrs_free(&rrs);
}

struct dnssec *dnssec_new(const struct dnssec_params *params, char *why, size_t why_size)
{
	struct dnssec *dnssec = calloc(1, sizeof *dnssec);

	snprintf(why, why_size, "out of memory");
	if (dnssec == NULL)
		return NULL;
	dnssec->signatures_a_second = DNSSEC_SIGNATURES_A_SECOND;
	dnssec->store = store_new(params->store_bytes > 0 ? params->store_bytes : STORE_BYTES);
	if (dnssec->store != NULL)
		dnssec->anchors = anchors_load(params->anchor_file, params->negative,
			params->n_negative, why, why_size);
	if (dnssec->anchors != NULL)
		return dnssec;
	dnssec_free(dnssec);
	return NULL;
}

void dnssec_free(struct dnssec *dnssec)
{
	if (dnssec == NULL)
		return;
	store_free(dnssec->store);
	anchors_free(dnssec->anchors);
	free(dnssec);
}

void dnssec_flush(struct dnssec *dnssec)
{
	store_clear(dnssec->store);
}

void dnssec_limit(struct dnssec *dnssec, unsigned signatures_a_second)
{
	dnssec->signatures_a_second = signatures_a_second;
}
