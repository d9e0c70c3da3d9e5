/* SPDX-License-Identifier: MIT */
/* The SCTs in an OCSP response (RFC 6962 section 3.3), found by walking it (RFC 6960 section
 * 4.2.1): GnuTLS shows no extensions of a SingleResponse. */
#include "ctpolicy/der.h"
#include <string.h>

/* 1.3.6.1.4.1.11129.2.4.5 (RFC 6962 section 3.3) */
static const uint8_t SCT_LIST_OID[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05};
enum { SUCCESSFUL = 0 };

/* 1.3.6.1.5.5.7.48.1.1: id-pkix-ocsp-basic */
static const uint8_t BASIC_OID[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};

static bool is_oid(struct ct_bytes oid, const uint8_t *wanted, size_t size)
{
	return oid.size == size && memcmp(oid.data, wanted, size) == 0;
}

/* OCSPResponse ::= SEQUENCE { responseStatus, responseBytes [0] EXPLICIT ResponseBytes }
 * ResponseBytes ::= SEQUENCE { responseType, response OCTET STRING }
 * BasicOCSPResponse ::= SEQUENCE { tbsResponseData, … } */
static bool find_response_data(struct ct_bytes response, struct ct_bytes *ret)
{
	struct der whole, status, element, bytes, type, value, basic, data;

	if (!ctp_der_take(&response, DER_SEQUENCE, &whole) || response.size > 0 ||
		!ctp_der_take(&whole.value, DER_ENUMERATED, &status) ||
		status.value.size != 1 || status.value.data[0] != SUCCESSFUL ||
		!ctp_der_take(&whole.value, DER_CONTEXT_CONSTRUCTED + 0, &element) ||
		whole.value.size > 0 || !ctp_der_take(&element.value, DER_SEQUENCE, &bytes) ||
		element.value.size > 0 || !ctp_der_take(&bytes.value, DER_OID, &type) ||
		!is_oid(type.value, BASIC_OID, sizeof BASIC_OID) ||
		!ctp_der_take(&bytes.value, DER_OCTET_STRING, &value) || bytes.value.size > 0 ||
		!ctp_der_take(&value.value, DER_SEQUENCE, &basic) || value.value.size > 0 ||
		!ctp_der_take(&basic.value, DER_SEQUENCE, &data))
		return false;
	*ret = data.value;
	return true;
}

/* ResponseData ::= SEQUENCE { version [0] DEFAULT v1, responderID, producedAt, responses, … }
 */
static bool find_single(struct ct_bytes data, size_t index, struct ct_bytes *ret)
{
	struct der element, responses, single;

	(void)ctp_der_take(&data, DER_CONTEXT_CONSTRUCTED + 0, &element);
	if (!ctp_der_next(&data, &element) ||
		!ctp_der_take(&data, DER_GENERALIZED_TIME, &element) ||
		!ctp_der_take(&data, DER_SEQUENCE, &responses))
		return false;
	do
		if (!ctp_der_take(&responses.value, DER_SEQUENCE, &single))
			return false;
	while (index-- > 0);
	*ret = single.value;
	return true;
}

/* SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] OPTIONAL,
 * singleExtensions [1] EXPLICIT Extensions OPTIONAL }. *ret is empty when it has none. */
static bool find_extensions(struct ct_bytes single, struct ct_bytes *ret)
{
	struct der element, list;

	*ret = (struct ct_bytes){0};
	if (!ctp_der_take(&single, DER_SEQUENCE, &element) ||
		!ctp_der_next(&single, &element) ||
		!ctp_der_take(&single, DER_GENERALIZED_TIME, &element))
		return false;
	(void)ctp_der_take(&single, DER_CONTEXT_CONSTRUCTED + 0, &element);
	if (single.size == 0)
		return true;
	if (!ctp_der_take(&single, DER_CONTEXT_CONSTRUCTED + 1, &element) || single.size > 0 ||
		!ctp_der_take(&element.value, DER_SEQUENCE, &list) || element.value.size > 0)
		return false;
	*ret = list.value;
	return true;
}

enum ct_err ct_ocsp_scts(struct ct_bytes response, size_t index, struct ct_bytes *ret_scts)
{
	struct ct_bytes data, single, extensions, scts = {0};

	if (!find_response_data(response, &data) || !find_single(data, index, &single) ||
		!find_extensions(single, &extensions))
		return CT_E_MALFORMED;
	while (extensions.size > 0) {
		struct der_extension extension;
		struct der list;

		if (!ctp_der_take_extension(&extensions, &extension))
			return CT_E_MALFORMED;
		if (!is_oid(extension.oid, SCT_LIST_OID, sizeof SCT_LIST_OID))
			continue;
		if (scts.size > 0 || !ctp_der_take(&extension.value, DER_OCTET_STRING, &list) ||
			extension.value.size > 0 || list.value.size == 0)
			return CT_E_MALFORMED;
		scts = list.value;
	}
	*ret_scts = scts;
	return CT_OK;
}
