/* SPDX-License-Identifier: MIT */
#include "transport/verify.h"
#include "transport/cafile.h"
#include "transport/chain.h"
#include "transport/gnutls_free.h"
#include "transport/names.h"
#include "transport/room.h"
#include "transport/staple.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust {
	struct cafile *cafile; /* of a file; NULL: the system's */
	gnutls_x509_trust_list_t system;
	struct ct_log_list *list;
	enum ct_policy policy;
	const struct distrust *distrusted;
	size_t n_distrusted;
	struct accepted_before *accepted_before;
};

static void sans_free(gnutls_subject_alt_names_t *sans)
{
	if (*sans != NULL)
		gnutls_subject_alt_names_deinit(*sans);
}

static void trust_list_free(gnutls_x509_trust_list_t *list)
{
	if (*list != NULL)
		gnutls_x509_trust_list_deinit(*list, 1);
}

/* GnuTLS knows where the system has them, and whom it distrusts besides. */
static bool load_system(struct trust *trust, char *why, size_t size)
{
	int r = gnutls_x509_trust_list_init(&trust->system, 0);

	if (r >= 0)
		r = gnutls_x509_trust_list_add_system_trust(trust->system, 0, 0);
	if (r > 0)
		return true;
	snprintf(why, size, "the system's trust anchors: %s",
		r < 0 ? gnutls_strerror(r) : "no certificate in it");
	return false;
}

static bool load_anchors(struct trust *trust, const char *path, char *why, size_t size)
{
	if (path == NULL && SYSTEM_CA_FILE[0] == '\0')
		return load_system(trust, why, size);
	if (path == NULL)
		path = SYSTEM_CA_FILE;
	trust->cafile = cafile_read(path, why, size);
	return trust->cafile != NULL;
}

struct trust *trust_new(const struct trust_params *params, char *why, size_t size)
{
	struct trust *trust = calloc(1, sizeof *trust);

	if (trust == NULL || !room_for(ROOM_FOR_ANCHORS)) {
		snprintf(why, size, "out of memory");
		ct_log_list_free(params->list);
		free(trust);
		return NULL;
	}
	trust->list = params->list;
	trust->policy = params->policy;
	trust->distrusted = params->distrusted;
	trust->n_distrusted = params->n_distrusted;
	trust->accepted_before = params->accepted_before;
	if (load_anchors(trust, params->anchors_path, why, size))
		return trust;
	trust_free(trust);
	return NULL;
}

void trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	trust_list_free(&trust->system);
	cafile_free(trust->cafile);
	ct_log_list_free(trust->list);
	free(trust);
}

const struct ct_log_list *trust_log_list(const struct trust *trust)
{
	return trust->list;
}

