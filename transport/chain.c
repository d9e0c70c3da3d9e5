/* SPDX-License-Identifier: MIT */
#include "transport/chain.h"
#include "transport/gnutls_free.h"
#include "transport/names.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATH_TRIES_MAX = 16 };

static void constraints_free(gnutls_x509_name_constraints_t *constraints)
{
	if (*constraints != NULL)
		gnutls_x509_name_constraints_deinit(*constraints);
}

void chain_done(struct chain *chain)
{
	for (size_t i = 0; i < chain->n_crt; i++)
		gnutls_x509_crt_deinit(chain->crt[i]);
	if (chain->anchor != NULL)
		gnutls_x509_crt_deinit(chain->anchor);
}

void make_printable(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
}

bool refuse(struct verify_check *check, const char *format, ...)
{
	va_list args;

	check->ok = false;
	va_start(args, format);
	vsnprintf(check->reason, sizeof check->reason, format, args);
	va_end(args);
	make_printable(check->reason);
	return false;
}

bool san_at(gnutls_subject_alt_names_t sans, unsigned i, unsigned *ret_type, struct wire *ret)
{
	gnutls_datum_t san;

	if (gnutls_subject_alt_names_get(sans, i, ret_type, &san, NULL) < 0)
		return false;
	*ret = (struct wire){san.data, san.size};
	return true;
}

bool chain_load(
	struct chain *chain, const struct wire *der, size_t n, struct verify_check *check)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += der[i].size;
	if (n == 0)
		return refuse(check, "the server sent no certificate");
	if (n > VERIFY_CHAIN_MAX || bytes > VERIFY_CHAIN_BYTES_MAX)
		return refuse(check, "the server sent %zu certificates, %zu bytes: too much", n,
			bytes);

	for (size_t i = 0; i < n; i++) {
		gnutls_datum_t datum = {
			(unsigned char *)(uintptr_t)der[i].data, (unsigned)der[i].size};
		int r = gnutls_x509_crt_init(&chain->crt[i]);

		if (r < 0)
			return refuse(check, "out of memory");
		chain->n_crt++;
		r = gnutls_x509_crt_import(chain->crt[i], &datum, GNUTLS_X509_FMT_DER);
		if (r < 0)
			return refuse(check,
				"certificate %zu of the chain cannot be parsed: %s", i + 1,
				gnutls_strerror(r));
	}
	chain->length = 1; /* the leaf */
	return true;
}

/* Would GnuTLS take the path as it stands? The clock is left out: path_in_time() has it. */
static bool path_verifies(struct chain *chain)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER};
	gnutls_x509_crt_t crt[VERIFY_CHAIN_MAX];
	unsigned status = 0;
	int r;

	for (size_t i = 0; i < chain->length; i++)
		crt[i] = chain->crt[chain->step[i]];
	chain->tries++;
	r = gnutls_x509_trust_list_verify_crt2(chain->anchors, crt, (unsigned)chain->length,
		&purpose, 1,
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
		&status, NULL);
	if (r < 0)
		status = GNUTLS_CERT_INVALID;
	/* That an anchor is missing says least: any other fault was found with one at hand. */
	if (chain->tries == 1 || (status & GNUTLS_CERT_SIGNER_NOT_FOUND) == 0)
		chain->status = status;
	return status == 0;
}

static bool path_uses(const struct chain *chain, size_t crt)
{
	for (size_t i = 0; i < chain->length; i++)
		if (chain->step[i] == crt)
			return true;
	return false;
}

static bool check_in_time(gnutls_x509_crt_t crt, const char *who, struct ct_clock clock,
	struct verify_check *check)
{
	time_t from = gnutls_x509_crt_get_activation_time(crt);
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	int64_t now = (int64_t)(clock.now_ms / 1000);
	bool early = now < (int64_t)from && !clock.unset;
	time_t when = early ? from : until;
	char text[32] = "";
	struct tm tm;

