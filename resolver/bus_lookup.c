/* SPDX-License-Identifier: MIT */
/* Lookups for programs on the bus; a program that leaves the bus ends its own. */
#include "resolver/bus_inside.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKUPS_MAX = 256, LOOKUPS_MAX_OF_ONE = 64 };

struct bus_lookup {
	struct list node;
	struct bus *bus;
	sd_bus_message *call;
	enum resolve_kind kind;
	struct resolving *resolving;
};

static void lookup_free(struct bus_lookup *lookup)
{
	list_remove(&lookup->node);
	lookup->bus->n_lookups--;
	sd_bus_message_unref(lookup->call);
	free(lookup);
}

static int reply_found(const struct bus_lookup *lookup, const struct resolve_end *end)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(lookup->call, &reply);

	if (r >= 0)
		r = bus_reply_append(reply, lookup->kind, end);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int reply_why(const struct bus_lookup *lookup, const struct resolve_end *end)
{
	char name[96], why[1024];

	resolve_why(end, why, sizeof why);
	return sd_bus_reply_method_errorf(
		lookup->call, bus_error_name(end, name, sizeof name), "%s", why);
}

static void on_done(void *owner, const struct resolve_end *end)
{
	struct bus_lookup *lookup = owner;
	int r = end->err == RESOLVE_OK ? reply_found(lookup, end) : reply_why(lookup, end);

	/* It was too large, or there was no memory. */
	if (r < 0)
		sd_bus_reply_method_errno(lookup->call, r, NULL);
	bus_touch(lookup->bus);
	lookup_free(lookup);
}

static size_t lookups_of(struct bus *bus, const char *sender)
{
	size_t n = 0;

	for (struct list *l = bus->lookups.next; l != &bus->lookups; l = l->next) {
		const struct bus_lookup *one = container_of(l, struct bus_lookup, node);

		n += strcmp(sender, sd_bus_message_get_sender(one->call)) == 0;
	}
	return n;
}

/* The reply comes later, but for an error. */
static int begin(struct bus *bus, sd_bus_message *call, const struct resolve_request *request,
	sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(call);
	struct bus_lookup *lookup;

	if (sender == NULL)
		return -EACCES; /* there is a bus between us and everybody */
	if (bus->n_lookups == LOOKUPS_MAX || lookups_of(bus, sender) == LOOKUPS_MAX_OF_ONE)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
			"Too many lookups are under way already");
	lookup = calloc(1, sizeof *lookup);
	if (lookup == NULL)
		return -ENOMEM;
	lookup->bus = bus;
	lookup->kind = request->kind;
	lookup->resolving = resolve(bus->front->resolver, request, on_done, lookup);
	if (lookup->resolving == NULL) {
		free(lookup);
		return -ENOMEM;
	}
	lookup->call = sd_bus_message_ref(call);
	list_append(&bus->lookups, &lookup->node);
	bus->n_lookups++;
	return 1;
}

void bus_lookups_cancel(struct bus *bus, const char *sender)
{
	for (struct list *l = bus->lookups.next, *next = l->next; l != &bus->lookups;
		l = next, next = l->next) {
		struct bus_lookup *one = container_of(l, struct bus_lookup, node);

		if (sender != NULL && strcmp(sender, sd_bus_message_get_sender(one->call)) != 0)
			continue;
		resolving_cancel(one->resolving);
		lookup_free(one);
	}
}

static int read_hostname(sd_bus_message *call, struct resolve_request *ret)
{
	*ret = (struct resolve_request){.kind = RESOLVE_HOSTNAME};
	return sd_bus_message_read(
		call, "isit", &ret->interface, &ret->name, &ret->family, &ret->flags);
}

/* A lookup that may be NetworkManager's check of a link's connectivity: nobody but root has its
 * way with that, so the lookup begins when it is known whose it is. */
static void on_told(struct permission *permission, const sd_bus_error *refusal)
{
	struct bus *bus = permission->bus;
	sd_bus_message *call = permission->call;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct resolve_request request;
	int r = sd_bus_message_rewind(call, true);

	if (r >= 0)
		r = read_hostname(call, &request);
	if (r >= 0 && refusal == NULL)
		portal_check(bus->front->facts->portal, request.interface, request.name);
	if (r >= 0)
		r = begin(bus, call, &request, &error);
	if (r < 0)
		sd_bus_reply_method_errno(call, r, &error);
	sd_bus_error_free(&error);
	bus_touch(bus);
	free(permission);
}

static bool asks_whose_it_is(struct bus *bus, sd_bus_message *call)
{
	struct permission *permission = calloc(1, sizeof *permission);
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (permission == NULL)
		return false;
	permission->told = on_told;
	if (permission_ask(permission, bus, call, NULL, &error) >= 0)
		return true;
	sd_bus_error_free(&error);
	free(permission);
	return false;
}

int bus_resolve_hostname(sd_bus_message *call, void *owner, sd_bus_error *error)
{
	struct bus *bus = owner;
	struct resolve_request request;
	int r = read_hostname(call, &request);

	if (r < 0)
		return r;
	if (request.interface > 0 && bus->front->facts->snapshot->conf->portal_check &&
		asks_whose_it_is(bus, call))
		return 1;
	return begin(bus, call, &request, error);
}

int bus_resolve_address(sd_bus_message *call, void *bus, sd_bus_error *error)
{
	struct resolve_request request = {.kind = RESOLVE_ADDRESS};
	const void *bytes;
	size_t size;
	int r = sd_bus_message_read(call, "ii", &request.interface, &request.family);

	if (r >= 0)
		r = sd_bus_message_read_array(call, 'y', &bytes, &size);
	if (r >= 0)
		r = sd_bus_message_read(call, "t", &request.flags);
	if (r < 0)
		return r;
	if (request.family != AF_INET && request.family != AF_INET6)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
			"Unknown address family %i", request.family);
	if (size != (request.family == AF_INET ? 4 : 16))
		return sd_bus_error_set(
			error, SD_BUS_ERROR_INVALID_ARGS, "Invalid address size");
	request.address.size = (uint8_t)size;
	memcpy(request.address.bytes, bytes, size);
	return begin(bus, call, &request, error);
}

int bus_resolve_record(sd_bus_message *call, void *bus, sd_bus_error *error)
{
	struct resolve_request request = {.kind = RESOLVE_RECORD};
	int r = sd_bus_message_read(call, "isqqt", &request.interface, &request.name,
		&request.class, &request.rrtype, &request.flags);

	return r < 0 ? r : begin(bus, call, &request, error);
}

int bus_resolve_service(sd_bus_message *call, void *bus, sd_bus_error *error)
{
	struct resolve_request request = {.kind = RESOLVE_SERVICE};
	int r = sd_bus_message_read(call, "isssit", &request.interface, &request.name,
		&request.type, &request.domain, &request.family, &request.flags);

	return r < 0 ? r : begin(bus, call, &request, error);
}
