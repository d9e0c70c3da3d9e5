/* SPDX-License-Identifier: MIT */
/* Lookups of io.systemd.Resolve, which nss-resolve and resolvectl(1) ask for. */
#include "resolver/message.h"
#include "resolver/varlink_methods.h"
#include "resolver/varlink_record.h"
#include "resolver/varlink_request.h"
#include <string.h>

/* An array to which nothing was added for want of memory is none. */
static json_t *whole(json_t *array, size_t n)
{
	if (json_array_size(array) == n)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *addresses_json(const struct resolved_address *addresses, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_pack("{s:i, s:o}", "family", addresses[i].family, "address",
			varlink_bytes_json(
				addresses[i].address.bytes, addresses[i].address.size));

		if (one != NULL && addresses[i].interface != 0)
			json_object_set_new(
				one, "ifindex", json_integer(addresses[i].interface));
		json_array_append_new(array, one);
	}
	return whole(array, n);
}

static json_t *names_json(const struct resolve_end *end)
{
	json_t *array = json_array();

	for (size_t i = 0; i < end->n_names; i++) {
		json_t *one = json_pack("{s:s}", "name", end->names[i].name);

		if (one != NULL && end->names[i].interface != 0)
			json_object_set_new(
				one, "ifindex", json_integer(end->names[i].interface));
		json_array_append_new(array, one);
	}
	return whole(array, end->n_names);
}

static json_t *records_json(const struct resolve_end *end)
{
	json_t *array = json_array();

	for (size_t i = 0; i < end->n_records; i++) {
		const struct resolved_record *record = &end->records[i];

		json_array_append_new(
			array, varlink_record((struct wire){record->rr, record->size},
				       record->interface));
	}
	return whole(array, end->n_records);
}

static json_t *services_json(const struct resolve_end *end)
{
	json_t *array = json_array();

	for (size_t i = 0; i < end->n_services; i++) {
		const struct resolved_service *service = &end->services[i];
		json_t *one = json_pack("{s:i, s:i, s:i, s:s}", "priority", service->priority,
			"weight", service->weight, "port", service->port, "hostname",
			service->host);

		if (service->canonical != NULL)
			json_object_set_new(
				one, "canonicalName", json_string(service->canonical));
		if (service->n_addresses > 0)
			json_object_set_new(one, "addresses",
				addresses_json(service->addresses, service->n_addresses));
		json_array_append_new(array, one);
	}
	return whole(array, end->n_services);
}

static json_t *service_json(const struct resolve_end *end)
{
	json_t *canonical = json_pack(
		"{s:s, s:s}", "type", end->service_type, "domain", end->service_domain);
	json_t *txt = json_array(), *object;

	if (end->service_name != NULL && end->service_name[0] != '\0')
		json_object_set_new(canonical, "name", json_string(end->service_name));
	object =
		json_pack("{s:o, s:o}", "services", services_json(end), "canonical", canonical);
	for (size_t i = 0; i < end->n_txts; i++)
		json_array_append_new(txt, varlink_text(end->txts[i].data, end->txts[i].size));
	if (end->n_txts > 0)
		json_object_set_new(object, "txt", whole(txt, end->n_txts));
	else
		json_decref(txt);
	return object;
}

static json_t *answer_json(enum resolve_kind kind, const struct resolve_end *end)
{
	json_t *object = NULL;

	switch (kind) {
	case RESOLVE_HOSTNAME:
		object = json_pack("{s:o, s:s}", "addresses",
			addresses_json(end->addresses, end->n_addresses), "name",
			end->canonical);
		break;
	case RESOLVE_ADDRESS: object = json_pack("{s:o}", "names", names_json(end)); break;
	case RESOLVE_RECORD: object = json_pack("{s:o}", "rrs", records_json(end)); break;
	case RESOLVE_SERVICE: object = service_json(end); break;
	}
	if (object != NULL)
		json_object_set_new(object, "flags", json_integer((json_int_t)end->flags));
	return object;
}

static json_t *with_ede(json_t *parameters, const struct resolve_end *end)
{
	if (end->ede < 0)
		return parameters;
	json_object_set_new(parameters, "extendedDNSErrorCode", json_integer(end->ede));
	if (end->ede_text != NULL && end->ede_text[0] != '\0')
		json_object_set_new(
			parameters, "extendedDNSErrorMessage", json_string(end->ede_text));
	return parameters;
}

