/* SPDX-License-Identifier: MIT */
#pragma once
/* Matching of names in certificates, over bytes that the peer chose. */
#include "transport/exchange.h"

/*
 * Does the dNSName `pattern` (RFC 5280 section 4.2.1.6) stand for `name`? RFC 6125 section 6.4:
 * ASCII case is ignored; a wildcard is the whole left-most label, stands for exactly one, and
 * at least two labels follow it. `name` is lower case without a final dot.
 */
bool name_matches(struct wire pattern, const char *name);

/* A dNSName constraint (RFC 5280 section 4.2.1.10) as it may be written: labels of letters,
 * digits, hyphens and underscores, with an optional dot in front; or nothing, which stands for
 * every name. */
bool name_constraint_wellformed(struct wire constraint);

/* Could a name for which the wildcard `pattern` stands lie in the subtree `constraint`? */
bool wildcard_meets_subtree(struct wire pattern, struct wire constraint);

/* An iPAddress constraint: address and mask of one family, the mask's ones before its zeroes.
 */
bool address_constraint_wellformed(struct wire constraint);