enum ct_policy trust_policy(const struct trust *trust)
{
	return trust->policy;
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
	bool address_found = subject->address_size == 0, name_found = subject->name == NULL;
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

static bool pinned(const struct subject *subject, const struct octets *spki)
{
	for (size_t i = 0; i < subject->n_pins; i++)
		if (spki->size == sizeof subject->pins[i].sha256 &&
			memcmp(spki->bytes, subject->pins[i].sha256, spki->size) == 0)
			return true;
	return false;
}

/* One of the path's keys, as RFC 7858 section 4.2 has it. */
static void check_pins(const struct subject *subject, const struct identity *path,
	size_t length, struct verify_check *check)
{
	if (subject->n_pins == 0 || !check->ok)
		return;
	for (size_t i = 0; i < length; i++)
		if (pinned(subject, &path[i].spki))
			return;
	refuse(check,
		"no key of its chain is one that is pinned for this address (PinPublicKey)");
}

static void check_distrust(const struct trust *trust, const struct identity *path,
	size_t length, struct verify_check *check)
{
	size_t n;
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

/* While the list is stale, or the clock not set, it may know too little to accept what it
 * accepted when it was fresh: that leaf has not become worse since. */
static bool was_accepted(const struct trust *trust, const struct verdict *verdict)
{
	struct accepted_before *before = trust->accepted_before;

	return verdict->report.list_stale && before != NULL &&
	       verdict->report.verdict != CT_MALFORMED && verdict->report.verdict != CT_NOMEM &&
	       verdict->leaf.sha256.size == 32 &&
	       before->ask(before, verdict->leaf.sha256.bytes, trust->policy);
}

static struct ct_bytes bytes_of(struct wire wire)
{
	return (struct ct_bytes){wire.data, wire.size};
}

static void check_ct(const struct trust *trust, const struct chain *chain,
	const struct peer *peer, struct wire ocsp_scts, struct ct_clock clock,
	struct verdict *ret)
{
	[[gnu::cleanup(datum_free)]] gnutls_datum_t anchor = {0};
	struct ct_evidence evidence = {
		.leaf = bytes_of(peer->der[0]),
		.tls_scts = bytes_of(peer->tls_scts),
		.ocsp_scts = bytes_of(ocsp_scts),
	};
	char text[sizeof ret->ct.reason];

	if (chain->length > 1) {
		evidence.issuer = bytes_of(peer->der[chain->step[1]]);
	} else if (gnutls_x509_crt_export2(chain->anchor, GNUTLS_X509_FMT_DER, &anchor) >= 0) {
		evidence.issuer = (struct ct_bytes){anchor.data, anchor.size};
	} else {
		refuse(&ret->ct, "out of memory");
		return;
	}
	if (ct_check(trust->list, trust->policy, &evidence, clock, &ret->report) ==
		CT_COMPLIANT) {
		ret->ct = (struct verify_check){.ok = true};
		return;
	}
	ret->accepted_before = was_accepted(trust, ret);
	if (ret->accepted_before) {
		ret->ct = (struct verify_check){.ok = true};
		return;
	}
	ct_report_text(&ret->report, text, sizeof text);
	refuse(&ret->ct, "%s", text);
}

/* What needs a path to be judged. */
static void check_path(const struct trust *trust, const struct subject *subject,
	const struct chain *chain, const struct peer *peer, struct ct_clock clock,
	struct verdict *ret)
{
	struct identity path[VERIFY_CHAIN_MAX + 1];
	size_t length = chain_identities(chain, path);
	struct staple staple;

	ret->issuer = path[1]; /* the path ends in an anchor, which is not the leaf */
	staple_read(peer->staple, chain->crt[0], chain_issuer(chain), clock, &staple);
	check_distrust(trust, path, length, &ret->distrust);
	if (ret->distrust.ok)
		staple_check(&staple, chain->crt[0], &ret->distrust);
	check_pins(subject, path, length, &ret->name);
	check_ct(trust, chain, peer, staple.scts, clock, ret);
}

/* The anchors that a path through the chain may end in. GnuTLS looks for them by the hashes of
 * their names, and takes others if all lie together: so there are as many places (0) as where
 * all anchors of the file are in one list. */
static bool find_anchors(const struct trust *trust, struct chain *chain,
	gnutls_x509_trust_list_t *few, struct verify_check *check)
{
	chain->anchors = trust->system;
	if (trust->cafile == NULL)
		return true;
	if (gnutls_x509_trust_list_init(few, 0) < 0 ||
		!cafile_list(trust->cafile, chain->crt, chain->n_crt, *few))
		return refuse(check, "out of memory");
	chain->anchors = *few;
	return true;
}

static void check_all(const struct trust *trust, const struct subject *subject,
	struct chain *chain, const struct peer *peer, struct ct_clock clock,
	struct verdict *ret)
{
	[[gnu::cleanup(sans_free)]] gnutls_subject_alt_names_t sans = NULL;

	if (gnutls_subject_alt_names_init(&sans) < 0) {
		refuse(&ret->chain, "out of memory");
		return;
	}
	if (load_sans(chain->crt[0], sans))
		check_names(sans, subject, &ret->name);
	else
		refuse(&ret->name, "it has no subject alternative names that can be read");
	if (chain_check(chain, sans, subject, clock, &ret->chain))
		check_path(trust, subject, chain, peer, clock, ret);
	ret->accepted = ret->chain.ok && ret->distrust.ok && ret->name.ok && ret->ct.ok;
}

void verify_peer(const struct trust *trust, const struct subject *subject,
	const struct peer *peer, struct ct_clock clock, struct verdict *ret)
{
	[[gnu::cleanup(trust_list_free)]] gnutls_x509_trust_list_t few = NULL;
	[[gnu::cleanup(chain_done)]] struct chain chain = {0};

	/* What is not judged is not accepted. */
	*ret = (struct verdict){.report = {.verdict = CT_MALFORMED, .policy = trust->policy}};
	refuse(&ret->name, "not judged: the chain cannot be parsed");
	refuse(&ret->distrust, "not judged: its chain does not verify");
	refuse(&ret->ct, "not judged: its chain does not verify");
	if (!chain_load(&chain, peer->der, peer->n, &ret->chain))
		return;
	chain_describe_leaf(&chain, ret);
	if (find_anchors(trust, &chain, &few, &ret->chain))
		check_all(trust, subject, &chain, peer, clock, ret);
}

bool verdict_lacks_scts(const struct verdict *verdict)
{
	return verdict->chain.ok && verdict->distrust.ok && verdict->name.ok &&
	       !verdict->ct.ok && verdict->report.verdict != CT_MALFORMED &&
	       verdict->report.verdict != CT_NOMEM;
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

void verdict_text(const struct verdict *verdict, char *text, size_t size)
{
	char scts[256];

	if (!verdict->accepted) {
		snprintf(text, size, "%s", verdict_reason(verdict));
		return;
	}
	ct_report_text(&verdict->report, scts, sizeof scts);
	snprintf(text, size, "%s%s", scts,
		verdict->accepted_before
			? "; accepted, because it was when the log list was fresh"
			: "");
}
