/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_methods.h"
#include "resolver/log.h"
#include <string.h>

bool varlink_no_parameters(struct varlink_client *client, const struct varlink_call *call)
{
	bool interactive;
	const struct varlink_parameter table[] = {
		{"allowInteractiveAuthentication", VARLINK_BOOL, .truth = &interactive}};
	const char *wrong = varlink_parameters_read(call, table, sizeof table / sizeof *table);

	if (wrong != NULL)
		varlink_fail_parameter(client, wrong);
	return wrong == NULL;
}

static bool is_on(const struct varlink_interface *interface, bool monitor)
{
	return monitor ? interface->monitor : interface->main;
}

static void get_info(struct varlink_client *client, const struct varlink_call *call)
{
	const char *wrong = varlink_parameters_read(call, NULL, 0);
	const struct varlink_interface *interface;
	json_t *names = json_array();

	if (wrong != NULL) {
		json_decref(names);
		varlink_fail_parameter(client, wrong);
		return;
	}
	for (size_t i = 0; (interface = varlink_interface_at(i)) != NULL; i++)
		if (is_on(interface, client->monitor))
			json_array_append_new(names, json_string(interface->name));
	varlink_reply(client,
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", "ctresolved", "product",
			"ctresolved", "version", VERSION, "url", "", "interfaces", names));
}

static void fail_interface(struct varlink_client *client, const char *name, size_t size)
{
	varlink_fail(client, "org.varlink.service.InterfaceNotFound",
		json_pack("{s:s%}", "interface", name, size));
}

static void get_description(struct varlink_client *client, const struct varlink_call *call)
{
	const char *name = NULL;
	const struct varlink_parameter table[] = {
		{"interface", VARLINK_STRING, true, .string = &name}};
	const char *wrong = varlink_parameters_read(call, table, sizeof table / sizeof *table);
	const struct varlink_interface *interface;

	if (wrong != NULL) {
		varlink_fail_parameter(client, wrong);
		return;
	}
	for (size_t i = 0; (interface = varlink_interface_at(i)) != NULL; i++) {
		if (!is_on(interface, client->monitor) || strcmp(interface->name, name) != 0)
			continue;
		varlink_reply(
			client, json_pack("{s:s}", "description", interface->description));
		return;
	}
	fail_interface(client, name, strlen(name));
}

static void ping(struct varlink_client *client, const struct varlink_call *call)
{
	if (varlink_no_parameters(client, call))
		varlink_reply(client, json_object());
}

static void get_log_level(struct varlink_client *client, const struct varlink_call *call)
{
	if (varlink_no_parameters(client, call))
		varlink_reply(client, json_pack("{s:i}", "level", (int)log_level()));
}

static void set_log_level(struct varlink_client *client, const struct varlink_call *call)
{
	int64_t level = log_level();
	const struct varlink_parameter table[] = {
		{"level", VARLINK_INT, false, 0, 7, .number = &level}};
	const char *wrong = varlink_parameters_read(call, table, sizeof table / sizeof *table);

	if (wrong != NULL) {
		varlink_fail_parameter(client, wrong);
		return;
	}
	log_set_level((unsigned)level);
	varlink_reply(client, json_object());
}

#define RESOLVE(name) "io.systemd.Resolve." name
#define MONITOR(name) "io.systemd.Resolve.Monitor." name
#define SERVICE(name) "io.systemd.service." name
#define VARLINK(name) "org.varlink.service." name

/* Everybody may see what there is, as by D-Bus; who asks for what is root's to see. */
static const struct varlink_method METHODS[] = {
	{RESOLVE("ResolveHostname"), .run = varlink_resolve_hostname},
	{RESOLVE("ResolveAddress"), .run = varlink_resolve_address},
	{RESOLVE("ResolveService"), .run = varlink_resolve_service},
	{RESOLVE("ResolveRecord"), .run = varlink_resolve_record},
	{RESOLVE("DumpDNSConfiguration"), .run = varlink_dump_configuration},
	{MONITOR("SubscribeQueryResults"), true, true, true, varlink_subscribe_results},
	{MONITOR("SubscribeDNSConfiguration"), true, true, false,
		varlink_subscribe_configuration},
	{MONITOR("DumpCache"), true, false, true, varlink_dump_cache},
	{MONITOR("DumpServerState"), true, false, false, varlink_dump_servers},
	{MONITOR("DumpStatistics"), true, false, false, varlink_dump_statistics},
	{MONITOR("ResetStatistics"), true, false, true, varlink_reset_statistics},
	{MONITOR("FlushCaches"), true, false, true, varlink_flush_caches},
	{MONITOR("ResetServerFeatures"), true, false, true, varlink_reset_servers},
	{SERVICE("Ping"), .run = ping},
	{SERVICE("GetLogLevel"), .run = get_log_level},
	{SERVICE("SetLogLevel"), .privileged = true, .run = set_log_level},
	{VARLINK("GetInfo"), .run = get_info},
	{VARLINK("GetInterfaceDescription"), .run = get_description},
	{VARLINK("GetInfo"), true, .run = get_info},
	{VARLINK("GetInterfaceDescription"), true, .run = get_description},
};

const struct varlink_method *varlink_method_find(bool monitor, const char *name)
{
	for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
		if (METHODS[i].monitor == monitor && strcmp(METHODS[i].name, name) == 0)
			return &METHODS[i];
	return NULL;
}

void varlink_fail_method(struct varlink_client *client, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t size = dot != NULL ? (size_t)(dot - name) : strlen(name);
	const struct varlink_interface *interface;

	for (size_t i = 0; (interface = varlink_interface_at(i)) != NULL; i++) {
		if (!is_on(interface, client->monitor) || strlen(interface->name) != size ||
			memcmp(interface->name, name, size) != 0)
			continue;
		varlink_fail(client, "org.varlink.service.MethodNotFound",
			json_pack("{s:s}", "method", name));
		return;
	}
	fail_interface(client, name, size);
}