static const char *dnssec_result(int ede)
{
	switch (ede) {
	case EDE_SIGNATURE_EXPIRED: return "signature-expired";
	case EDE_DNSKEY_MISSING: return "missing-key";
	case EDE_RRSIGS_MISSING: return "no-signature";
	default: return "invalid";
	}
}

/* None of those after which nss-resolve leaves it to others is among them: a refusal is an
 * answer. */
static const char *const ERRORS[] = {
	[RESOLVE_NO_NAME_SERVERS] = "io.systemd.Resolve.NoNameServers",
	[RESOLVE_NO_SUCH_RR] = "io.systemd.Resolve.NoSuchResourceRecord",
	[RESOLVE_TIMED_OUT] = "io.systemd.Resolve.QueryTimedOut",
	[RESOLVE_DNS_ERROR] = "io.systemd.Resolve.DNSError",
	[RESOLVE_DNSSEC_FAILED] = "io.systemd.Resolve.DNSSECValidationFailed",
	[RESOLVE_NO_SOURCE] = "io.systemd.Resolve.NoSource",
	[RESOLVE_TYPE_UNSUPPORTED] = "io.systemd.Resolve.ResourceRecordTypeUnsupported",
	[RESOLVE_CNAME_LOOP] = "io.systemd.Resolve.CNAMELoop",
	[RESOLVE_INVALID_REPLY] = "io.systemd.Resolve.InvalidReply",
	[RESOLVE_NO_SUCH_SERVICE] = "io.systemd.Resolve.ServiceNotProvided",
	[RESOLVE_NOMEM] = "io.systemd.Resolve.QueryAborted",
};

/* Which parameter is to blame; NULL: none. */
static const char *blamed(enum resolve_kind kind, enum resolve_err err)
{
	if (err == RESOLVE_INVALID_NAME)
		return kind == RESOLVE_SERVICE ? "domain" : "name";
	if (err == RESOLVE_INVALID_FLAGS)
		return "flags";
	if (err == RESOLVE_INVALID_FAMILY)
		return "family";
	return err == RESOLVE_NO_SUCH_LINK ? "ifindex" : NULL;
}

static void fail(struct varlink_client *client, const struct resolve_end *end)
{
	const char *parameter = blamed(client->kind, end->err);
	json_t *parameters = NULL;

	if (parameter != NULL) {
		varlink_fail_parameter(client, parameter);
		return;
	}
	if (end->err == RESOLVE_DNS_ERROR)
		parameters = json_pack(
			"{s:i, s:s}", "rcode", (int)end->rcode, "queryString", end->name);
	else if (end->err == RESOLVE_DNSSEC_FAILED)
		parameters = json_pack("{s:s}", "result", dnssec_result(end->ede));
	if (parameters != NULL)
		parameters = with_ede(parameters, end);
	else
		parameters = json_object();
	varlink_fail(client, ERRORS[end->err], parameters);
}

static void on_done(void *owner, const struct resolve_end *end)
{
	struct varlink_client *client = owner;

	client->resolving = NULL;
	if (end->err != RESOLVE_OK)
		fail(client, end);
	else
		varlink_reply(client, answer_json(client->kind, end));
}

static void forget(struct varlink_client *client)
{
	resolving_cancel(client->resolving);
	client->resolving = NULL;
}

static void look_up(
	struct varlink_client *client, const struct varlink_call *call, enum resolve_kind kind)
{
	struct resolve_request request;
	struct varlink_fault fault;

	if (!varlink_request_read(call, kind, &request, &fault)) {
		if (fault.error != NULL)
			varlink_fail(client, fault.error, json_object());
		else
			varlink_fail_parameter(client, fault.parameter);
		return;
	}
	client->kind = kind;
	varlink_begin(client, forget);
	if (client->channel.closed)
		return;
	client->resolving =
		resolve(client->service->front->resolver, &request, on_done, client);
	if (client->resolving == NULL)
		varlink_reply(client, NULL);
}

void varlink_resolve_hostname(struct varlink_client *client, const struct varlink_call *call)
{
	look_up(client, call, RESOLVE_HOSTNAME);
}

void varlink_resolve_address(struct varlink_client *client, const struct varlink_call *call)
{
	look_up(client, call, RESOLVE_ADDRESS);
}

void varlink_resolve_record(struct varlink_client *client, const struct varlink_call *call)
{
	look_up(client, call, RESOLVE_RECORD);
}

void varlink_resolve_service(struct varlink_client *client, const struct varlink_call *call)
{
	look_up(client, call, RESOLVE_SERVICE);
}
