/* SPDX-License-Identifier: MIT */
/* org.freedesktop.LogControl1(5): how much is logged. */
#include "resolver/bus_inside.h"
#include "resolver/log.h"
#include <stdlib.h>
#include <string.h>

#define BUS_LOG_PATH "/org/freedesktop/LogControl1"
#define BUS_LOG_INTERFACE "org.freedesktop.LogControl1"

/* The priorities of syslog(3). */
static const char *const LEVELS[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

static int get(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *reply, void *owner, sd_bus_error *error)
{
	const char *text = "ctresolved-resolved";

	(void)connection, (void)path, (void)interface, (void)owner, (void)error;
	if (strcmp(property, "LogLevel") == 0)
		text = LEVELS[log_level()];
	else if (strcmp(property, "LogTarget") == 0)
		text = getenv("JOURNAL_STREAM") != NULL ? "journal" : "console";
	return sd_bus_message_append(reply, "s", text);
}

static int set(sd_bus_message *call, sd_bus_error *error)
{
	const char *interface, *property, *word;
	int r = sd_bus_message_read(call, "ssv", &interface, &property, "s", &word);

	if (r < 0)
		return r;
	if (strcmp(property, "LogLevel") != 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
			"The log is standard error, and goes where the service manager has it "
			"go");
	for (unsigned i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
		if (strcmp(LEVELS[i], word) != 0)
			continue;
		log_line(LOG_NOTICE, "event=log level=%s", word);
		log_set_level(i);
		return 0;
	}
	return sd_bus_error_setf(
		error, SD_BUS_ERROR_INVALID_ARGS, "Invalid log level '%.32s'", word);
}

static void on_told(struct permission *permission, const sd_bus_error *refusal)
{
	sd_bus_message *call = permission->call;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = 0;

	if (refusal != NULL) {
		sd_bus_reply_method_error(call, refusal);
	} else {
		r = sd_bus_message_rewind(call, true);
		if (r >= 0)
			r = set(call, &error);
		if (r < 0)
			sd_bus_reply_method_errno(call, r, &error);
		else
			sd_bus_reply_method_return(call, NULL);
	}
	sd_bus_error_free(&error);
	bus_touch(permission->bus);
	free(permission);
}

static bool is_writable(sd_bus_message *call)
{
	const char *interface, *property;

	return sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Set") &&
	       sd_bus_message_read(call, "ss", &interface, &property) >= 0 &&
	       sd_bus_message_rewind(call, true) >= 0 &&
	       strcmp(interface, BUS_LOG_INTERFACE) == 0 &&
	       (strcmp(property, "LogLevel") == 0 || strcmp(property, "LogTarget") == 0);
}

/* All that is sent to the object comes by here first. To change something is for root, and the
 * daemon's own user. sd-bus would find out who it is, too; but it would wait for the bus, and
 * all queries with it. */
static int on_message(sd_bus_message *call, void *bus, sd_bus_error *error)
{
	struct permission *permission;
	int r;

	if (!is_writable(call))
		return 0;
	permission = calloc(1, sizeof *permission);
	if (permission == NULL)
		return -ENOMEM;
	permission->told = on_told;
	r = permission_ask(permission, bus, call, NULL, error);
	if (r >= 0)
		return 1;
	free(permission);
	return r;
}

/* Not reached: see on_message(). */
static int set_not(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *value, void *owner, sd_bus_error *error)
{
	(void)connection, (void)path, (void)interface, (void)property, (void)value, (void)owner;
	(void)error;
	return -EACCES;
}

static const sd_bus_vtable VTABLE[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get, set_not, 0, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get, set_not, 0, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("SyslogIdentifier", "s", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int bus_log_add(struct bus *bus)
{
	int r = sd_bus_add_object(bus->connection, NULL, BUS_LOG_PATH, on_message, bus);

	if (r >= 0)
		r = sd_bus_add_object_vtable(
			bus->connection, NULL, BUS_LOG_PATH, BUS_LOG_INTERFACE, VTABLE, bus);
	return r;
}
