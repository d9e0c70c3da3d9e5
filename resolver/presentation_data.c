/* SPDX-License-Identifier: MIT */
/* The data of records: each type is a row of fields. */
#include "resolver/presentation.h"
#include "resolver/presentation_svcb.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/*
 * Fields:
 *   1 2 4  a number of so many bytes        n  a name
 *   a A    an IPv4 or IPv6 address          t  a type
 *   T      a time, in seconds since 1970    s  a character string, quoted
 *   g      a character string, as it is     S  all that follow, one at least
 *   h b    the rest in hexadecimal, base64  q  the rest, quoted
 *   B      a bitmap of types (RFC 4034)     l  a salt: a length, and bytes in hexadecimal
 *   d      a hash: a length, and bytes in base32hex
 *   v      parameters of a service (RFC 9460)
 */
static const struct {
	uint16_t type;
	const char *fields;
} ROWS[] = {
	{1, "a"},
	{2, "n"},
	{5, "n"},
	{6, "nn44444"},
	{12, "n"},
	{13, "ss"},
	{15, "2n"},
	{16, "S"},
	{17, "nn"},
	{18, "2n"},
	{28, "A"},
	{33, "222n"},
	{35, "22sssn"},
	{36, "2n"},
	{39, "n"},
	{43, "211h"},
	{44, "11h"},
	{46, "t114TT2nb"},
	{47, "nB"},
	{48, "211b"},
	{50, "112ldB"},
	{51, "112l"},
	{52, "111h"},
	{53, "111h"},
	{59, "211h"},
	{60, "211b"},
	{61, "b"},
	{62, "42B"},
	{63, "411h"},
	{64, "2nv"},
	{65, "2nv"},
	{99, "S"},
	{256, "22q"},
	{257, "1gq"},
};

/* What is left of the data. */
struct cursor {
	struct wire message;
	size_t at, end;
};

static size_t left(const struct cursor *c)
{
	return c->end - c->at;
}

static struct wire take(struct cursor *c, size_t n)
{
	struct wire bytes = {c->message.data + c->at, n};

	c->at += n;
	return bytes;
}

static bool write_number(FILE *out, struct cursor *c, size_t n)
{
	uint32_t value = 0;
	struct wire bytes;

	if (left(c) < n)
		return false;
	bytes = take(c, n);
	for (size_t i = 0; i < n; i++)
		value = value << 8 | bytes.data[i];
	fprintf(out, "%" PRIu32, value);
	return true;
}

static bool write_address(FILE *out, struct cursor *c, int family, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (left(c) < size)
		return false;
	fputs(inet_ntop(family, take(c, size).data, text, sizeof text), out);
	return true;
}

/* It may not go beyond the data; what it points to may be anywhere before. */
static bool write_name(FILE *out, struct cursor *c)
{
	struct wire message = {c->message.data, c->end};
	size_t at = c->at;

	return presentation_skip_name(message, &c->at) && presentation_name(out, message, at);
}

static bool write_type(FILE *out, struct cursor *c)
{
	struct wire bytes;

	if (left(c) < 2)
		return false;
	bytes = take(c, 2);
	presentation_type(out, (uint16_t)((unsigned)bytes.data[0] << 8 | bytes.data[1]));
	return true;
}

/* RFC 4034 section 3.2. */
static bool write_time(FILE *out, struct cursor *c)
{
	struct wire bytes;
	char text[32];
	uint32_t number = 0;
	time_t seconds;
	struct tm tm;

	if (left(c) < 4)
		return false;
	bytes = take(c, 4);
	for (size_t i = 0; i < 4; i++)
		number = number << 8 | bytes.data[i];
	seconds = (time_t)number;
	/* A number is as right, for a time_t that ends in 2038. */
	if (seconds < 0 || gmtime_r(&seconds, &tm) == NULL ||
		strftime(text, sizeof text, "%Y%m%d%H%M%S", &tm) == 0)
		fprintf(out, "%" PRIu32, number);
	else
		fputs(text, out);
	return true;
}

static bool take_counted(struct cursor *c, struct wire *ret)
{
	size_t size;

	if (left(c) < 1)
		return false;
	size = take(c, 1).data[0];
	if (left(c) < size)
		return false;
	*ret = take(c, size);
	return true;
}

static void write_quoted(FILE *out, struct wire bytes)
{
	putc('"', out);
	presentation_escape(out, bytes);
	putc('"', out);
}

static bool write_string(FILE *out, struct cursor *c)
{
	struct wire bytes;

	if (!take_counted(c, &bytes))
		return false;
	write_quoted(out, bytes);
	return true;
}

static bool write_strings(FILE *out, struct cursor *c)
{
	bool good;

	do {
		good = write_string(out, c);
		if (left(c) > 0)
			putc(' ', out);
	} while (good && left(c) > 0);
	return good;
}

