/* SPDX-License-Identifier: MIT */
/* org.freedesktop.LogControl1(5): how much is logged. */
#include "resolver/bus_inside.h"
#include "resolver/log.h"
#include <stdlib.h>
#include <string.h>

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

static int set_level(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *value, void *owner, sd_bus_error *error)
{
	const char *word;
	int r = sd_bus_message_read(value, "s", &word);

	(void)connection, (void)path, (void)interface, (void)property, (void)owner;
	if (r < 0)
		return r;
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

static int set_target(sd_bus *connection, const char *path, const char *interface,
	const char *property, sd_bus_message *value, void *owner, sd_bus_error *error)
{
	(void)connection, (void)path, (void)interface, (void)property, (void)value, (void)owner;
	return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
		"The log is standard error, and goes where the service manager has it go");
}

/* To change them is for root, and the daemon's own user: so it is without a flag that says
 * otherwise. For that sd-bus asks the bus who it is, and waits; nowhere else is that done. */
static const sd_bus_vtable VTABLE[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get, set_level, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get, set_target, 0, 0),
	SD_BUS_PROPERTY("SyslogIdentifier", "s", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END,
};

int bus_log_add(struct bus *bus)
{
	return sd_bus_add_object_vtable(bus->connection, NULL, "/org/freedesktop/LogControl1",
		"org.freedesktop.LogControl1", VTABLE, bus);
}
