/* SPDX-License-Identifier: MIT */
#pragma once
/* Certificates in PEM, for ctcheck. */
#include "ctpolicy/ctpolicy.h"

enum { PEM_CERTIFICATES_MAX = 16 };

struct pem_chain {
	struct ct_bytes der[PEM_CERTIFICATES_MAX];
	size_t n;
};

/* Decodes all CERTIFICATE blocks of a text, in their order. False: none, too many, or one is
 * broken. */
bool pem_read(struct ct_bytes text, struct pem_chain *ret);
void pem_free(struct pem_chain *chain);
