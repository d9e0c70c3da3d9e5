/* SPDX-License-Identifier: MIT */
#pragma once
/* SipHash (Aumasson and Bernstein, 2012): a hash that nobody can aim at who lacks the key. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t words[2];
};

/* A key that nobody knows. False: the system has no random bytes. */
[[nodiscard]] bool siphash_random_key(struct siphash_key *ret);
/* SipHash-1-3, for tables that do not leave this process. */
uint64_t siphash13(const struct siphash_key *key, const uint8_t *bytes, size_t size);
/* SipHash-2-4, for what does (RFC 9018 section 4.4). */
uint64_t siphash24(const struct siphash_key *key, const uint8_t *bytes, size_t size);
