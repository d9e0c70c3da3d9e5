/* SPDX-License-Identifier: MIT */
#include "resolver/presentation.h"
#include "conf/rrtype.h"
#include "resolver/bytes.h"
#include "transport/idna.h"
#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* RFC 9267: pointers go backwards only; more than this is no honest message. */
enum { POINTERS_MAX = 126, LABEL_MAX = 63, RECORD_FIXED = 10 };

/* RFC 1035, 2136, 6891. */
static const char *const RCODES[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
	"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", [16] = "BADVERS"};

/* RFC 8914 section 4, and the registry's later ones. */
static const char *const EDES[] = {"Other", "Unsupported DNSKEY Algorithm",
	"Unsupported DS Digest Type", "Stale Answer", "Forged Answer", "DNSSEC Indeterminate",
	"DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
	"RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready",
	"Blocked", "Censored", "Filtered", "Prohibited", "Stale NXDOMAIN Answer",
	"Not Authoritative", "Not Supported", "No Reachable Authority", "Network Error",
	"Invalid Data", "Signature Expired before Valid", "Too Early",
	"Unsupported NSEC3 Iterations Value", "Unable to conform to policy", "Synthesized",
	"Invalid Query Type"};

/* Follows the name at `at`: each label is given to `label`, if that is not NULL. Returns what
 * the name takes where it begins; 0: there is none. */
static size_t walk_name(struct wire message, size_t at, FILE *out,
	void (*label)(FILE *, struct wire, bool first))
{
	size_t size = 0, total = 0, limit = at;
	unsigned pointers = 0;

	for (;;) {
		unsigned n;

		if (at >= message.size)
			return 0;
		n = message.data[at];
		if (n >= 0xc0) {
			if (message.size - at < 2 || ++pointers > POINTERS_MAX)
				return 0;
			size += pointers == 1 ? 2 : 0;
			at = read16(message.data + at) & 0x3fff;
			if (at >= limit)
				return 0;
			limit = at;
			continue;
		}
		total += 1 + n;
		if (n > LABEL_MAX || message.size - at < 1 + n || total > PRESENTATION_NAME_MAX)
			return 0;
		size += pointers == 0 ? 1 + n : 0;
		if (label != NULL)
			label(out, (struct wire){message.data + at + 1, n}, total == 1 + n);
		if (n == 0)
			return size;
		at += 1 + n;
	}
}

bool presentation_skip_name(struct wire message, size_t *at)
{
	size_t size = walk_name(message, *at, NULL, NULL);

	*at += size;
	return size > 0;
}

bool presentation_read_record(struct wire message, size_t *at, struct presentation_record *ret)
{
	struct presentation_record record = {.name = *at};
	size_t p = *at;

	if (!presentation_skip_name(message, &p) || message.size - p < RECORD_FIXED)
		return false;
	record.type = read16(message.data + p);
	record.class = read16(message.data + p + 2);
	record.ttl = read32(message.data + p + 4);
	record.data_size = read16(message.data + p + 8);
	record.data = p + RECORD_FIXED;
	if (message.size - record.data < record.data_size)
		return false;
	*at = record.data + record.data_size;
	*ret = record;
	return true;
}

/* The root's is empty: it is a dot only where it is the first. */
static void write_label(FILE *out, struct wire label, bool first)
{
	for (size_t i = 0; i < label.size; i++) {
		unsigned char c = label.data[i];

		if (c <= ' ' || c >= 0x7f)
			fprintf(out, "\\%03u", c);
		else if (strchr(".\\\"();@$", c) != NULL)
			fprintf(out, "\\%c", c);
		else
			putc(c, out);
	}
	if (label.size > 0 || first)
		putc('.', out);
}

bool presentation_name(FILE *out, struct wire message, size_t at)
{
	return walk_name(message, at, out, write_label) > 0;
}

void presentation_type(FILE *out, uint16_t type)
{
	const char *name = rrtype_name(type);

	if (name != NULL)
		fputs(name, out);
	else
		fprintf(out, "TYPE%u", type);
}

void presentation_class(FILE *out, uint16_t class)
{
	switch (class) {
	case 1: fputs("IN", out); break;
	case 3: fputs("CH", out); break;
	case 4: fputs("HS", out); break;
	case 255: fputs("ANY", out); break;
	default: fprintf(out, "CLASS%u", class); break;
	}
}

const char *presentation_rcode_name(unsigned rcode)
{
	return rcode < sizeof RCODES / sizeof *RCODES ? RCODES[rcode] : NULL;
}

void presentation_rcode(FILE *out, unsigned rcode)
{
	const char *name = presentation_rcode_name(rcode);

	if (name != NULL)
		fputs(name, out);
	else
		fprintf(out, "RCODE%u", rcode);
}

const char *presentation_ede(unsigned code)
{
	return code < sizeof EDES / sizeof *EDES ? EDES[code] : NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* \DDD or \X, behind the backslash. False: neither. */
static bool read_escape(const char **text, uint8_t *ret)
{
	const char *p = *text;
	unsigned value;

	if (*p == '\0')
		return false;
	if (!is_digit(*p)) {
		*ret = (uint8_t)*p;
		*text = p + 1;
		return true;
	}
	if (!is_digit(p[1]) || !is_digit(p[2]))
		return false;
	value = (unsigned)(p[0] - '0') * 100 + (unsigned)(p[1] - '0') * 10 +
		(unsigned)(p[2] - '0');
	*ret = (uint8_t)value;
	*text = p + 3;
	return value <= UINT8_MAX;
}

bool presentation_read_name(
	const char *text, uint8_t ret[PRESENTATION_NAME_MAX], size_t *ret_size)
{
	uint8_t name[PRESENTATION_NAME_MAX];
	size_t label = 0, size = 1; /* where the label's length is; what there is in all */

	if (*text == '\0')
		return false;
	if (strcmp(text, ".") == 0)
		text++;
	while (*text != '\0') {
		uint8_t c = (uint8_t)*text++;

		if (c == '.') {
			if (size == label + 1 || size == sizeof name)
				return false;
			name[label] = (uint8_t)(size - label - 1);
			label = size++;
			continue;
		}
		if (c == '\\' && !read_escape(&text, &c))
			return false;
		if (size - label > LABEL_MAX || size == sizeof name)
			return false;
		name[size++] = c;
	}
	if (size > label + 1) {
		if (size == sizeof name)
			return false;
		name[label] = (uint8_t)(size - label - 1);
		label = size++;
	}
	name[label] = 0;
	memcpy(ret, name, size);
	*ret_size = size;
	return true;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

bool presentation_read_any_name(
	const char *text, uint8_t ret[PRESENTATION_NAME_MAX], size_t *ret_size)
{
	char ascii[4 * PRESENTATION_NAME_MAX + 1];

	if (is_ascii(text))
		return presentation_read_name(text, ret, ret_size);
	return idna_to_ascii(text, ascii, sizeof ascii) &&
	       presentation_read_name(ascii, ret, ret_size);
}

bool presentation_read_type(const char *text, uint16_t *ret)
{
	return rrtype_parse(text, strlen(text), ret);
}
