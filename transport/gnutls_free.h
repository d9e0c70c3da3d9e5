/* SPDX-License-Identifier: MIT */
#pragma once
/* For [[gnu::cleanup()]]: what GnuTLS has given is given back, if there is anything. */
#include <gnutls/x509.h>

static inline void datum_free(gnutls_datum_t *datum)
{
	gnutls_free(datum->data);
}

static inline void crt_free(gnutls_x509_crt_t *crt)
{
	if (*crt != NULL)
		gnutls_x509_crt_deinit(*crt);
}