/* A tag (RFC 8659 section 4.1): letters and digits. */
static bool write_tag(FILE *out, struct cursor *c)
{
	struct wire tag;

	if (!take_counted(c, &tag) || tag.size == 0)
		return false;
	for (size_t i = 0; i < tag.size; i++)
		if (!((tag.data[i] | 0x20) >= 'a' && (tag.data[i] | 0x20) <= 'z') &&
			!(tag.data[i] >= '0' && tag.data[i] <= '9'))
			return false;
	fwrite(tag.data, 1, tag.size, out);
	return true;
}

static bool write_hex(FILE *out, struct wire bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		fprintf(out, "%02X", bytes.data[i]);
	return bytes.size > 0;
}

static bool write_salt(FILE *out, struct cursor *c)
{
	struct wire salt;

	if (!take_counted(c, &salt))
		return false;
	if (salt.size == 0)
		putc('-', out);
	else
		write_hex(out, salt);
	return true;
}

/* RFC 4648 section 7, without padding. */
static bool write_hash(FILE *out, struct cursor *c)
{
	static const char DIGITS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	unsigned bits = 0, n = 0;
	struct wire hash;

	if (!take_counted(c, &hash) || hash.size == 0)
		return false;
	for (size_t i = 0; i < hash.size; i++) {
		bits = (bits << 8 | hash.data[i]) & 0xfff;
		for (n += 8; n >= 5; n -= 5)
			putc(DIGITS[bits >> (n - 5) & 31], out);
	}
	if (n > 0)
		putc(DIGITS[bits << (5 - n) & 31], out);
	return true;
}

/* RFC 4034 section 4.1.2: windows in ascending order, none empty. */
static bool write_bitmap(FILE *out, struct cursor *c)
{
	int last = -1;

	while (left(c) >= 2) {
		struct wire head = take(c, 2), bits;
		int window = head.data[0];

		if (window <= last || head.data[1] == 0 || head.data[1] > 32 ||
			left(c) < head.data[1])
			return false;
		bits = take(c, head.data[1]);
		for (unsigned i = 0; i < 8 * bits.size; i++) {
			if ((bits.data[i / 8] & 0x80U >> i % 8) == 0)
				continue;
			putc(' ', out);
			presentation_type(out, (uint16_t)((unsigned)window << 8 | i));
		}
		last = window;
	}
	return left(c) == 0;
}

static bool write_field(FILE *out, struct cursor *c, char field)
{
	switch (field) {
	case '1': return write_number(out, c, 1);
	case '2': return write_number(out, c, 2);
	case '4': return write_number(out, c, 4);
	case 'a': return write_address(out, c, AF_INET, 4);
	case 'A': return write_address(out, c, AF_INET6, 16);
	case 'n': return write_name(out, c);
	case 't': return write_type(out, c);
	case 'T': return write_time(out, c);
	case 's': return write_string(out, c);
	case 'S': return write_strings(out, c);
	case 'g': return write_tag(out, c);
	case 'h': return write_hex(out, take(c, left(c)));
	case 'b': return presentation_base64(out, take(c, left(c)));
	case 'q': write_quoted(out, take(c, left(c))); return true;
	case 'l': return write_salt(out, c);
	case 'd': return write_hash(out, c);
	case 'B': return write_bitmap(out, c);
	default: return presentation_svcb(out, take(c, left(c)));
	}
}

/* False: the data are not what the type wants. */
static bool write_fields(FILE *out, struct cursor c, const char *fields)
{
	for (const char *field = fields; *field != '\0'; field++) {
		/* These two begin with a space, if they have anything. */
		if (field != fields && *field != 'B' && *field != 'v')
			putc(' ', out);
		if (!write_field(out, &c, *field))
			return false;
	}
	return c.at == c.end;
}

static const char *fields_of(const struct presentation_record *record)
{
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
		if (ROWS[i].type == record->type && record->class == 1)
			return ROWS[i].fields;
	return NULL;
}

/* RFC 3597 section 5. */
static void write_unknown(FILE *out, struct wire bytes)
{
	fprintf(out, "\\# %zu", bytes.size);
	if (bytes.size > 0)
		putc(' ', out);
	write_hex(out, bytes);
}

void presentation_data(FILE *out, struct wire message, const struct presentation_record *record)
{
	struct cursor c = {message, record->data, record->data + record->data_size};
	const char *fields = fields_of(record);
	char *text = NULL;
	size_t size = 0;
	FILE *tried = fields != NULL ? open_memstream(&text, &size) : NULL;
	bool good = tried != NULL && write_fields(tried, c, fields);

	if (tried != NULL && fclose(tried) != 0)
		good = false;
	if (good)
		fwrite(text, 1, size, out);
	else
		write_unknown(
			out, (struct wire){message.data + record->data, record->data_size});
	free(text);
}
