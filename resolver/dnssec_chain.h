/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The way from a trust anchor down to a name, one label at a time:
 *
 *   zone, its DS known ── its DNSKEY RRset ──▶ keys ── DS of the name one label longer ──▶
 *     secure    a signed delegation: that is the zone now
 *     insecure  a delegation that nobody signed: so is all below
 *     none      still in the same zone
 *     absent    as are all names below
 *
 * What is not in the store is needed; learning it is the only way by which it gets there.
 */
#include "resolver/dnssec_rrset.h"

enum walk {
	WALK_ZONE,     /* the zone that the name is in, and that is signed */
	WALK_INSECURE, /* below a delegation without DS, or a negative trust anchor */
	WALK_STOP,     /* see the verdict: something is needed, or went wrong */
};

struct zone {
	const uint8_t *name; /* the end of the name that was asked for, or the anchor's */
	struct wire keys;    /* as in struct fact; until something is learnt */
};

/* The zone that a name is in; at a delegation, that below. */
enum walk zone_find(struct judging *j, const uint8_t *name, struct zone *ret);
/* The zone that speaks of this type at this name: for DS, the one above. */
enum walk zone_find_for(
	struct judging *j, const uint8_t *name, uint16_t type, struct zone *ret);
/* What dnssec_learn() does when the message was read. */
void zone_learn(struct judging *j, const struct rrs *rrs);
/* What could not be had is noted as that. name: in any case; type: DS or DNSKEY */
void zone_learn_failure(
	struct judging *j, const uint8_t *name, uint16_t type, enum fact_state state);
