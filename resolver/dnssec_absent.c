/* SPDX-License-Identifier: MIT */
/* A build without ldns: nobody is made, so nobody is asked. */
#include "resolver/dnssec.h"
#include <stdio.h>

const bool dnssec_supported = false;

struct dnssec *dnssec_new(
	[[maybe_unused]] const struct dnssec_params *params, char *why, size_t why_size)
{
	snprintf(why, why_size, "this build cannot validate: it was made without ldns");
	return NULL;
}

void dnssec_free([[maybe_unused]] struct dnssec *dnssec)
{
}

void dnssec_flush([[maybe_unused]] struct dnssec *dnssec)
{
}

void dnssec_limit(
	[[maybe_unused]] struct dnssec *dnssec, [[maybe_unused]] unsigned signatures_a_second)
{
}

void dnssec_judge([[maybe_unused]] struct dnssec *dnssec, [[maybe_unused]] struct wire message,
	[[maybe_unused]] uint64_t now_s, [[maybe_unused]] struct dnssec_work *work,
	struct dnssec_verdict *ret)
{
	*ret = (struct dnssec_verdict){
		.result = DNSSEC_INDETERMINATE, .ede = EDE_DNSSEC_INDETERMINATE};
}

void dnssec_learn([[maybe_unused]] struct dnssec *dnssec, [[maybe_unused]] struct wire question,
	[[maybe_unused]] struct wire message, [[maybe_unused]] const char *why,
	[[maybe_unused]] uint64_t now_s, [[maybe_unused]] struct dnssec_work *work)
{
}

size_t dnssec_strip([[maybe_unused]] struct wire message, [[maybe_unused]] bool dnssec_ok,
	[[maybe_unused]] bool secure, [[maybe_unused]] uint8_t *out,
	[[maybe_unused]] size_t size)
{
	return 0;
}
