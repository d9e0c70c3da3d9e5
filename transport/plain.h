/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Plain DNS (RFC 1035) for routes that ask for it by name: one query to one server by UDP, by
 * TCP when the answer is truncated. Nothing of it is private, and nobody proves anything. The
 * one door to c-ares.
 */
#include "transport/dial.h"
#include "transport/loop.h"

struct plain;

struct plain_owner {
	/* Called once, from the loop. answer: when err is TRANSPORT_OK; its ID means nothing.
	 * why: else, in words. Both are valid during the call. */
	void (*done)(struct plain_owner *, enum transport_err err, struct wire answer,
		const char *why);
};

/*
 * Each query has a socket of its own, so its port is as random as the kernel's choice, and its
 * ID is (RFC 5452 section 9.2).
 *
 * query       copied; 12 bytes at least; its ID is overwritten
 * timeout_ms  of each of two tries
 *
 * NULL: no memory.
 */
struct plain *plain_ask(struct loop *loop, const struct endpoint *endpoint, struct wire query,
	uint32_t timeout_ms, struct plain_owner *owner);
/* done() will not be called. */
void plain_cancel(struct plain *plain);

#define PLAIN_ADDRESSES_MAX 8

/* The addresses in an answer. */
struct plain_addresses {
	uint8_t bytes[PLAIN_ADDRESSES_MAX][16]; /* network order; 4 bytes of it for IPv4 */
	size_t n;
	uint32_t ttl_s; /* the shortest */
};

/* address_size: 4 or 16. False: the answer has none, or cannot be parsed. */
bool plain_read_addresses(struct wire answer, size_t address_size, struct plain_addresses *ret);
