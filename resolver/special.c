/* SPDX-License-Identifier: MIT */
#include "resolver/special.h"
#include "resolver/prefix.h"
#include <string.h>

#define DOMAIN(text) text, sizeof(text) - 2

static const struct {
	const char *domain;
	uint8_t last; /* letter: its index */
	enum special kind;
} names[] = {
	{DOMAIN("localhost"), SPECIAL_LOCALHOST},
	/* Not in a registry, but in many a hosts file. */
	{DOMAIN("localhost.localdomain"), SPECIAL_LOCALHOST},
	{DOMAIN("invalid"), SPECIAL_NOWHERE}, /* RFC 6761 section 6.4 */
	{DOMAIN("onion"), SPECIAL_NOWHERE},   /* RFC 7686 section 2 */
	{DOMAIN("alt"), SPECIAL_NOWHERE},     /* RFC 9476 */
	{DOMAIN("test"), SPECIAL_EMPTY},      /* RFC 6761 section 6.2, item 4 */
	{DOMAIN("local"), SPECIAL_EMPTY},     /* RFC 6762 section 22.1: of multicast DNS */
	{DOMAIN("internal"), SPECIAL_EMPTY},  /* ICANN, 2024-07-29: for private use */
	{DOMAIN("home.arpa"), SPECIAL_EMPTY}, /* RFC 8375 */
	{DOMAIN("ipv4only.arpa"), SPECIAL_IPV4ONLY}, /* RFC 8880 */
	{DOMAIN("resolver.arpa"), SPECIAL_RESOLVER}, /* RFC 9462 */
	{DOMAIN("use-application-dns.net"), SPECIAL_CANARY},
};

struct special_zone special_find(const struct asked *asked)
{
	size_t at;
	uint8_t last;

	if (asked->n_labels == 0)
		return (struct special_zone){0};
	/* Nearly always that is all: every name that is not in the cache is looked for here. */
	last = asked->name[asked->size - 2];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (last == (uint8_t)names[i].domain[names[i].last] &&
			asked_is_in(asked, names[i].domain, &at))
			return (struct special_zone){names[i].kind, at, at == 0};
	return (struct special_zone){0};
}

/* Addresses of which the first `bits` are these, in zones of `zone` bits each. */
static const struct {
	uint8_t bytes[16], bits, zone;
} reverse4[] =
	{
		{{10}, 8, 8}, /* RFC 6303 section 4.1 */
		{{172, 16}, 12, 16},
		{{192, 168}, 16, 16},
		{{0}, 8, 8}, /* section 4.2 */
		{{127}, 8, 8},
		{{169, 254}, 16, 16},
		{{192, 0, 2}, 24, 24},
		{{198, 51, 100}, 24, 24},
		{{203, 0, 113}, 24, 24},
		{{255, 255, 255, 255}, 32, 32},
		{{100, 64}, 10, 16},        /* RFC 7793 */
		{{192, 0, 0, 170}, 32, 32}, /* RFC 8880 section 7.2 */
		{{192, 0, 0, 171}, 32, 32},
},
  reverse6[] = {
	  {{0}, 128, 128}, /* RFC 6303 sections 4.3 to 4.6 */
	  {{[15] = 1}, 128, 128},
	  {{0xfd}, 8, 8},
	  {{0xfc}, 8, 8}, /* not assigned; nobody's either (RFC 4193) */
	  {{0xfe, 0x80}, 10, 12},
	  {{0x20, 0x01, 0x0d, 0xb8}, 32, 32},
};

struct special_zone special_reverse(const struct asked *asked, const struct reverse *reverse)
{
	const bool is4 = reverse->address.size == 4;
	const size_t n =
		is4 ? sizeof reverse4 / sizeof *reverse4 : sizeof reverse6 / sizeof *reverse6;

	for (size_t i = 0; i < n; i++) {
		unsigned bits = is4 ? reverse4[i].bits : reverse6[i].bits;
		unsigned zone = is4 ? reverse4[i].zone : reverse6[i].zone;
		size_t labels = 2 + zone / reverse->label_bits, at;

		if (reverse->bits < zone ||
			!first_bits_are(reverse->address.bytes,
				is4 ? reverse4[i].bytes : reverse6[i].bytes, bits))
			continue;
		at = asked->labels[asked->n_labels - labels];
		return (struct special_zone){SPECIAL_EMPTY, at, at == 0};
	}
	return (struct special_zone){0};
}