	if (from == (time_t)-1 || until == (time_t)-1)
		return refuse(check, "%s has no readable validity", who);
	if (!early && now <= (int64_t)until)
		return true;
	if (gmtime_r(&when, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm);
	return refuse(
		check, "%s %s %s", who, early ? "is not valid before" : "expired on", text);
}

/* Finds the anchor of the path, too: NULL when the path ends in one. */
static bool path_in_time(struct chain *chain, struct ct_clock clock, struct verify_check *check)
{
	gnutls_x509_crt_t tip = chain->crt[chain->step[chain->length - 1]];

	if (chain->anchor != NULL)
		gnutls_x509_crt_deinit(chain->anchor);
	chain->anchor = NULL;
	if (gnutls_x509_trust_list_get_issuer(
		    chain->anchors, tip, &chain->anchor, GNUTLS_TL_GET_COPY) < 0)
		chain->anchor = NULL;
	for (size_t i = 0; i < chain->length; i++)
		if (!check_in_time(chain->crt[chain->step[i]],
			    i == 0 ? "it" : "a CA certificate of its chain", clock, check))
			return false;
	return chain->anchor == NULL ||
	       check_in_time(chain->anchor, "the trust anchor of its chain", clock, check);
}

/* GnuTLS follows one issuer a certificate; servers send cross-signs, lapsed ones too, and any
 * order. So: try all continuations, depth first, in few steps (RFC 4158 section 2.4.2). */
static bool path_search(struct chain *chain, struct ct_clock clock, struct verify_check *late)
{
	gnutls_x509_crt_t tip = chain->crt[chain->step[chain->length - 1]];

	if (path_verifies(chain) && path_in_time(chain, clock, late))
		return true;
	for (size_t i = 1; i < chain->n_crt && chain->tries < PATH_TRIES_MAX; i++) {
		if (path_uses(chain, i) ||
			gnutls_x509_crt_check_issuer(tip, chain->crt[i]) == 0)
			continue;
		chain->step[chain->length++] = i;
		if (path_search(chain, clock, late))
			return true;
		chain->length--;
	}
	return false;
}

static bool refuse_path(const struct chain *chain, struct verify_check *check)
{
	[[gnu::cleanup(datum_free)]] gnutls_datum_t issuer = {0};
	unsigned status = chain->status;

	if ((status & GNUTLS_CERT_INSECURE_ALGORITHM) != 0)
		return refuse(check,
			"a key or signature in its chain is too weak (less than 112 bits)");
	if ((status & GNUTLS_CERT_PURPOSE_MISMATCH) != 0)
		return refuse(check, "it was not issued for TLS servers (extended key usage)");
	if ((status & GNUTLS_CERT_SIGNER_NOT_CA) != 0)
		return refuse(check, "its issuer is not a CA");
	if ((status & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE) != 0)
		return refuse(check,
			"a CA of its chain may not issue it (name or path length constraints)");
	if ((status & GNUTLS_CERT_SIGNATURE_FAILURE) != 0)
		return refuse(check, "a signature in its chain is wrong");
	if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) == 0)
		return refuse(check, "its chain does not verify (GnuTLS status 0x%x)", status);
	if (gnutls_x509_crt_check_issuer(chain->crt[0], chain->crt[0]) != 0)
		return refuse(check, "it is self-signed, and no trust anchor");
	if (gnutls_x509_crt_get_issuer_dn3(chain->crt[0], &issuer, 0) < 0)
		return refuse(check, "no path leads from it to a trust anchor");
	return refuse(check, "no path leads from it to a trust anchor; its issuer is \"%s\"",
		issuer.data);
}

static bool check_form(gnutls_x509_crt_t crt, struct verify_check *check)
{
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, NULL);

	if (gnutls_x509_crt_get_version(crt) != 3)
		return refuse(check, "a certificate of its chain is not X.509 version 3");
	if (algorithm != GNUTLS_PK_RSA && algorithm != GNUTLS_PK_RSA_PSS &&
		algorithm != GNUTLS_PK_ECDSA && algorithm != GNUTLS_PK_EDDSA_ED25519 &&
		algorithm != GNUTLS_PK_EDDSA_ED448)
		return refuse(check, "a key of its chain is neither RSA nor EC");
	return true;
}

