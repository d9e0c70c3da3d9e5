/* SPDX-License-Identifier: MIT */
#include "ctpolicy/der.h"
#include "ctpolicy/calendar.h"
#include "ctpolicy/reader.h"

enum {
	SHORT_FORM_MAX = 127,
	LENGTH_BYTES_MAX = 4,
	TAG_NUMBER_LONG = 0x1f,
};

static bool read_length(struct reader *r, size_t *ret)
{
	size_t length = read_size(r, 1);
	size_t n = length & 0x7f;

	if (r->bad || length <= SHORT_FORM_MAX) {
		*ret = length;
		return !r->bad;
	}
	if (n == 0 || n > LENGTH_BYTES_MAX)
		return false;
	length = read_size(r, n);
	*ret = length;
	/* The shortest form (X.690 section 10.1). */
	return !r->bad && length > SHORT_FORM_MAX && length >> (8 * (n - 1)) != 0;
}

bool ctp_der_next(struct ct_bytes *rest, struct der *ret)
{
	struct reader r = {.rest = *rest};
	struct der der = {.tag = (uint8_t)read_number(&r, 1)};
	size_t length = 0;

	if (r.bad || (der.tag & TAG_NUMBER_LONG) == TAG_NUMBER_LONG ||
		!read_length(&r, &length))
		return false;
	der.value = read_bytes(&r, length);
	if (r.bad)
		return false;
	der.whole = (struct ct_bytes){rest->data, rest->size - r.rest.size};
	*rest = r.rest;
	*ret = der;
	return true;
}

bool ctp_der_take(struct ct_bytes *rest, uint8_t tag, struct der *ret)
{
	struct ct_bytes peeked = *rest;
	struct der der;

	if (!ctp_der_next(&peeked, &der) || der.tag != tag)
		return false;
	*rest = peeked;
	*ret = der;
	return true;
}

/* Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING } */
bool ctp_der_take_extension(struct ct_bytes *rest, struct der_extension *ret)
{
	struct der extension, oid, critical, value;
	struct ct_bytes inside;

	if (!ctp_der_take(rest, DER_SEQUENCE, &extension))
		return false;
	inside = extension.value;
	if (!ctp_der_take(&inside, DER_OID, &oid))
		return false;
	(void)ctp_der_take(&inside, DER_BOOLEAN, &critical);
	if (!ctp_der_take(&inside, DER_OCTET_STRING, &value) || inside.size > 0)
		return false;
	*ret = (struct der_extension){extension.whole, oid.value, value.value};
	return true;
}

bool ctp_der_time(const struct der *time, uint64_t *ret_ms)
{
	const char *text = (const char *)time->value.data;
	unsigned year;

	if (time->tag == DER_UTC_TIME && time->value.size == 13) {
		year = ctp_calendar_digits(text, 2);
		year += year < 50 ? 2000 : 1900;
		text += 2;
	} else if (time->tag == DER_GENERALIZED_TIME && time->value.size == 15) {
		year = ctp_calendar_digits(text, 4);
		if (year < 2050)
			return false;
		text += 4;
	} else {
		return false;
	}
	return text[10] == 'Z' &&
	       ctp_calendar_ms(year, ctp_calendar_digits(text, 2),
		       ctp_calendar_digits(text + 2, 2), ctp_calendar_digits(text + 4, 2),
		       ctp_calendar_digits(text + 6, 2), ctp_calendar_digits(text + 8, 2),
		       ret_ms);
}

size_t ctp_der_header_size(size_t value_size)
{
	size_t n = 2;

	if (value_size > SHORT_FORM_MAX)
		for (size_t left = value_size; left > 0; left >>= 8)
			n++;
	return n;
}

uint8_t *ctp_der_write_header(uint8_t *out, uint8_t tag, size_t value_size)
{
	size_t n = ctp_der_header_size(value_size) - 2;

	*out++ = tag;
	*out++ = (uint8_t)(n > 0 ? 0x80 | n : value_size);
	while (n-- > 0)
		*out++ = (uint8_t)(value_size >> (8 * n));
	return out;
}
