/* SPDX-License-Identifier: MIT */
#include "resolver/asked.h"
#include "resolver/bytes.h"
#include <string.h>

void asked_read(struct wire question, struct asked *ret)
{
	const uint8_t *from = question.data;
	size_t at = 0;

	ret->n_labels = 0;
	while (from[at] != 0) {
		uint8_t size = from[at];

		ret->labels[ret->n_labels++] = (uint8_t)at;
		ret->name[at++] = size;
		for (size_t end = at + size; at < end; at++)
			ret->name[at] = (uint8_t)(from[at] >= 'A' && from[at] <= 'Z'
							  ? from[at] + ('a' - 'A')
							  : from[at]);
	}
	ret->name[at++] = 0;
	ret->size = at;
	ret->type = read16(from + at);
	ret->class = read16(from + at + 2);
}

bool asked_is_in(const struct asked *asked, const char *domain, size_t *ret_at)
{
	size_t end = strlen(domain), n = asked->n_labels;

	/* Nearly always that is all: a name is held against a dozen domains. */
	if (end > 0 && (asked->size < end + 2 ||
			       asked->name[asked->size - 2] != (uint8_t)domain[end - 1]))
		return false;
	while (end > 0) {
		const char *dot = memrchr(domain, '.', end);
		size_t start = dot != NULL ? (size_t)(dot - domain) + 1 : 0;
		const uint8_t *label;

		if (n == 0)
			return false;
		label = asked->name + asked->labels[--n];
		if (label[0] != end - start || memcmp(label + 1, domain + start, label[0]) != 0)
			return false;
		end = dot != NULL ? start - 1 : 0;
	}
	*ret_at = n < asked->n_labels ? asked->labels[n] : asked->size - 1;
	return true;
}

/* A number without zeroes in front. */
static bool read_octet(const uint8_t *label, uint8_t *ret)
{
	unsigned number = 0;

	if (label[0] == 0 || label[0] > 3 || (label[0] > 1 && label[1] == '0'))
		return false;
	for (size_t i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		number = number * 10 + label[i] - '0';
	}
	*ret = (uint8_t)number;
	return number <= UINT8_MAX;
}

static bool read_nibble(const uint8_t *label, uint8_t *ret)
{
	if (label[0] != 1)
		return false;
	if (label[1] >= '0' && label[1] <= '9')
		*ret = (uint8_t)(label[1] - '0');
	else if (label[1] >= 'a' && label[1] <= 'f')
		*ret = (uint8_t)(label[1] - 'a' + 10);
	else
		return false;
	return true;
}

bool asked_reverse(const struct asked *asked, struct reverse *ret)
{
	struct reverse reverse = {0};
	size_t at, n = asked->n_labels;

	if (asked_is_in(asked, "in-addr.arpa", &at))
		reverse = (struct reverse){.address.size = 4, .label_bits = 8};
	else if (asked_is_in(asked, "ip6.arpa", &at))
		reverse = (struct reverse){.address.size = 16, .label_bits = 4};
	else
		return false;
	for (n -= 2; n > 0 && reverse.bits < 8U * reverse.address.size; n--) {
		const uint8_t *label = asked->name + asked->labels[n - 1];
		uint8_t *byte = &reverse.address.bytes[reverse.bits / 8], value = 0;

		if (reverse.label_bits == 8 ? !read_octet(label, &value)
					    : !read_nibble(label, &value))
			break;
		*byte = (uint8_t)(reverse.label_bits == 8 || reverse.bits % 8 > 0
					  ? *byte | value
					  : value << 4);
		reverse.bits += reverse.label_bits;
	}
	reverse.exact = n == 0;
	*ret = reverse;
	return true;
}

size_t reverse_name(const struct address *address, uint8_t out[REVERSE_NAME_MAX])
{
	static const char hex[] = "0123456789abcdef";
	struct wire zone = {(const uint8_t *)"\3ip6\4arpa", sizeof "\3ip6\4arpa"};
	size_t at = 0;

	for (size_t i = address->size; i-- > 0;) {
		unsigned byte = address->bytes[i];

		if (address->size == 16) {
			out[at++] = 1;
			out[at++] = (uint8_t)hex[byte & 15];
			out[at++] = 1;
			out[at++] = (uint8_t)hex[byte >> 4];
			continue;
		}
		out[at] = byte >= 100 ? 3 : byte >= 10 ? 2 : 1;
		for (unsigned digit = out[at]; digit > 0; digit--, byte /= 10)
			out[at + digit] = (uint8_t)('0' + byte % 10);
		at += 1 + (size_t)out[at];
	}
	if (address->size == 4)
		zone = (struct wire){
			(const uint8_t *)"\7in-addr\4arpa", sizeof "\7in-addr\4arpa"};
	memcpy(out + at, zone.data, zone.size);
	return at + zone.size;
}
