/* SPDX-License-Identifier: MIT */
#include "conf/value.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool value_number(
	const char *text, size_t size, unsigned long min, unsigned long max, unsigned long *ret)
{
	unsigned long number = 0;

	if (size == 0 || size > 9)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!is_digit(text[i]))
			return false;
		number = number * 10 + (unsigned long)(text[i] - '0');
	}
	if (number < min || number > max)
		return false;
	*ret = number;
	return true;
}

bool value_ip(const char *text, size_t size, struct conf_address *ret)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char copy[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (size >= sizeof copy)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	memset(ret->bytes, 0, sizeof ret->bytes);
	if (inet_pton(AF_INET, copy, bytes) == 1) {
		ret->size = 4;
		memcpy(ret->bytes, bytes, 4);
		return true;
	}
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return false;
	ret->size = memcmp(bytes, mapped, sizeof mapped) == 0 ? 4 : 16;
	memcpy(ret->bytes, ret->size == 4 ? bytes + 12 : bytes, ret->size);
	return true;
}

bool value_address(const char *text, size_t size, struct conf_address *ret)
{
	struct conf_address address = {0};
	const char *colon = memrchr(text, ':', size);
	size_t host = size;
	unsigned long port;

	if (value_ip(text, size, &address)) {
		*ret = address;
		return true;
	}
	if (size >= 2 && text[0] == '[' && text[size - 1] == ']')
		colon = NULL;
	if (colon != NULL) {
		host = (size_t)(colon - text);
		if (!value_number(colon + 1, size - host - 1, 1, UINT16_MAX, &port))
			return false;
		address.port = (uint16_t)port;
	}
	if (host >= 2 && text[0] == '[' && text[host - 1] == ']') {
		if (memchr(text, ':', host) == NULL || !value_ip(text + 1, host - 2, &address))
			return false;
	} else if (memchr(text, ':', host) != NULL || !value_ip(text, host, &address)) {
		return false;
	}
	*ret = address;
	return true;
}

bool value_is_no_host(const struct conf_address *address)
{
	static const uint8_t zero[16];

	if (memcmp(address->bytes, zero, address->size) == 0)
		return true;
	return address->size == 4 ? address->bytes[0] >= 224 : address->bytes[0] == 0xff;
}

bool value_is_loopback(const struct conf_address *address)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return address->size == 4 ? address->bytes[0] == 127
				  : memcmp(address->bytes, loopback6, 16) == 0;
}

bool value_timespan_ms(const char *text, uint64_t *ret_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"msec", 1}, {"s", 1000}, {"sec", 1000}, {"", 1000},
		{"second", 1000}, {"seconds", 1000}, {"m", 60000}, {"min", 60000},
		{"minute", 60000}, {"minutes", 60000}, {"h", 3600000}, {"hr", 3600000},
		{"hour", 3600000}, {"hours", 3600000}, {"d", 86400000}, {"day", 86400000},
		{"days", 86400000}, {"w", 604800000}, {"week", 604800000},
		{"weeks", 604800000}};
	uint64_t total = 0;

	do {
		size_t digits = strspn(text, "0123456789"), letters, i;
		unsigned long number;

		if (!value_number(text, digits, 0, 999999999, &number))
			return false;
		text += digits;
		text += strspn(text, " ");
		letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
		for (i = 0; i < sizeof units / sizeof *units; i++)
			if (strlen(units[i].name) == letters &&
				memcmp(units[i].name, text, letters) == 0)
				break;
		if (i == sizeof units / sizeof *units)
			return false;
		total += number * units[i].ms;
		text += letters;
		text += strspn(text, " ");
	} while (*text != '\0');
	*ret_ms = total;
	return true;
}

bool value_size(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	unsigned long number;

	if (!value_number(text, digits, 0, 999999999, &number))
		return false;
	*ret = number;
	if (strcmp(unit, "K") == 0)
		*ret <<= 10;
	else if (strcmp(unit, "M") == 0)
		*ret <<= 20;
	else if (strcmp(unit, "G") == 0)
		*ret <<= 30;
	else
		return *unit == '\0';
	return true;
}

bool value_prefix(const char *text, size_t size, struct conf_prefix *ret)
{
	const char *slash = memchr(text, '/', size);
	size_t address_size = slash != NULL ? (size_t)(slash - text) : size;
	unsigned long bits;

	if (!value_ip(text, address_size, &ret->address))
		return false;
	bits = ret->address.size * 8UL;
	if (slash != NULL && !value_number(slash + 1, size - address_size - 1, 0, bits, &bits))
		return false;
	ret->bits = (uint8_t)bits;
	for (size_t i = bits; i < ret->address.size * (size_t)8; i++)
		if ((ret->address.bytes[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

bool value_hostname(const char *text, size_t size)
{
	size_t label = 0;

	if (size == 0 || size > 253)
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == '.' || c == '-') {
			/* No label is empty, begins or ends with a hyphen. */
			if (label == 0 || (c == '.' && text[i - 1] == '-'))
				return false;
		} else if (!letter && !is_digit(c)) {
			return false;
		}
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0 && text[size - 1] != '-';
}

bool value_domain(const char *text, size_t size)
{
	char copy[256];

	if (size >= sizeof copy)
		return false;
	for (size_t i = 0; i < size; i++)
		copy[i] = text[i] == '_' ? 'x' : text[i];
	return value_hostname(copy, size);
}

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

bool value_bool(const char *text, bool *ret)
{
	static const char *const yes[] = {"yes", "1", "y", "true", "t", "on"};
	static const char *const no[] = {"no", "0", "n", "false", "f", "off"};
	bool is_yes = is_one_of(text, yes, sizeof yes / sizeof *yes);

	if (!is_yes && !is_one_of(text, no, sizeof no / sizeof *no))
		return false;
	*ret = is_yes;
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool value_hex(const char *text, size_t size, size_t max, struct conf_octets *ret)
{
	struct conf_octets octets = {0};

	for (size_t i = 0; i < size;) {
		if (octets.size > 0 && text[i] == ':')
			i++;
		if (size - i < 2 || octets.size == max || hex_digit(text[i]) < 0 ||
			hex_digit(text[i + 1]) < 0)
			return false;
		octets.bytes[octets.size++] =
			(uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
		i += 2;
	}
	*ret = octets;
	return octets.size > 0;
}

bool value_in_list(const char *word, const char *list)
{
	size_t size = strlen(word);

	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (n == size && n > 0 && memcmp(word, list, n) == 0)
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

/* How many bytes the character takes; 0: it is none. */
static size_t utf8_size(const unsigned char *text, size_t size)
{
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000}; /* of so many bytes */
	unsigned c = text[0];
	size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
	uint32_t value = n == 1 ? c : c & (0xffU >> (n + 1));

	if (n > size)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[n] || value > 0x10ffff || value >> 11 == 0x1b)
		return 0;
	return n;
}

bool value_utf8(const char *text, size_t size)
{
	while (size > 0) {
		size_t n = utf8_size((const unsigned char *)text, size);

		if (n == 0)
			return false;
		text += n;
		size -= n;
	}
	return true;
}
