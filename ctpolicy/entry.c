/* SPDX-License-Identifier: MIT */
#include "ctpolicy/entry.h"
#include "ctpolicy/der.h"
#include <stdlib.h>
#include <string.h>

enum {
	/* version, signature_type, timestamp, entry_type, length of what is logged */
	ENTRY_HEADER = 1 + 1 + 8 + 2 + 3,
	ISSUER_KEY_HASH = 32, /* of a precertificate, before that length */
	TIMESTAMP_AT = 2,
	ENTRY_MAX = 0xffffff,
};

/* 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 section 3.3) */
static const uint8_t SCT_LIST_OID[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02};

static bool take_validity(struct ct_bytes *rest, struct certificate *ret)
{
	struct der validity, from, until;

	return ctp_der_take(rest, DER_SEQUENCE, &validity) &&
	       ctp_der_next(&validity.value, &from) && ctp_der_next(&validity.value, &until) &&
	       validity.value.size == 0 && ctp_der_time(&from, &ret->not_before_ms) &&
	       ctp_der_time(&until, &ret->not_after_ms);
}

static bool is_sct_list(const struct der_extension *extension)
{
	return extension->oid.size == sizeof SCT_LIST_OID &&
	       memcmp(extension->oid.data, SCT_LIST_OID, sizeof SCT_LIST_OID) == 0;
}

/* The SCT list is an OCTET STRING within the extension's OCTET STRING (RFC 6962 section 3.3).
 */
static bool parse_extensions(struct certificate *certificate)
{
	struct ct_bytes rest = certificate->extensions;

	while (rest.size > 0) {
		struct der_extension extension;
		struct der list;

		if (!ctp_der_take_extension(&rest, &extension))
			return false;
		if (!is_sct_list(&extension))
			continue;
		if (certificate->has_scts ||
			!ctp_der_take(&extension.value, DER_OCTET_STRING, &list) ||
			extension.value.size > 0)
			return false;
		certificate->has_scts = true;
		certificate->scts = list.value;
	}
	return true;
}

static bool parse_tbs(struct ct_bytes tbs, struct certificate *ret)
{
	struct ct_bytes rest = tbs;
	struct der element, list;

	/* version [0], serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
	 */
	(void)ctp_der_take(&rest, DER_CONTEXT_CONSTRUCTED + 0, &element);
	if (!ctp_der_take(&rest, DER_INTEGER, &element) ||
		!ctp_der_take(&rest, DER_SEQUENCE, &element) ||
		!ctp_der_take(&rest, DER_SEQUENCE, &element) || !take_validity(&rest, ret) ||
		!ctp_der_take(&rest, DER_SEQUENCE, &element) ||
		!ctp_der_take(&rest, DER_SEQUENCE, &element))
		return false;
	ret->spki = element.whole;
	/* issuerUniqueID [1] and subjectUniqueID [2] */
	(void)ctp_der_take(&rest, DER_CONTEXT_PRIMITIVE + 1, &element);
	(void)ctp_der_take(&rest, DER_CONTEXT_PRIMITIVE + 2, &element);
	ret->before_extensions = (struct ct_bytes){tbs.data, tbs.size - rest.size};
	if (rest.size == 0)
		return true;
	if (!ctp_der_take(&rest, DER_CONTEXT_CONSTRUCTED + 3, &element) || rest.size > 0 ||
		!ctp_der_take(&element.value, DER_SEQUENCE, &list) || element.value.size > 0 ||
		list.value.size == 0)
		return false;
	ret->extensions = list.value;
	return parse_extensions(ret);
}

bool ctp_certificate_parse(struct ct_bytes der, struct certificate *ret)
{
	struct certificate certificate = {.whole = der};
	struct der whole, tbs, element;

	if (!ctp_der_take(&der, DER_SEQUENCE, &whole) || der.size > 0 ||
		!ctp_der_take(&whole.value, DER_SEQUENCE, &tbs) ||
		!ctp_der_take(&whole.value, DER_SEQUENCE, &element) ||
		!ctp_der_take(&whole.value, DER_BIT_STRING, &element) || whole.value.size > 0 ||
		!parse_tbs(tbs.value, &certificate))
		return false;
	*ret = certificate;
	return true;
}

