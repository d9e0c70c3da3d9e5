/* SPDX-License-Identifier: MIT */
#include "resolver/ground.h"
#include "resolver/log.h"
#include "transport/tls.h"
#include <stdlib.h>
#include <string.h>

struct list_paths ground_list_paths(const struct conf *conf)
{
	return (struct list_paths){
		conf->log_list, conf->log_list_signature, conf->log_list_key};
}

static struct ct_log_list *load_log_list(const struct conf *conf)
{
	struct list_paths paths = ground_list_paths(conf);
	struct list_file file = {0};
	struct ct_log_list *list;
	char why[512];

	if (!list_open(&paths, &file, why, sizeof why)) {
		log_line(LOG_ERROR, "LogList: %s", why);
		return NULL;
	}
	list = file.list;
	file.list = NULL;
	list_close(&file);
	return list;
}

static enum ct_policy policy_of(enum conf_policy policy)
{
	switch (policy) {
	case CONF_POLICY_TWO_LOGS: return CT_POLICY_TWO_LOGS;
	case CONF_POLICY_APPLE: return CT_POLICY_APPLE;
	case CONF_POLICY_CHROME: break;
	}
	return CT_POLICY_CHROME;
}

static enum distrust_kind kind_of(enum conf_distrust_kind kind)
{
	switch (kind) {
	case CONF_DISTRUST_KEY_ID: return DISTRUST_ISSUER_KEY_ID;
	case CONF_DISTRUST_SPKI: return DISTRUST_ISSUER_SPKI;
	case CONF_DISTRUST_CERTIFICATE: return DISTRUST_CERTIFICATE;
	case CONF_DISTRUST_SERIAL: break;
	}
	return DISTRUST_SERIAL_OF_SPKI;
}

static struct octets octets_of(const struct conf_octets *from)
{
	struct octets octets = {.size = from->size};

	memcpy(octets.bytes, from->bytes, sizeof octets.bytes);
	return octets;
}

/* NULL: no memory. */
static struct distrust *distrusted_by(const struct conf *conf)
{
	struct distrust *entries = calloc(conf->n_distrusted + 1, sizeof *entries);

	for (size_t i = 0; entries != NULL && i < conf->n_distrusted; i++) {
		const struct conf_distrust *from = &conf->distrusted[i];

		entries[i] = (struct distrust){kind_of(from->kind), octets_of(&from->id),
			octets_of(&from->serial), from->text};
	}
	return entries;
}

/* NULL: no memory. */
static struct pin *pins_of(const struct conf *conf)
{
	struct pin *pins = calloc(conf->n_pins + 1, sizeof *pins);

	for (size_t i = 0; pins != NULL && i < conf->n_pins; i++)
		memcpy(pins[i].sha256, conf->pins[i].sha256.bytes, sizeof pins[i].sha256);
	return pins;
}

static bool load_trust(struct ground *ground, struct accepted_before *accepted_before)
{
	const struct conf *conf = ground->conf;
	struct trust_params params = {
		.anchors_path = conf->trust_anchors,
		.list = load_log_list(conf),
		.policy = policy_of(conf->policy),
		.n_distrusted = conf->n_distrusted,
		.accepted_before = accepted_before,
	};
	char why[512] = "out of memory";

	if (params.list == NULL)
		return false;
	params.distrusted = ground->distrusted = distrusted_by(conf);
	ground->pins = pins_of(conf);
	if (params.distrusted != NULL && ground->pins != NULL)
		ground->trust = trust_new(&params, why, sizeof why);
	else
		ct_log_list_free(params.list);
	if (ground->trust == NULL)
		log_line(LOG_ERROR, "TrustAnchors: %s", why);
	return ground->trust != NULL;
}

static bool post_quantum_can_be(const struct conf *conf)
{
	if (conf->post_quantum != CONF_POST_QUANTUM_REQUIRE || tls_knows_post_quantum())
		return true;
	log_line(LOG_ERROR,
		"PostQuantum: require: the GnuTLS here (%s) does not know X25519MLKEM768; "
		"\"prefer\" takes it when it does",
		tls_library_version());
	return false;
}

static bool is_built_in(const struct conf *conf)
{
	if (HAVE_DNSTAP || conf->dnstap_socket == NULL)
		return true;
	log_line(LOG_ERROR, "DnstapSocket: %s: this program was built without dnstap",
		conf->dnstap_socket);
	return false;
}

struct ground *ground_of(struct conf *conf, struct accepted_before *accepted_before)
{
	struct ground *ground = conf != NULL ? calloc(1, sizeof *ground) : NULL;

	if (ground == NULL) {
		if (conf != NULL)
			log_line(LOG_ERROR, "out of memory");
		conf_free(conf);
		return NULL;
	}
	ground->references = 1;
	ground->conf = conf;
	if (post_quantum_can_be(conf) && is_built_in(conf) &&
		load_trust(ground, accepted_before))
		return ground;
	ground_unref(ground);
	return NULL;
}

struct ground *ground_renew(
	const struct ground *present, struct accepted_before *accepted_before)
{
	struct ground *ground = ground_of(conf_ref(present->conf), accepted_before);

	if (ground == NULL || ct_log_list_timestamp_ms(trust_log_list(ground->trust)) >=
				      ct_log_list_timestamp_ms(trust_log_list(present->trust)))
		return ground;
	log_line(LOG_ERROR, "%s: LogList: older than the list in use", ground->conf->log_list);
	ground_unref(ground);
	return NULL;
}

struct ground *ground_ref(struct ground *ground)
{
	atomic_fetch_add(&ground->references, 1);
	return ground;
}

void ground_unref(struct ground *ground)
{
	if (ground == NULL || atomic_fetch_sub(&ground->references, 1) > 1)
		return;
	trust_free(ground->trust);
	free(ground->distrusted);
	free(ground->pins);
	conf_free(ground->conf);
	free(ground);
}
