/* SPDX-License-Identifier: MIT */
/* What a lookup has found, and what went wrong with it, in resolve1's form. */
#include "resolver/bus_inside.h"
#include "resolver/presentation.h"
#include <stdio.h>

static int append_addresses(
	sd_bus_message *reply, const struct resolved_address *addresses, size_t n)
{
	int r = sd_bus_message_open_container(reply, 'a', "(iiay)");

	for (size_t i = 0; i < n && r >= 0; i++) {
		const struct resolved_address *one = &addresses[i];

		r = sd_bus_message_open_container(reply, 'r', "iiay");
		if (r >= 0)
			r = sd_bus_message_append(reply, "ii", one->interface, one->family);
		if (r >= 0)
			r = sd_bus_message_append_array(
				reply, 'y', one->address.bytes, one->address.size);
		if (r >= 0)
			r = sd_bus_message_close_container(reply);
	}
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static int append_names(sd_bus_message *reply, const struct resolve_end *end)
{
	int r = sd_bus_message_open_container(reply, 'a', "(is)");

	for (size_t i = 0; i < end->n_names && r >= 0; i++)
		r = sd_bus_message_append(
			reply, "(is)", end->names[i].interface, end->names[i].name);
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static int append_records(sd_bus_message *reply, const struct resolve_end *end)
{
	int r = sd_bus_message_open_container(reply, 'a', "(iqqay)");

	for (size_t i = 0; i < end->n_records && r >= 0; i++) {
		const struct resolved_record *one = &end->records[i];

		r = sd_bus_message_open_container(reply, 'r', "iqqay");
		if (r >= 0)
			r = sd_bus_message_append(
				reply, "iqq", one->interface, one->class, one->type);
		if (r >= 0)
			r = sd_bus_message_append_array(reply, 'y', one->rr, one->size);
		if (r >= 0)
			r = sd_bus_message_close_container(reply);
	}
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static const char *text(const char *said)
{
	return said != NULL ? said : "";
}

static int append_services(sd_bus_message *reply, const struct resolve_end *end)
{
	int r = sd_bus_message_open_container(reply, 'a', "(qqqsa(iiay)s)");

	for (size_t i = 0; i < end->n_services && r >= 0; i++) {
		const struct resolved_service *one = &end->services[i];

		r = sd_bus_message_open_container(reply, 'r', "qqqsa(iiay)s");
		if (r >= 0)
			r = sd_bus_message_append(reply, "qqqs", one->priority, one->weight,
				one->port, text(one->host));
		if (r >= 0)
			r = append_addresses(reply, one->addresses, one->n_addresses);
		if (r >= 0)
			r = sd_bus_message_append(reply, "s", text(one->canonical));
		if (r >= 0)
			r = sd_bus_message_close_container(reply);
	}
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

static int append_texts(sd_bus_message *reply, const struct resolve_end *end)
{
	int r = sd_bus_message_open_container(reply, 'a', "ay");

	for (size_t i = 0; i < end->n_txts && r >= 0; i++)
		r = sd_bus_message_append_array(
			reply, 'y', end->txts[i].data, end->txts[i].size);
	return r >= 0 ? sd_bus_message_close_container(reply) : r;
}

int bus_reply_append(
	sd_bus_message *reply, enum resolve_kind kind, const struct resolve_end *end)
{
	int r = 0;

	switch (kind) {
	case RESOLVE_HOSTNAME:
		r = append_addresses(reply, end->addresses, end->n_addresses);
		if (r >= 0)
			r = sd_bus_message_append(reply, "s", text(end->canonical));
		break;
	case RESOLVE_ADDRESS: r = append_names(reply, end); break;
	case RESOLVE_RECORD: r = append_records(reply, end); break;
	case RESOLVE_SERVICE:
		r = append_services(reply, end);
		if (r >= 0)
			r = append_texts(reply, end);
		if (r >= 0)
			r = sd_bus_message_append(reply, "sss", text(end->service_name),
				text(end->service_type), text(end->service_domain));
		break;
	}
	return r >= 0 ? sd_bus_message_append(reply, "t", end->flags) : r;
}

static const char *dns_error_name(unsigned rcode, char *room, size_t size)
{
	const char *word = presentation_rcode_name(rcode);

	/* A part of an error's name cannot begin with a digit. */
	if (word != NULL)
		snprintf(room, size, BUS_NAME ".DnsError.%s", word);
	else
		snprintf(room, size, BUS_NAME ".DnsError.RCODE%u", rcode);
	return room;
}

const char *bus_error_name(const struct resolve_end *end, char *room, size_t size)
{
	switch (end->err) {
	case RESOLVE_INVALID_NAME:
	case RESOLVE_INVALID_FLAGS:
	case RESOLVE_INVALID_FAMILY: return SD_BUS_ERROR_INVALID_ARGS;
	case RESOLVE_NO_SUCH_LINK: return BUS_NAME ".NoSuchLink";
	case RESOLVE_NO_NAME_SERVERS: return BUS_NAME ".NoNameServers";
	case RESOLVE_NO_SUCH_RR: return BUS_NAME ".NoSuchRR";
	case RESOLVE_TIMED_OUT: return SD_BUS_ERROR_TIMEOUT;
	case RESOLVE_DNS_ERROR: return dns_error_name(end->rcode, room, size);
	case RESOLVE_DNSSEC_FAILED: return BUS_NAME ".DnssecFailed";
	case RESOLVE_NO_SOURCE: return BUS_NAME ".NoSource";
	case RESOLVE_TYPE_UNSUPPORTED: return BUS_NAME ".ResourceRecordTypeUnsupported";
	case RESOLVE_CNAME_LOOP: return BUS_NAME ".CNameLoop";
	case RESOLVE_INVALID_REPLY: return BUS_NAME ".InvalidReply";
	case RESOLVE_NO_SUCH_SERVICE: return BUS_NAME ".NoSuchService";
	case RESOLVE_NOMEM: return SD_BUS_ERROR_NO_MEMORY;
	case RESOLVE_OK: break;
	}
	return SD_BUS_ERROR_FAILED;
}
