/* SPDX-License-Identifier: MIT */
#include "transport/verify.h"
#include "transport/chain.h"
#include "transport/names.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust {
	gnutls_x509_trust_list_t anchors;
	struct ct_log_list *list;
	enum ct_policy policy;
	const struct distrust *distrusted;
	size_t n_distrusted;
};

static void datum_free(gnutls_datum_t *datum)
{
	gnutls_free(datum->data);
}

static void sans_free(gnutls_subject_alt_names_t *sans)
{
	if (*sans != NULL)
		gnutls_subject_alt_names_deinit(*sans);
}

struct trust *trust_new(const struct trust_params *params, char *why, size_t size)
{
	const char *path = params->anchors_path;
	struct trust *trust = calloc(1, sizeof *trust);
	int r;

	if (trust == NULL || gnutls_x509_trust_list_init(&trust->anchors, 0) < 0) {
		snprintf(why, size, "out of memory");
		ct_log_list_free(params->list);
		free(trust);
		return NULL;
	}
	trust->list = params->list;
	trust->policy = params->policy;
	trust->distrusted = params->distrusted;
	trust->n_distrusted = params->n_distrusted;
	if (path == NULL)
		r = gnutls_x509_trust_list_add_system_trust(trust->anchors, 0, 0);
	else
		r = gnutls_x509_trust_list_add_trust_file(
			trust->anchors, path, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	if (r > 0)
		return trust;
	snprintf(why, size, "%s: %s", path != NULL ? path : "the system's trust anchors",
		r < 0 ? gnutls_strerror(r) : "no certificate in it");
	trust_free(trust);
	return NULL;
}

void trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	gnutls_x509_trust_list_deinit(trust->anchors, 1);
	ct_log_list_free(trust->list);
	free(trust);
}

const struct ct_log_list *trust_log_list(const struct trust *trust)
{
	return trust->list;
}

/* The subject alternative names; false when there are none, or they cannot be parsed. */
static bool load_sans(gnutls_x509_crt_t leaf, gnutls_subject_alt_names_t sans)
{
	[[gnu::cleanup(datum_free)]] gnutls_datum_t extension = {0};

	return gnutls_x509_crt_get_extension_by_oid2(
		       leaf, GNUTLS_X509EXT_OID_SAN, 0, &extension, NULL) >= 0 &&
	       gnutls_x509_ext_import_subject_alt_names(&extension, sans, 0) >= 0;
}

/* Adds ", SAN" to a list that ends in a reason. */
static void note_san(char *list, size_t size, unsigned type, struct wire san)
{
	char text[INET6_ADDRSTRLEN] = "";
	size_t used = strlen(list);

	if (type == GNUTLS_SAN_IPADDRESS && (san.size == 4 || san.size == 16))
		inet_ntop(san.size == 4 ? AF_INET : AF_INET6, san.data, text, sizeof text);
	else if (type == GNUTLS_SAN_DNSNAME)
		snprintf(text, sizeof text, "%.*s", (int)(san.size < 64 ? san.size : 64),
			(const char *)san.data);
	else
		return;
	snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", text);
}

static void check_names(gnutls_subject_alt_names_t sans, const struct subject *subject,
	struct verify_check *check)
{
	bool address_found = false, name_found = subject->name == NULL;
	char there[120] = "", dialled[INET6_ADDRSTRLEN] = "";
	struct wire san;
	unsigned type;

	for (unsigned i = 0; san_at(sans, i, &type, &san); i++) {
		note_san(there, sizeof there, type, san);
		if (type == GNUTLS_SAN_IPADDRESS)
			address_found |= san.size == subject->address_size &&
					 memcmp(san.data, subject->address, san.size) == 0;
		else if (type == GNUTLS_SAN_DNSNAME && !name_found)
			name_found = name_matches(san, subject->name);
	}
	*check = (struct verify_check){.ok = address_found && name_found};
	if (!address_found) {
		inet_ntop(subject->address_size == 4 ? AF_INET : AF_INET6, subject->address,
			dialled, sizeof dialled);
		refuse(check,
			"no IP address in its subject alternative names is %s (it has: %s)",
			dialled, there[0] != '\0' ? there : "none");
	} else if (!name_found) {
		refuse(check, "no name in its subject alternative names is %s (it has: %s)",
			subject->name, there);
	}
}

