/* SPDX-License-Identifier: MIT */
#include "transport/cafile.h"
#include "transport/gnutls_free.h"
#include "transport/verify.h"
#include <assert.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct anchor {
	gnutls_datum_t der, subject;
};

struct cafile {
	struct anchor *all;
	size_t n;
};

void cafile_free(struct cafile *cafile)
{
	if (cafile == NULL)
		return;
	for (size_t i = 0; i < cafile->n; i++) {
		datum_free(&cafile->all[i].der);
		datum_free(&cafile->all[i].subject);
	}
	free(cafile->all);
	free(cafile);
}

/* Adds one in PEM. Returns GnuTLS's error, or 0. */
static int add(struct cafile *cafile, const gnutls_datum_t *pem)
{
	[[gnu::cleanup(crt_free)]] gnutls_x509_crt_t crt = NULL;
	struct anchor *grown, *anchor;
	int r = gnutls_x509_crt_init(&crt);

	if (r >= 0)
		r = gnutls_x509_crt_import(crt, pem, GNUTLS_X509_FMT_PEM);
	if (r < 0)
		return r;
	grown = reallocarray(cafile->all, cafile->n + 1, sizeof *grown);
	if (grown == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	cafile->all = grown;
	anchor = &grown[cafile->n++];
	*anchor = (struct anchor){0};
	r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &anchor->der);
	return r < 0 ? r : gnutls_x509_crt_get_raw_dn(crt, &anchor->subject);
}

/* The next certificate of a text, without what stands before it. False: there is none. */
static bool next(gnutls_datum_t *text)
{
	static const char *const begins[] = {
		"-----BEGIN CERTIFICATE-----", "-----BEGIN X509 CERTIFICATE-----"};
	unsigned char *first = NULL;

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		unsigned char *found =
			memmem(text->data, text->size, begins[i], strlen(begins[i]));

		if (found != NULL && (first == NULL || found < first))
			first = found;
	}
	if (first == NULL)
		return false;
	text->size -= (unsigned)(first - text->data);
	text->data = first;
	return true;
}

/* Returns GnuTLS's error, or 0. */
static int add_all(struct cafile *cafile, gnutls_datum_t text)
{
	int r = 0;

	while (r >= 0 && next(&text)) {
		r = add(cafile, &text);
		text.data++;
		text.size--;
	}
	return r;
}

struct cafile *cafile_read(const char *path, char *why, size_t size)
{
	[[gnu::cleanup(datum_free)]] gnutls_datum_t text = {0};
	struct cafile *cafile = calloc(1, sizeof *cafile);
	int r = cafile == NULL ? GNUTLS_E_MEMORY_ERROR : gnutls_load_file(path, &text);

	if (r >= 0)
		r = add_all(cafile, text);
	if (r >= 0 && cafile->n > 0)
		return cafile;
	snprintf(
		why, size, "%s: %s", path, r < 0 ? gnutls_strerror(r) : "no certificate in it");
	cafile_free(cafile);
	return NULL;
}

static bool same(const gnutls_datum_t *a, const gnutls_datum_t *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Whose path could end where: each certificate's subject, and its issuer. */
struct wanted {
	gnutls_datum_t names[2 * VERIFY_CHAIN_MAX];
	size_t n;
};

static void wanted_done(struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		datum_free(&wanted->names[i]);
}

static bool want(struct wanted *wanted, gnutls_x509_crt_t crt)
{
	gnutls_datum_t *name = &wanted->names[wanted->n];

	if (gnutls_x509_crt_get_raw_dn(crt, &name[0]) < 0)
		return false;
	wanted->n++;
	if (gnutls_x509_crt_get_raw_issuer_dn(crt, &name[1]) < 0)
		return false;
	wanted->n++;
	return true;
}

static bool is_wanted(const struct wanted *wanted, const struct anchor *anchor)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (same(&wanted->names[i], &anchor->subject))
			return true;
	return false;
}

bool cafile_list(const struct cafile *cafile, const gnutls_x509_crt_t *crt, size_t n,
	gnutls_x509_trust_list_t list)
{
	[[gnu::cleanup(wanted_done)]] struct wanted wanted = {0};

	assert(n <= VERIFY_CHAIN_MAX);
	for (size_t i = 0; i < n; i++)
		if (!want(&wanted, crt[i]))
			return false;
	for (size_t i = 0; i < cafile->n; i++)
		if (is_wanted(&wanted, &cafile->all[i]) &&
			gnutls_x509_trust_list_add_trust_mem(
				list, &cafile->all[i].der, NULL, GNUTLS_X509_FMT_DER, 0, 0) < 0)
			return false;
	return true;
}
