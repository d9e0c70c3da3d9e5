/* SPDX-License-Identifier: MIT */
#include "resolver/presentation_svcb.h"
#include "resolver/bytes.h"
#include <arpa/inet.h>

/* RFC 9460 section 14.3.2, RFC 9461, RFC 9540. */
enum {
	KEY_MANDATORY,
	KEY_ALPN,
	KEY_NO_DEFAULT_ALPN,
	KEY_PORT,
	KEY_IPV4HINT,
	KEY_ECH,
	KEY_IPV6HINT,
	KEY_DOHPATH,
	KEY_OHTTP,
};

static const char *const KEYS[] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint",
	"ech", "ipv6hint", "dohpath", "ohttp"};

void presentation_escape(FILE *out, struct wire bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char c = bytes.data[i];

		if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\%03u", c);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else
			putc(c, out);
	}
}

bool presentation_base64(FILE *out, struct wire bytes)
{
	static const char DIGITS[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t n = bytes.size - i < 3 ? bytes.size - i : 3;
		unsigned bits = (unsigned)bytes.data[i] << 16;

		bits |= n > 1 ? (unsigned)bytes.data[i + 1] << 8 : 0;
		bits |= n > 2 ? bytes.data[i + 2] : 0;
		putc(DIGITS[bits >> 18 & 63], out);
		putc(DIGITS[bits >> 12 & 63], out);
		putc(n > 1 ? DIGITS[bits >> 6 & 63] : '=', out);
		putc(n > 2 ? DIGITS[bits & 63] : '=', out);
	}
	return bytes.size > 0;
}

static void write_key(FILE *out, unsigned key)
{
	if (key < sizeof KEYS / sizeof *KEYS)
		fputs(KEYS[key], out);
	else
		fprintf(out, "key%u", key);
}

static bool write_mandatory(FILE *out, struct wire value)
{
	if (value.size == 0 || value.size % 2 != 0)
		return false;
	for (size_t i = 0; i < value.size; i += 2) {
		putc(i == 0 ? '=' : ',', out);
		write_key(out, read16(value.data + i));
	}
	return true;
}

/* RFC 9460 appendix A.1: commas and backslashes are escaped for the list, and then once more
 * for the string that it is in. */
static bool write_alpn(FILE *out, struct wire value)
{
	fputs("=\"", out);
	for (size_t i = 0; i < value.size;) {
		size_t n = value.data[i++];

		if (n == 0 || value.size - i < n)
			return false;
		for (; n > 0; n--, i++) {
			if (value.data[i] == ',')
				fputs("\\\\,", out);
			else if (value.data[i] == '\\')
				fputs("\\\\\\\\", out);
			else
				presentation_escape(out, (struct wire){value.data + i, 1});
		}
		if (i < value.size)
			putc(',', out);
	}
	putc('"', out);
	return value.size > 0;
}

static bool write_hints(FILE *out, struct wire value, int family, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (value.size == 0 || value.size % size != 0)
		return false;
	for (size_t i = 0; i < value.size; i += size) {
		putc(i == 0 ? '=' : ',', out);
		fputs(inet_ntop(family, value.data + i, text, sizeof text), out);
	}
	return true;
}

static bool write_value(FILE *out, unsigned key, struct wire value)
{
	switch (key) {
	case KEY_MANDATORY: return write_mandatory(out, value);
	case KEY_ALPN: return write_alpn(out, value);
	case KEY_NO_DEFAULT_ALPN:
	case KEY_OHTTP: return value.size == 0;
	case KEY_PORT:
		if (value.size != 2)
			return false;
		fprintf(out, "=%u", read16(value.data));
		return true;
	case KEY_IPV4HINT: return write_hints(out, value, AF_INET, 4);
	case KEY_IPV6HINT: return write_hints(out, value, AF_INET6, 16);
	case KEY_ECH: putc('=', out); return presentation_base64(out, value);
	default: break;
	}
	if (value.size == 0)
		return true;
	fputs("=\"", out);
	presentation_escape(out, value);
	putc('"', out);
	return true;
}

/* RFC 9460 section 2.2: the keys ascend. */
bool presentation_svcb(FILE *out, struct wire parameters)
{
	int last = -1;

	for (size_t i = 0; i < parameters.size;) {
		unsigned key;
		size_t size;

		if (parameters.size - i < 4)
			return false;
		key = read16(parameters.data + i);
		size = read16(parameters.data + i + 2);
		i += 4;
		if ((int)key <= last || parameters.size - i < size)
			return false;
		putc(' ', out);
		write_key(out, key);
		if (!write_value(out, key, (struct wire){parameters.data + i, size}))
			return false;
		i += size;
		last = (int)key;
	}
	return true;
}
