/* SPDX-License-Identifier: MIT */
#include "resolver/access.h"
#include "resolver/prefix.h"
#include <stdlib.h>

enum {
	BUCKETS = 4096,
	REFUSALS = 100, /* a second, to whomever: their addresses may be forged */
};

/* Queries that one client may ask now: a bucket that fills at RateLimit= a second, up to a
 * second's worth. Clients whose hashes meet in one place share it. */
struct bucket {
	float tokens;
	unsigned under_way[2]; /* those that are not proven, and those that are */
	uint64_t filled_ms;
};

struct access {
	unsigned workers;
	struct siphash_key secret;
	struct bucket buckets[BUCKETS], refusals;
};

/* Where its bytes stand, and how many. */
static const uint8_t *bytes_of(const union socket_address *peer, size_t *ret_size)
{
	const uint8_t *v6 = peer->v6.sin6_addr.s6_addr;

	if (peer->any.sa_family == AF_INET) {
		*ret_size = 4;
		return (const uint8_t *)&peer->v4.sin_addr;
	}
	if (IN6_IS_ADDR_V4MAPPED(&peer->v6.sin6_addr)) {
		*ret_size = 4;
		return v6 + 12;
	}
	*ret_size = 16;
	return v6;
}

bool access_is_local(const union socket_address *peer)
{
	size_t size;
	const uint8_t *bytes = bytes_of(peer, &size);

	return size == 4 ? bytes[0] == 127 : IN6_IS_ADDR_LOOPBACK(&peer->v6.sin6_addr);
}

bool access_is_allowed(const struct conf *conf, const union socket_address *peer)
{
	size_t size;
	const uint8_t *bytes = bytes_of(peer, &size);

	if (access_is_local(peer))
		return true;
	for (size_t i = 0; i < conf->n_allowed; i++)
		if (conf->allowed[i].address.size == size &&
			first_bits_are(
				bytes, conf->allowed[i].address.bytes, conf->allowed[i].bits))
			return true;
	return false;
}

/* A network of IPv6 is one client: it has as many addresses as it likes. */
static uint64_t hash_of(const struct access *access, const union socket_address *peer)
{
	size_t size;
	const uint8_t *bytes = bytes_of(peer, &size);

	return siphash13(&access->secret, bytes, size == 16 ? 8 : size);
}

static bool take(struct bucket *bucket, uint32_t limit, uint64_t now_ms)
{
	float most = (float)limit;

	bucket->tokens += (float)(now_ms - bucket->filled_ms) * most / 1000;
	bucket->filled_ms = now_ms;
	if (bucket->tokens > most)
		bucket->tokens = most;
	if (bucket->tokens < 1)
		return false;
	bucket->tokens -= 1;
	return true;
}

/* What the others grant is not known here. */
static uint32_t share_of(const struct access *access, uint32_t limit)
{
	return (limit + access->workers - 1) / access->workers;
}

static struct bucket *bucket_of(struct access *access, const union socket_address *peer)
{
	return &access->buckets[hash_of(access, peer) % BUCKETS];
}

unsigned *access_under_way(struct access *access, const union socket_address *peer, bool proven)
{
	return &bucket_of(access, peer)->under_way[proven];
}

enum access_verdict access_query(struct access *access, const struct conf *conf,
	const union socket_address *peer, bool proven, uint64_t now_ms)
{
	struct bucket *bucket = bucket_of(access, peer);

	if (!access_is_allowed(conf, peer))
		return take(&access->refusals, share_of(access, REFUSALS), now_ms)
			       ? ACCESS_DENIED
			       : ACCESS_IGNORED;
	if (access_is_local(peer) || conf->rate_limit == 0)
		return ACCESS_GRANTED;
	return take(bucket, share_of(access, conf->rate_limit), now_ms) || proven
		       ? ACCESS_GRANTED
		       : ACCESS_LIMITED;
}

struct access *access_new(const struct siphash_key *secret, unsigned workers)
{
	struct access *access = calloc(1, sizeof *access);

	if (access == NULL)
		return NULL;
	access->secret = *secret;
	access->workers = workers;
	return access;
}

void access_free(struct access *access)
{
	free(access);
}
