/* SPDX-License-Identifier: MIT */
#include "resolver/snapshot.h"
#include "resolver/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DOT = 853 }; /* RFC 7858 section 3.1 */

struct list_paths snapshot_list_paths(const struct conf *conf)
{
	return (struct list_paths){
		conf->log_list, conf->log_list_signature, conf->log_list_key};
}

static struct ct_log_list *load_log_list(const struct conf *conf)
{
	struct list_paths paths = snapshot_list_paths(conf);
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

struct endpoint snapshot_endpoint(
	const struct snapshot *snapshot, const struct conf_upstream *upstream)
{
	struct endpoint endpoint = {
		.subject = {.address_size = upstream->address.size,
			.name = upstream->name,
			.pins = snapshot->pins + upstream->first_pin,
			.n_pins = upstream->n_pins},
		.port = upstream->address.port != 0 ? upstream->address.port : PORT_DOT,
		.text = upstream->text,
	};

	memcpy(endpoint.subject.address, upstream->address.bytes,
		sizeof endpoint.subject.address);
	return endpoint;
}

static struct upstream_set *make_set(
	struct snapshot *snapshot, const struct surroundings *around)
{
	const struct conf *conf = snapshot->conf;
	struct endpoint *endpoints = calloc(conf->n_upstreams, sizeof *endpoints);
	struct set_params params = {
		.trust = snapshot->trust,
		.clock = around->clock,
		.trace = around->trace,
		.budget_ms = conf->query_timeout_ms,
	};
	struct upstream_set *set = NULL;

	if (endpoints != NULL) {
		for (size_t i = 0; i < conf->n_upstreams; i++)
			endpoints[i] = snapshot_endpoint(snapshot, &conf->upstreams[i]);
		set = set_new(around->loop, endpoints, conf->n_upstreams, &params);
	}
	if (set == NULL)
		log_line(LOG_ERROR, "out of memory");
	return set;
}

struct conf *snapshot_conf(const char *path)
{
	struct conf_errors errors = {0};
	struct conf *conf = conf_load(path, &errors);

	for (size_t i = 0; i < errors.count; i++)
		log_line(LOG_ERROR, "%s", errors.lines[i]);
	if (conf == NULL && errors.count == 0)
		log_line(LOG_ERROR, "out of memory");
	conf_errors_clear(&errors);
	return conf;
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

static bool load_trust(struct snapshot *snapshot, struct accepted_before *accepted_before)
{
	const struct conf *conf = snapshot->conf;
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
	params.distrusted = snapshot->distrusted = distrusted_by(conf);
	snapshot->pins = pins_of(conf);
	if (params.distrusted != NULL && snapshot->pins != NULL)
		snapshot->trust = trust_new(&params, why, sizeof why);
	else
		ct_log_list_free(params.list);
	if (snapshot->trust == NULL)
		log_line(LOG_ERROR, "TrustAnchors: %s", why);
	return snapshot->trust != NULL;
}

struct snapshot *snapshot_of(struct conf *conf, struct accepted_before *accepted_before)
{
	struct snapshot *snapshot = conf != NULL ? calloc(1, sizeof *snapshot) : NULL;

	if (snapshot == NULL) {
		if (conf != NULL)
			log_line(LOG_ERROR, "out of memory");
		conf_free(conf);
		return NULL;
	}
	snapshot->references = 1;
	snapshot->conf = conf;
	if (load_trust(snapshot, accepted_before))
		return snapshot;
	snapshot_unref(snapshot);
	return NULL;
}

static struct snapshot *complete(struct snapshot *snapshot, const struct surroundings *around)
{
	snapshot->set = make_set(snapshot, around);
	if (snapshot->set != NULL)
		return snapshot;
	snapshot_unref(snapshot);
	return NULL;
}

struct snapshot *snapshot_load(const struct surroundings *around, const char *path)
{
	struct snapshot *snapshot = snapshot_of(snapshot_conf(path), around->accepted_before);

	return snapshot != NULL ? complete(snapshot, around) : NULL;
}

struct snapshot *snapshot_renew(
	const struct surroundings *around, const struct snapshot *present)
{
	struct snapshot *snapshot =
		snapshot_of(conf_ref(present->conf), around->accepted_before);

	if (snapshot == NULL)
		return NULL;
	if (ct_log_list_timestamp_ms(trust_log_list(snapshot->trust)) >=
		ct_log_list_timestamp_ms(trust_log_list(present->trust)))
		return complete(snapshot, around);
	log_line(
		LOG_ERROR, "%s: LogList: older than the list in use", snapshot->conf->log_list);
	snapshot_unref(snapshot);
	return NULL;
}

bool snapshot_check(const char *path)
{
	struct snapshot *snapshot = snapshot_of(snapshot_conf(path), NULL);

	snapshot_unref(snapshot);
	return snapshot != NULL;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	snapshot->references++;
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot == NULL || --snapshot->references > 0)
		return;
	set_free(snapshot->set);
	trust_free(snapshot->trust);
	free(snapshot->distrusted);
	free(snapshot->pins);
	conf_free(snapshot->conf);
	free(snapshot);
}
