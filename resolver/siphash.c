/* SPDX-License-Identifier: MIT */
#include "resolver/siphash.h"
#include <endian.h>
#include <string.h>
#include <sys/random.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word, unsigned rounds)
{
	s->v3 ^= word;
	for (unsigned i = 0; i < rounds; i++)
		sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t siphash(const struct siphash_key *key, const uint8_t *bytes, size_t size,
	unsigned rounds, unsigned last_rounds)
{
	struct state s = {
		.v0 = key->words[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->words[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->words[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->words[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t word, last = (uint64_t)size << 56;

	for (; size >= 8; bytes += 8, size -= 8) {
		memcpy(&word, bytes, 8);
		absorb(&s, le64toh(word), rounds);
	}
	for (size_t i = 0; i < size; i++)
		last |= (uint64_t)bytes[i] << 8 * i;
	absorb(&s, last, rounds);
	s.v2 ^= 0xff;
	for (unsigned i = 0; i < last_rounds; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

bool siphash_random_key(struct siphash_key *ret)
{
	return getrandom(ret, sizeof *ret, 0) == (ssize_t)sizeof *ret;
}

uint64_t siphash13(const struct siphash_key *key, const uint8_t *bytes, size_t size)
{
	return siphash(key, bytes, size, 1, 3);
}

uint64_t siphash24(const struct siphash_key *key, const uint8_t *bytes, size_t size)
{
	return siphash(key, bytes, size, 2, 4);
}
