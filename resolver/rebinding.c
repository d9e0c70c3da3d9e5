/* SPDX-License-Identifier: MIT */
#include "resolver/rebinding.h"
#include "resolver/prefix.h"
#include "resolver/reader.h"
#include "resolver/routes.h"
#include <string.h>

struct prefix {
	uint8_t bytes[16];
	uint8_t bits;
};

/* RFC 6890 and its updates: what is not of the public internet. */
static const struct prefix prefixes4[] = {
	{{0}, 8},
	{{10}, 8},
	{{100, 64}, 10},
	{{127}, 8},
	{{169, 254}, 16},
	{{172, 16}, 12},
	{{192, 168}, 16},
};
static const struct prefix prefixes6[] = {
	{{0}, 127},         /* ::, ::1 */
	{{0xfc}, 7},        /* RFC 4193 */
	{{0xfe, 0x80}, 10}, /* link-local */
	{{0xfe, 0xc0}, 10}, /* site-local, once */
};
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};    /* 64:ff9b::/96, RFC 6052 */

static bool is_private4(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof prefixes4 / sizeof *prefixes4; i++)
		if (first_bits_are(address, prefixes4[i].bytes, prefixes4[i].bits))
			return true;
	return false;
}

static bool is_private6(const uint8_t *address)
{
	if (memcmp(address, mapped, 12) == 0 || memcmp(address, nat64, 12) == 0)
		return is_private4(address + 12);
	for (size_t i = 0; i < sizeof prefixes6 / sizeof *prefixes6; i++)
		if (first_bits_are(address, prefixes6[i].bytes, prefixes6[i].bits))
			return true;
	return false;
}

static bool any_private(struct wire addresses, size_t each)
{
	if (addresses.size % each != 0)
		return true;
	for (size_t at = 0; at + each <= addresses.size; at += each)
		if (each == 4 ? is_private4(addresses.data + at)
			      : is_private6(addresses.data + at))
			return true;
	return false;
}

/* RFC 9460 section 7.3: ipv4hint and ipv6hint are where a browser may go. What cannot be read
 * here, others may read: it is as bad. */
static bool hints_private(struct wire data)
{
	enum { IPV4HINT = 4, IPV6HINT = 6 };
	struct reader r = {.message = data};

	take16(&r);
	skip_plain_name(&r);
	while (!r.bad && reader_left(&r) > 0) {
		uint16_t key = take16(&r);
		struct wire value = {.size = take16(&r)};

		value.data = take(&r, value.size);
		if (value.data != NULL && ((key == IPV4HINT && any_private(value, 4)) ||
						  (key == IPV6HINT && any_private(value, 16))))
			return true;
	}
	return r.bad;
}

static bool is_public(void *context, uint16_t type, struct wire data)
{
	(void)context;
	if (type == TYPE_A)
		return data.size != 4 || !is_private4(data.data);
	if (type == TYPE_AAAA)
		return data.size != 16 || !is_private6(data.data);
	return (type != TYPE_HTTPS && type != TYPE_SVCB) || !hints_private(data);
}

void rebinding_refuse(const struct conf *conf, struct wire question, struct answer *answer)
{
	static const char text[] =
		"the answer gives a public name a private address (RebindProtection=yes)";

	if (!conf->rebind_protection || answer_each(answer, is_public, NULL) ||
		domains_contain(conf->rebind_allow, conf->n_rebind_allow, question))
		return;
	*answer = (struct answer){.low = RCODE_REFUSED | FLAG_RA,
		.negative = true,
		.ede = EDE_FILTERED,
		.ede_text = {(const uint8_t *)text, sizeof text - 1}};
}
