/* SPDX-License-Identifier: MIT */
#pragma once
/* Which clients are served, and how often. Those on this machine always are. */
#include "conf/conf.h"
#include "resolver/client.h"
#include "resolver/siphash.h"

struct access;

enum access_verdict {
	ACCESS_GRANTED,
	ACCESS_DENIED,  /* not one of AllowClients= */
	ACCESS_IGNORED, /* so too, and that was said often enough for now */
	ACCESS_LIMITED, /* it asks too often */
};

/* NULL: no memory. secret: copied. workers: how many share the limits; clients are spread over
 * them. */
struct access *access_new(const struct siphash_key *secret, unsigned workers);
/* NULL is allowed. */
void access_free(struct access *access);

/* Is it on this machine? */
bool access_is_local(const union socket_address *peer);
/* May this address connect at all? */
bool access_is_allowed(const struct conf *conf, const union socket_address *peer);
/* One more query of it. now_ms: of a clock that never jumps. proven: its address is its own,
 * so that it can only harm itself; it is counted, but may go on (RFC 7873 section 5.2.3). */
enum access_verdict access_query(struct access *access, const struct conf *conf,
	const union socket_address *peer, bool proven, uint64_t now_ms);
/* How many queries of it are under way, for who starts and ends them: of clients whose hashes
 * meet, all together. Those with a proven address are counted apart: whoever forges it takes
 * nothing from them. Valid until access_free(). */
unsigned *access_under_way(
	struct access *access, const union socket_address *peer, bool proven);
