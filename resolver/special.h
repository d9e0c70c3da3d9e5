/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Names that the public DNS has no answer for, or must not be asked about: the Special-Use
 * Domain Names and the Locally-Served Zones of IANA's registries. A table; pure.
 *
 * Not in it: example and its like, which resolvers are to treat as any other (RFC 6761 section
 * 6.5).
 */
#include "resolver/asked.h"

enum special {
	SPECIAL_NONE,
	SPECIAL_LOCALHOST, /* RFC 6761 section 6.3 */
	SPECIAL_NOWHERE,   /* it does not exist, whatever the configuration says */
	SPECIAL_EMPTY,     /* an empty zone, unless somebody is configured to know it */
	SPECIAL_IPV4ONLY,  /* RFC 8880 */
	SPECIAL_RESOLVER,  /* RFC 9462 section 8.1: exists, and has nothing */
	SPECIAL_CANARY,    /* use-application-dns.net */
};

struct special_zone {
	enum special kind;
	size_t at;    /* where the zone's name begins in the one that is asked for */
	bool is_apex; /* that is the zone's own */
};

struct special_zone special_find(const struct asked *asked);
/* The same for a reverse name: SPECIAL_EMPTY or SPECIAL_NONE. RFC 6303, 7793. */
struct special_zone special_reverse(const struct asked *asked, const struct reverse *reverse);
