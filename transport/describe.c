/* SPDX-License-Identifier: MIT */
#include "transport/describe.h"
#include "transport/chain.h"
#include "transport/gnutls_free.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void copy_name(char *text, size_t size, int r, gnutls_datum_t *name)
{
	snprintf(text, size, "%s", r >= 0 ? (const char *)name->data : "?");
	make_printable(text);
	if (r >= 0)
		gnutls_free(name->data);
}

static void describe_names(gnutls_x509_crt_t crt, struct certificate_text *ret)
{
	gnutls_datum_t name = {0};
	int r = gnutls_x509_crt_get_dn3(crt, &name, 0);

	copy_name(ret->subject, sizeof ret->subject, r, &name);
	r = gnutls_x509_crt_get_issuer_dn3(crt, &name, 0);
	copy_name(ret->issuer, sizeof ret->issuer, r, &name);
}

static void describe_serial(gnutls_x509_crt_t crt, struct certificate_text *ret)
{
	uint8_t serial[(sizeof ret->serial - 1) / 2];
	size_t size = sizeof serial;

	if (gnutls_x509_crt_get_serial(crt, serial, &size) < 0)
		return;
	for (size_t i = 0; i < size; i++)
		snprintf(ret->serial + 2 * i, 3, "%02x", serial[i]);
}

static void describe_key(gnutls_x509_crt_t crt, struct certificate_text *ret)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

	if (algorithm >= 0)
		snprintf(ret->key, sizeof ret->key, "%s %u bits",
			gnutls_pk_get_name((gnutls_pk_algorithm_t)algorithm), bits);
}

static void describe_san(int type, const char *san, size_t size, char text[DESCRIBE_SAN_SIZE])
{
	if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16))
		inet_ntop(size == 4 ? AF_INET : AF_INET6, san, text, DESCRIBE_SAN_SIZE);
	else if (type == GNUTLS_SAN_DNSNAME)
		snprintf(text, DESCRIBE_SAN_SIZE, "%.*s", (int)size, san);
	else
		snprintf(text, DESCRIBE_SAN_SIZE, "(another kind of name)");
	make_printable(text);
}

static void describe_sans(gnutls_x509_crt_t crt, struct certificate_text *ret)
{
	for (unsigned i = 0;; i++) {
		char san[256] = "";
		size_t size = sizeof san - 1;
		int type = gnutls_x509_crt_get_subject_alt_name(crt, i, san, &size, NULL);

		if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return;
		if (type < 0 || ret->n_sans == DESCRIBE_SANS_MAX)
			ret->sans_left_out++;
		else
			describe_san(type, san, size, ret->sans[ret->n_sans++]);
	}
}

bool describe_certificate(struct wire der, struct certificate_text *ret)
{
	[[gnu::cleanup(crt_free)]] gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t datum = {(unsigned char *)(uintptr_t)der.data, (unsigned)der.size};
	size_t size = sizeof ret->sha256;
	time_t from, until;

	*ret = (struct certificate_text){0};
	if (gnutls_x509_crt_init(&crt) < 0 ||
		gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) < 0 ||
		gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, ret->sha256, &size) < 0)
		return false;
	size = sizeof ret->spki_sha256;
	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, ret->spki_sha256, &size) <
		0)
		return false;
	from = gnutls_x509_crt_get_activation_time(crt);
	until = gnutls_x509_crt_get_expiration_time(crt);
	ret->not_before_ms = from > 0 ? (uint64_t)from * 1000 : 0;
	ret->not_after_ms = until > 0 ? (uint64_t)until * 1000 : 0;
	describe_names(crt, ret);
	describe_serial(crt, ret);
	describe_key(crt, ret);
	describe_sans(crt, ret);
	return true;
}
