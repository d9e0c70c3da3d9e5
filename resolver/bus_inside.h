/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the files bus*.c have in common; no other file includes it. Functions that return an int
 * do so as those of sd-bus: a negative errno, or that of sd_bus_error_set().
 */
#include "resolver/bus.h"
#include <errno.h>
#include <systemd/sd-bus.h>

#define BUS_PATH "/org/freedesktop/resolve1"
#define BUS_LINK_PATH BUS_PATH "/link"
#define BUS_NAME "org.freedesktop.resolve1"

/* A link's object, while a message to it is dealt with. */
struct bus_link {
	struct bus *bus;
	const struct link *link;
};

/* As it is told on the bus. */
struct bus_server {
	int interface; /* 0: none */
	uint8_t address[16];
	size_t size; /* 4 or 16; 0: there is no server */
	uint16_t port;
	const char *name; /* NULL: none */
};

struct bus {
	const struct front *front;
	sd_bus *connection; /* NULL: none */
	struct watch watch;
	struct timer timer; /* sd-bus has something to do then */
	struct timer retry; /* to connect, or to be given the name */
	struct turn turn;
	bool freed;
	bool announced;   /* the name is ours; or why it is not has been told */
	bool complained;  /* why there is no connection has been told */
	bool told_of_tls; /* that nothing is sent in plain text, whatever is asked for */
	bool changed;     /* what is to be had there: to be told */
	struct links_observer observer;
	struct bus_link found;
	struct bus_server current; /* as it was told last; its name is not looked at */
	struct list lookups, permissions;
	size_t n_lookups, n_permissions;
};

/* Something was sent, or put off: sd-bus gets its turn. */
void bus_touch(struct bus *bus);

/* Each adds its objects to a new connection. */
int bus_manager_add(struct bus *bus);
int bus_link_add(struct bus *bus);
int bus_log_add(struct bus *bus);

/* The object of a link that there is; *ret is to be freed. */
int bus_link_path(int index, char **ret);
/* Fails: there is no such link. */
int bus_no_such_link(int index, sd_bus_error *error);

/* Methods that change a link: of Manager, with its index in front, and of Link. */
int bus_set_link(sd_bus_message *call, void *bus, sd_bus_error *error);
int bus_link_set(sd_bus_message *call, void *found, sd_bus_error *error);

/* Resolve…() of Manager. */
int bus_resolve_hostname(sd_bus_message *call, void *bus, sd_bus_error *error);
int bus_resolve_address(sd_bus_message *call, void *bus, sd_bus_error *error);
int bus_resolve_record(sd_bus_message *call, void *bus, sd_bus_error *error);
int bus_resolve_service(sd_bus_message *call, void *bus, sd_bus_error *error);
/* Those of `sender` end without a reply; NULL: all. */
void bus_lookups_cancel(struct bus *bus, const char *sender);

/* Appends what was found, in the form of the method that asked. */
int bus_reply_append(
	sd_bus_message *reply, enum resolve_kind kind, const struct resolve_end *end);
/* The name of the error that it is on the bus. `room` is for one that is put together. */
const char *bus_error_name(const struct resolve_end *end, char *room, size_t size);

/* Appends a struct: [interface,] family, address [, port, name]. */
int bus_append_server(sd_bus_message *message, const struct bus_server *server,
	bool with_interface, bool extended);
/* Appends an array of them: those that are configured, with or without links' own. */
int bus_append_servers(sd_bus_message *message, const struct bus *bus, bool extended);
int bus_append_fallback(sd_bus_message *message, const struct bus *bus, bool extended);
int bus_append_link_servers(sd_bus_message *message, const struct link *link, bool extended);
/* The one of these upstreams that is in use; size 0: none. Its name is borrowed from the set,
 * which may be NULL. */
struct bus_server bus_current_server(const struct upstream_set *set);

/* May the caller do that? Embedded in who waits to know. */
struct permission {
	struct list node;
	struct bus *bus;
	sd_bus_message *call; /* kept until told() */
	sd_bus_slot *slot;
	const char *action; /* of polkit; borrowed. NULL: nobody is let but root, and us */
	bool polkit_asked;
	uint32_t uid; /* the caller's, once it is known */
	/* Once, later. refusal NULL: it may. Else that is what to reply, unless the caller is
	 * gone. */
	void (*told)(struct permission *, const sd_bus_error *refusal);
};

/* Fails at once when the caller asks for too much at a time: then told() is not called. */
int permission_ask(struct permission *permission, struct bus *bus, sd_bus_message *call,
	const char *action, sd_bus_error *error);
/* Those of `sender` are refused; NULL: all. A lookup that waited for one may begin by that: to
 * be called before bus_lookups_cancel(). */
void permissions_cancel(struct bus *bus, const char *sender);