static void check_distrust(
	const struct trust *trust, const struct chain *chain, struct verify_check *check)
{
	struct identity path[VERIFY_CHAIN_MAX + 1];
	size_t length = chain_identities(chain, path), n;
	const struct distrust *built_in = distrust_built_in(&n);
	const struct distrust *found = distrust_find(built_in, n, path, length);

	if (found == NULL)
		found = distrust_find(trust->distrusted, trust->n_distrusted, path, length);
	*check = (struct verify_check){.ok = found == NULL};
	if (found == NULL)
		return;
	if (found->kind == DISTRUST_CERTIFICATE || found->kind == DISTRUST_SERIAL_OF_SPKI)
		refuse(check, "it is blocked: %s", found->why);
	else
		refuse(check, "a CA of its chain is distrusted: %s", found->why);
}

static void check_ct(const struct trust *trust, const struct chain *chain,
	const struct wire *der, uint64_t now_ms, struct verdict *ret)
{
	[[gnu::cleanup(datum_free)]] gnutls_datum_t anchor = {0};
	struct ct_evidence evidence = {.leaf = {der[0].data, der[0].size}};
	char text[sizeof ret->ct.reason];

	if (chain->length > 1) {
		const struct wire *issuer = &der[chain->step[1]];

		evidence.issuer = (struct ct_bytes){issuer->data, issuer->size};
	} else if (gnutls_x509_crt_export2(chain->anchor, GNUTLS_X509_FMT_DER, &anchor) >= 0) {
		evidence.issuer = (struct ct_bytes){anchor.data, anchor.size};
	} else {
		refuse(&ret->ct, "out of memory");
		return;
	}
	if (ct_check(trust->list, trust->policy, &evidence, (struct ct_clock){now_ms, false},
		    &ret->report) == CT_COMPLIANT) {
		ret->ct = (struct verify_check){.ok = true};
		return;
	}
	ct_report_text(&ret->report, text, sizeof text);
	refuse(&ret->ct, "%s", text);
}

void verify_peer(const struct trust *trust, const struct subject *subject,
	const struct wire *der, size_t n, uint64_t now_ms, struct verdict *ret)
{
	[[gnu::cleanup(chain_done)]] struct chain chain = {.anchors = trust->anchors};
	[[gnu::cleanup(sans_free)]] gnutls_subject_alt_names_t sans = NULL;

	/* What is not judged is not accepted. */
	*ret = (struct verdict){.report = {.verdict = CT_MALFORMED, .policy = trust->policy}};
	refuse(&ret->name, "not judged: the chain cannot be parsed");
	refuse(&ret->distrust, "not judged: who issued it is not known");
	refuse(&ret->ct, "not judged: who issued it is not known");
	if (!chain_load(&chain, der, n, &ret->chain))
		return;
	if (gnutls_subject_alt_names_init(&sans) < 0) {
		refuse(&ret->chain, "out of memory");
		return;
	}
	if (load_sans(chain.crt[0], sans))
		check_names(sans, subject, &ret->name);
	else
		refuse(&ret->name, "it has no subject alternative names that can be read");
	if (chain_check(&chain, sans, subject, now_ms, &ret->chain)) {
		check_distrust(trust, &chain, &ret->distrust);
		check_ct(trust, &chain, der, now_ms, ret);
	}
	ret->accepted = ret->chain.ok && ret->distrust.ok && ret->name.ok && ret->ct.ok;
}

const char *verdict_reason(const struct verdict *verdict)
{
	if (!verdict->chain.ok)
		return verdict->chain.reason;
	if (!verdict->distrust.ok)
		return verdict->distrust.reason;
	if (!verdict->name.ok)
		return verdict->name.reason;
	return verdict->ct.ok ? "" : verdict->ct.reason;
}