/* A server's certificate says that it is one (RFC 5280 section 4.2.1.12), and is not a CA's. */
static bool check_leaf(gnutls_x509_crt_t leaf, struct verify_check *check)
{
	unsigned ca = 0;
	int r = gnutls_x509_crt_get_basic_constraints(leaf, NULL, &ca, NULL);

	if (r < 0 && r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return refuse(check, "its basic constraints cannot be parsed");
	if (ca != 0)
		return refuse(check, "it is the certificate of a CA, not of a server");
	for (unsigned i = 0;; i++) {
		char oid[64] = "";
		size_t size = sizeof oid;

		r = gnutls_x509_crt_get_key_purpose_oid(leaf, i, oid, &size, NULL);
		if (r == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (r < 0)
			return refuse(check,
				"it was not issued for TLS servers (extended key usage)");
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0)
			return true;
	}
}

static bool wildcard_in_subtree(gnutls_subject_alt_names_t sans, struct wire constraint)
{
	struct wire san;
	unsigned type;

	for (unsigned i = 0; san_at(sans, i, &type, &san); i++)
		if (type == GNUTLS_SAN_DNSNAME && wildcard_meets_subtree(san, constraint))
			return true;
	return false;
}

static bool constraint_wellformed(unsigned type, struct wire constraint)
{
	if (type == GNUTLS_SAN_DNSNAME)
		return name_constraint_wellformed(constraint);
	return type != GNUTLS_SAN_IPADDRESS || address_constraint_wellformed(constraint);
}

/*
 * RFC 5280 section 4.2.1.10, beyond what GnuTLS enforces: a malformed constraint constrains, a
 * wildcard must not reach into an excluded subtree, and who may issue for IPv4 alone may not
 * for IPv6.
 */
static bool check_constraints(gnutls_x509_crt_t ca, gnutls_subject_alt_names_t sans,
	const struct subject *subject, struct verify_check *check)
{
	[[gnu::cleanup(constraints_free)]] gnutls_x509_name_constraints_t constraints = NULL;
	bool some_address = false, our_family = false;
	gnutls_datum_t name;
	unsigned type;
	int r;

	if (gnutls_x509_name_constraints_init(&constraints) < 0)
		return refuse(check, "out of memory");
	r = gnutls_x509_crt_get_name_constraints(ca, constraints, 0, NULL);
	if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return true;
	if (r < 0)
		return refuse(check, "name constraints of a CA in its chain cannot be parsed");

	for (unsigned i = 0;
		gnutls_x509_name_constraints_get_permitted(constraints, i, &type, &name) >= 0;
		i++) {
		if (!constraint_wellformed(type, (struct wire){name.data, name.size}))
			return refuse(
				check, "a name constraint of a CA in its chain is malformed");
		some_address |= type == GNUTLS_SAN_IPADDRESS;
		our_family |=
			type == GNUTLS_SAN_IPADDRESS && name.size == 2 * subject->address_size;
	}
	for (unsigned i = 0;
		gnutls_x509_name_constraints_get_excluded(constraints, i, &type, &name) >= 0;
		i++) {
		struct wire excluded = {name.data, name.size};

		if (!constraint_wellformed(type, excluded))
			return refuse(
				check, "a name constraint of a CA in its chain is malformed");
		if (type == GNUTLS_SAN_DNSNAME && wildcard_in_subtree(sans, excluded))
			return refuse(check, "its wildcard reaches into names that its CA may "
					     "not issue for");
	}
	if (subject->address_size > 0 && some_address && !our_family)
		return refuse(check,
			"a CA in its chain may not issue for %s addresses (name constraints)",
			subject->address_size == 4 ? "IPv4" : "IPv6");
	return true;
}

bool chain_check(struct chain *chain, gnutls_subject_alt_names_t sans,
	const struct subject *subject, struct ct_clock clock, struct verify_check *check)
{
	struct verify_check late = {.ok = true};

	if (!path_search(chain, clock, &late)) {
		if (late.ok)
			return refuse_path(chain, check);
		*check = late; /* all that a good path lacked was time */
		return false;
	}
	if (chain->length == 1 && chain->anchor == NULL)
		return refuse(check, "it is a trust anchor itself, so nobody issued it");

	for (size_t i = 0; i < chain->length; i++)
		if (!check_form(chain->crt[chain->step[i]], check))
			return false;
	if (!check_leaf(chain->crt[0], check))
		return false;
	for (size_t i = 1; i < chain->length; i++)
		if (!check_constraints(chain->crt[chain->step[i]], sans, subject, check))
			return false;
	if (chain->anchor != NULL && !check_constraints(chain->anchor, sans, subject, check))
		return false;
	*check = (struct verify_check){.ok = true};
	return true;
}

/* Its SHA-256s cannot be computed only for want of memory: then nothing is known to be good. */
static struct identity identity_of(gnutls_x509_crt_t crt)
{
	struct identity who = {0};
	uint8_t serial[sizeof who.serial.bytes];
	size_t size = sizeof who.key_id.bytes, zeroes = 0;

	if (gnutls_x509_crt_get_subject_key_id(crt, who.key_id.bytes, &size, NULL) >= 0)
		who.key_id.size = (uint8_t)size;
	size = sizeof who.spki.bytes;
	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, who.spki.bytes, &size) >=
		0)
		who.spki.size = (uint8_t)size;
	size = sizeof who.sha256.bytes;
	if (gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, who.sha256.bytes, &size) >=
		0)
		who.sha256.size = (uint8_t)size;
	size = sizeof serial;
	if (gnutls_x509_crt_get_serial(crt, serial, &size) >= 0) {
		while (zeroes < size && serial[zeroes] == 0)
			zeroes++;
		who.serial.size = (uint8_t)(size - zeroes);
		memcpy(who.serial.bytes, serial + zeroes, who.serial.size);
	}
	return who;
}

gnutls_x509_crt_t chain_issuer(const struct chain *chain)
{
	return chain->length > 1 ? chain->crt[chain->step[1]] : chain->anchor;
}

void chain_describe_leaf(const struct chain *chain, struct verdict *verdict)
{
	gnutls_x509_crt_t leaf = chain->crt[0];
	time_t until = gnutls_x509_crt_get_expiration_time(leaf);
	[[gnu::cleanup(datum_free)]] gnutls_datum_t issuer = {0};

	verdict->leaf = identity_of(leaf);
	verdict->not_after_ms = until > 0 ? (uint64_t)until * 1000 : 0;
	if (gnutls_x509_crt_get_issuer_dn3(leaf, &issuer, 0) >= 0)
		snprintf(verdict->issuer_name, sizeof verdict->issuer_name, "%s",
			(const char *)issuer.data);
	make_printable(verdict->issuer_name);
}

size_t chain_identities(const struct chain *chain, struct identity *ret)
{
	size_t n = 0;

	for (; n < chain->length; n++)
		ret[n] = identity_of(chain->crt[chain->step[n]]);
	if (chain->anchor != NULL)
		ret[n++] = identity_of(chain->anchor);
	return n;
}
