/* SPDX-License-Identifier: MIT */
/* A certificate: walked, and the precertificate rebuilt from it, which must be DER again and
 * have no SCTs. */
#include "ctpolicy/der.h"
#include "ctpolicy/entry.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate certificate;
	struct ct_bytes rest;
	struct der tbs;
	uint8_t *out;

	if (!ctp_certificate_parse((struct ct_bytes){data, size}, &certificate))
		return 0;
	rest.size = ctp_precert_tbs_size(&certificate);
	rest.data = out = malloc(rest.size);
	if (out == NULL || ctp_precert_tbs_write(&certificate, out) != out + rest.size)
		abort();
	if (!ctp_der_take(&rest, DER_SEQUENCE, &tbs) || rest.size != 0)
		abort();
	if (!certificate.has_scts && tbs.whole.size > size)
		abort();
	free(out);
	return 0;
}
