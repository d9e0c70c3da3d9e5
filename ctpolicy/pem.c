/* SPDX-License-Identifier: MIT */
#include "ctpolicy/pem.h"
#include <gnutls/gnutls.h>
#include <string.h>

static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
static const char END[] = "-----END CERTIFICATE-----";

bool pem_read(struct ct_bytes text, struct pem_chain *ret)
{
	const char *at = (const char *)text.data, *end = at + text.size, *begin, *stop;

	ret->n = 0;
	while ((begin = memmem(at, (size_t)(end - at), BEGIN, sizeof BEGIN - 1)) != NULL) {
		gnutls_datum_t block, der;

		stop = memmem(begin, (size_t)(end - begin), END, sizeof END - 1);
		if (stop == NULL || ret->n == PEM_CERTIFICATES_MAX)
			break;
		at = stop + sizeof END - 1;
		block = (gnutls_datum_t){
			(unsigned char *)(uintptr_t)begin, (unsigned)(at - begin)};
		if (gnutls_pem_base64_decode2("CERTIFICATE", &block, &der) < 0)
			break;
		ret->der[ret->n++] = (struct ct_bytes){der.data, der.size};
	}
	if (ret->n > 0 && begin == NULL)
		return true;
	pem_free(ret);
	return false;
}

void pem_free(struct pem_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		gnutls_free((void *)(uintptr_t)chain->der[i].data);
	chain->n = 0;
}
