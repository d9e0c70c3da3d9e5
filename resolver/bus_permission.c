/* SPDX-License-Identifier: MIT */
/*
 * Who may change links: root, the daemon's own user, and whom polkit(8) lets. The bus is asked
 * who the caller is without waiting for it (sd_bus_query_sender_privilege() would wait, and all
 * queries with it); of capabilities, which a process has but the bus does not vouch for, it
 * would not know either.
 */
#include "resolver/bus_inside.h"
#include <string.h>
#include <unistd.h>

enum {
	/* Of whom the bus has not told yet who they are; they do not wait for each other. */
	ASKING_MAX = 256,
	WAITING_MAX_OF_CLIENT = 16,
	/* For polkit, which may wait for a person: not root, whoever else does. */
	POLKIT_MAX = 64,
	POLKIT_MAX_OF_USER = 16,
	/* A person types a password meanwhile. */
	DIALOGUE_US = 120 * 1000 * 1000,
};

static const char TOO_MANY[] = "Too many requests wait already";

/* The caller may be gone by now, but its message is here. */
static void end(struct permission *permission, const sd_bus_error *refusal)
{
	sd_bus_message *call = permission->call;

	list_remove(&permission->node);
	permission->bus->n_permissions--;
	permission->slot = sd_bus_slot_unref(permission->slot);
	permission->told(permission, refusal);
	sd_bus_message_unref(call);
}

static void refuse(struct permission *permission, const char *name, const char *text)
{
	const sd_bus_error refusal = SD_BUS_ERROR_MAKE_CONST(name, text);

	end(permission, &refusal);
}

/* No polkit, no permission. */
static void deny(struct permission *permission)
{
	refuse(permission, SD_BUS_ERROR_ACCESS_DENIED, "Permission denied");
}

static int on_polkit(sd_bus_message *reply, void *owner, [[maybe_unused]] sd_bus_error *error)
{
	struct permission *permission = owner;
	int authorized = 0, challenge = 0;

	if (sd_bus_message_is_method_error(reply, NULL) ||
		sd_bus_message_enter_container(reply, 'r', "bba{ss}") <= 0 ||
		sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0)
		deny(permission);
	else if (authorized)
		end(permission, NULL);
	else if (challenge)
		refuse(permission, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
			"Interactive authentication required.");
	else
		deny(permission);
	return 0;
}

static int ask_polkit(struct permission *permission)
{
	sd_bus *connection = permission->bus->connection;
	bool dialogue =
		sd_bus_message_get_allow_interactive_authorization(permission->call) > 0;
	sd_bus_message *question = NULL;
	int r = sd_bus_message_new_method_call(connection, &question,
		"org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
		"org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1,
			"name", "s", sd_bus_message_get_sender(permission->call),
			permission->action, 0, (uint32_t)dialogue, "");
	permission->slot = sd_bus_slot_unref(permission->slot);
	permission->polkit_asked = true;
	if (r >= 0)
		r = sd_bus_call_async(connection, &permission->slot, question, on_polkit,
			permission, dialogue ? DIALOGUE_US : 0);
	sd_bus_message_unref(question);
	return r;
}

static bool is_room(const struct permission *permission)
{
	struct bus *bus = permission->bus;
	size_t all = 0, of_user = 0;

	for (struct list *l = bus->permissions.next; l != &bus->permissions; l = l->next) {
		const struct permission *one = container_of(l, struct permission, node);

		all += one->polkit_asked;
		of_user += one->polkit_asked && one->uid == permission->uid;
	}
	return all < POLKIT_MAX && of_user < POLKIT_MAX_OF_USER;
}

static int on_user(sd_bus_message *reply, void *owner, [[maybe_unused]] sd_bus_error *error)
{
	struct permission *permission = owner;

	if (sd_bus_message_is_method_error(reply, NULL) ||
		sd_bus_message_read(reply, "u", &permission->uid) < 0)
		deny(permission);
	else if (permission->uid == 0 || permission->uid == geteuid())
		end(permission, NULL);
	else if (permission->action != NULL && !is_room(permission))
		refuse(permission, SD_BUS_ERROR_LIMITS_EXCEEDED, TOO_MANY);
	else if (permission->action == NULL || ask_polkit(permission) < 0)
		deny(permission);
	return 0;
}

static size_t waiting_of(struct bus *bus, const char *sender)
{
	size_t n = 0;

	for (struct list *l = bus->permissions.next; l != &bus->permissions; l = l->next) {
		const struct permission *one = container_of(l, struct permission, node);

		n += strcmp(sender, sd_bus_message_get_sender(one->call)) == 0;
	}
	return n;
}

int permission_ask(struct permission *permission, struct bus *bus, sd_bus_message *call,
	const char *action, sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(call);
	int r;

	if (sender == NULL)
		return -EACCES; /* there is a bus between us and everybody */
	if (bus->n_permissions == POLKIT_MAX + ASKING_MAX ||
		waiting_of(bus, sender) == WAITING_MAX_OF_CLIENT)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, TOO_MANY);
	r = sd_bus_call_method_async(bus->connection, &permission->slot, "org.freedesktop.DBus",
		"/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser",
		on_user, permission, "s", sender);
	if (r < 0)
		return r;
	permission->bus = bus;
	permission->call = sd_bus_message_ref(call);
	permission->action = action;
	list_append(&bus->permissions, &permission->node);
	bus->n_permissions++;
	return 0;
}

void permissions_cancel(struct bus *bus, const char *sender)
{
	for (struct list *l = bus->permissions.next, *next = l->next; l != &bus->permissions;
		l = next, next = l->next) {
		struct permission *one = container_of(l, struct permission, node);

		if (sender == NULL || strcmp(sender, sd_bus_message_get_sender(one->call)) == 0)
			deny(one);
	}
}
