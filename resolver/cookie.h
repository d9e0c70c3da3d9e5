/* SPDX-License-Identifier: MIT */
#pragma once
/* DNS cookies of a server (RFC 7873, in the form of RFC 9018): who sends one back that we made
 * has the address that it says it has. */
#include "resolver/client.h"
#include "resolver/message.h"
#include "resolver/siphash.h"

/* Makes the cookie for a reply to a request that came with one, and says in *ret_proven whether
 * that was one of ours for this address, not older than an hour. now_s: seconds since 1970. */
void cookie_answer(const struct siphash_key *secret, const union socket_address *peer,
	uint32_t now_s, struct request *request, bool *ret_proven);
