/* SPDX-License-Identifier: MIT */
#pragma once
/* How much memory there is for us: a router has little, and so may a service have. */
#include <stddef.h>
#include <stdint.h>

/* In bytes, the least of: what the control group may have (cgroups(7), both versions),
 * RLIMIT_DATA, and half of what the machine has. Cannot fail: what is not known does not limit.
 */
uint64_t memory_allowed(void);

/* What one of several equal workers may have. */
struct portion {
	unsigned workers;
	uint64_t memory; /* bytes, of its own */
};

/* How many things of `each` bytes there may be: `most`, or as many as are an eighth of
 * `allowed`. */
size_t memory_bound(uint64_t allowed, size_t most, size_t each);