/* Writes the extensions but the SCT list, or only counts them when `out` is NULL. */
static size_t other_extensions(const struct certificate *certificate, uint8_t *out)
{
	struct ct_bytes rest = certificate->extensions;
	struct der_extension extension;
	size_t size = 0;

	while (ctp_der_take_extension(&rest, &extension)) {
		if (is_sct_list(&extension))
			continue;
		if (out != NULL)
			memcpy(out + size, extension.whole.data, extension.whole.size);
		size += extension.whole.size;
	}
	return size;
}

/* The value of the TBS: without any extension left, [3] goes too (it may not be empty). */
static size_t tbs_value_size(const struct certificate *certificate)
{
	size_t list = other_extensions(certificate, NULL);
	size_t tagged = list > 0 ? ctp_der_header_size(list) + list : 0;

	return certificate->before_extensions.size +
	       (tagged > 0 ? ctp_der_header_size(tagged) + tagged : 0);
}

size_t ctp_precert_tbs_size(const struct certificate *certificate)
{
	size_t size = tbs_value_size(certificate);

	return ctp_der_header_size(size) + size;
}

uint8_t *ctp_precert_tbs_write(const struct certificate *certificate, uint8_t *out)
{
	const struct ct_bytes *before = &certificate->before_extensions;
	size_t list = other_extensions(certificate, NULL);

	out = ctp_der_write_header(out, DER_SEQUENCE, tbs_value_size(certificate));
	memcpy(out, before->data, before->size);
	out += before->size;
	if (list == 0)
		return out;
	out = ctp_der_write_header(
		out, DER_CONTEXT_CONSTRUCTED + 3, ctp_der_header_size(list) + list);
	out = ctp_der_write_header(out, DER_SEQUENCE, list);
	return out + other_extensions(certificate, out);
}

static uint8_t *write_number(uint8_t *out, uint64_t number, size_t size)
{
	for (size_t i = size; i-- > 0;)
		*out++ = (uint8_t)(number >> (8 * i));
	return out;
}

/* The part before what is logged, and its length; returns where that goes. */
static uint8_t *write_header(
	uint8_t *out, enum entry_type type, const uint8_t issuer_key_hash[32], size_t size)
{
	out = write_number(out, 0, 1); /* v1 */
	out = write_number(out, 0, 1); /* certificate_timestamp */
	out = write_number(out, 0, 8); /* of each SCT */
	out = write_number(out, type, 2);
	if (type == ENTRY_PRECERT) {
		memcpy(out, issuer_key_hash, ISSUER_KEY_HASH);
		out += ISSUER_KEY_HASH;
	}
	return write_number(out, size, 3);
}

enum ct_err ctp_entry_new(const struct certificate *leaf, enum entry_type type,
	const uint8_t issuer_key_hash[32], size_t extensions_max, struct entry *ret)
{
	bool precert = type == ENTRY_PRECERT;
	size_t size = precert ? ctp_precert_tbs_size(leaf) : leaf->whole.size;
	struct entry entry = {
		.fixed = ENTRY_HEADER + (size_t)(precert ? ISSUER_KEY_HASH : 0) + size};
	uint8_t *out;

	if (size > ENTRY_MAX)
		return CT_E_MALFORMED;
	entry.bytes = malloc(entry.fixed + 2 + extensions_max);
	if (entry.bytes == NULL)
		return CT_E_NOMEM;
	out = write_header(entry.bytes, type, issuer_key_hash, size);
	if (precert)
		ctp_precert_tbs_write(leaf, out);
	else
		memcpy(out, leaf->whole.data, size);
	*ret = entry;
	return CT_OK;
}

void ctp_entry_free(struct entry *entry)
{
	free(entry->bytes);
	entry->bytes = NULL;
}

struct ct_bytes ctp_entry_complete(
	struct entry *entry, uint64_t timestamp_ms, struct ct_bytes extensions)
{
	uint8_t *out;

	write_number(entry->bytes + TIMESTAMP_AT, timestamp_ms, 8);
	out = write_number(entry->bytes + entry->fixed, extensions.size, 2);
	if (extensions.size > 0)
		memcpy(out, extensions.data, extensions.size);
	return (struct ct_bytes){entry->bytes, entry->fixed + 2 + extensions.size};
}
