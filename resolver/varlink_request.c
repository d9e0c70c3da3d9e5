/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_request.h"
#include "resolver/message.h"
#include <string.h>

enum { TYPE_MD = 3, TYPE_MF = 4, TYPE_TKEY = 249, TYPE_TSIG = 250, TYPE_MAILB = 253 };
enum { TYPE_MAILA = 254 };

/* What they have in common. */
struct common {
	int64_t interface, flags, family, class, type;
	struct varlink_bytes address;
};

#define INTERFACE(in)                                                                          \
	{                                                                                      \
		"ifindex", VARLINK_INT, false, 0, INT32_MAX, .number = &(in)->interface        \
	}
#define FLAGS(in)                                                                              \
	{                                                                                      \
		"flags", VARLINK_INT, false, 0, INT64_MAX, .number = &(in)->flags              \
	}
#define FAMILY(in, required)                                                                   \
	{                                                                                      \
		"family", VARLINK_INT, required, 0, INT32_MAX, .number = &(in)->family         \
	}

static const char *read_hostname(
	const struct varlink_call *call, struct common *in, struct resolve_request *request)
{
	const struct varlink_parameter table[] = {
		{"name", VARLINK_STRING, true, .string = &request->name}, FAMILY(in, false),
		FLAGS(in), INTERFACE(in)};

	return varlink_parameters_read(call, table, sizeof table / sizeof *table);
}

static const char *read_address(const struct varlink_call *call, struct common *in)
{
	const struct varlink_parameter table[] = {FAMILY(in, true),
		{"address", VARLINK_BYTES, true, .bytes = &in->address}, FLAGS(in),
		INTERFACE(in)};

	return varlink_parameters_read(call, table, sizeof table / sizeof *table);
}

static const char *read_record(
	const struct varlink_call *call, struct common *in, struct resolve_request *request)
{
	const struct varlink_parameter table[] = {
		{"name", VARLINK_STRING, true, .string = &request->name},
		{"class", VARLINK_INT, false, 0, UINT16_MAX, .number = &in->class},
		{"type", VARLINK_INT, true, 0, UINT16_MAX, .number = &in->type}, FLAGS(in),
		INTERFACE(in)};

	return varlink_parameters_read(call, table, sizeof table / sizeof *table);
}

/* An instance has a type, and a type begins with '_' (RFC 6763 section 4.1). */
static const char *read_service(
	const struct varlink_call *call, struct common *in, struct resolve_request *request)
{
	const struct varlink_parameter table[] = {
		{"name", VARLINK_STRING, false, .string = &request->name},
		{"type", VARLINK_STRING, false, .string = &request->type},
		{"domain", VARLINK_STRING, true, .string = &request->domain}, FAMILY(in, false),
		FLAGS(in), INTERFACE(in)};
	const char *wrong = varlink_parameters_read(call, table, sizeof table / sizeof *table);

	if (wrong == NULL && request->type[0] != '_' &&
		(request->type[0] != '\0' || request->name[0] != '\0'))
		wrong = "type";
	return wrong;
}

static const char *type_error(int64_t type)
{
	switch (type) {
	case TYPE_AXFR:
	case TYPE_IXFR: return "io.systemd.Resolve.ZoneTransfersNotPermitted";
	case TYPE_MD:
	case TYPE_MF:
	case TYPE_MAILA:
	case TYPE_MAILB: return "io.systemd.Resolve.ResourceRecordTypeObsolete";
	case 0:
	case TYPE_OPT:
	case TYPE_TKEY:
	case TYPE_TSIG: return "io.systemd.Resolve.ResourceRecordTypeInvalidForQuery";
	default: return NULL;
	}
}

/* False: it does not fit the family. */
static bool take_address(const struct common *in, struct address *ret)
{
	size_t size = in->family == AF_INET ? 4 : 16;

	if (in->address.size != size)
		return false;
	ret->size = (uint8_t)size;
	memcpy(ret->bytes, in->address.bytes, size);
	return true;
}

static const char *read_kind(
	const struct varlink_call *call, struct common *in, struct resolve_request *request)
{
	switch (request->kind) {
	case RESOLVE_HOSTNAME: return read_hostname(call, in, request);
	case RESOLVE_ADDRESS: return read_address(call, in);
	case RESOLVE_RECORD: return read_record(call, in, request);
	case RESOLVE_SERVICE: break;
	}
	return read_service(call, in, request);
}

bool varlink_request_read(const struct varlink_call *call, enum resolve_kind kind,
	struct resolve_request *ret, struct varlink_fault *ret_fault)
{
	struct common in = {.class = CLASS_IN, .family = AF_UNSPEC};
	struct resolve_request request = {.kind = kind, .name = "", .type = "", .domain = ""};
	struct varlink_fault fault = {.parameter = read_kind(call, &in, &request)};

	if (fault.parameter == NULL && in.family != AF_INET && in.family != AF_INET6 &&
		(in.family != AF_UNSPEC || kind == RESOLVE_ADDRESS))
		fault.parameter = "family";
	else if (fault.parameter == NULL && kind == RESOLVE_RECORD)
		fault.error = type_error(in.type);
	else if (fault.parameter == NULL && kind == RESOLVE_ADDRESS &&
		 !take_address(&in, &request.address))
		fault.error = "io.systemd.Resolve.BadAddressSize";
	if (fault.error != NULL || fault.parameter != NULL) {
		*ret_fault = fault;
		return false;
	}
	request.interface = (int)in.interface;
	request.flags = (uint64_t)in.flags;
	request.family = (int)in.family;
	request.class = (uint16_t)in.class;
	request.rrtype = (uint16_t)in.type;
	*ret = request;
	return true;
}
