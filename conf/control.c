/* SPDX-License-Identifier: MIT */
/* The keys of [Control]. */
#include "conf/set.h"
#include "conf/value.h"
#include <string.h>
#include <sys/un.h>

/* An absolute path that fits a socket's address. "": NULL. */
static bool read_socket(struct reading *reading, const char *value, const char **ret)
{
	*ret = NULL;
	if (*value == '\0')
		return true;
	if (*value != '/')
		return mistake(reading, "%s: not an absolute path", value);
	if (strlen(value) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return mistake(reading, "%s: too long for a socket", value);
	*ret = keep_text(reading, value, strlen(value));
	return *ret != NULL;
}

SETTER(control_socket)
{
	struct conf *conf = reading->conf;

	conf->control_socket_given = *value != '\0' && reading->line > 0;
	if (*value == '\0')
		value = option->standard;
	return read_socket(
		reading, strcmp(value, "no") == 0 ? "" : value, &conf->control_socket);
}

SETTER(metrics_listen)
{
	struct conf_address *address = &reading->conf->metrics_listen;

	(void)option;
	*address = (struct conf_address){0};
	if (*value == '\0' ||
		(value_address(value, strlen(value), address) && address->port != 0))
		return true;
	*address = (struct conf_address){0};
	return mistake(reading, "%s: not ADDRESS:PORT (IPv6: [ADDRESS]:PORT)", value);
}

SETTER(metrics_allow_remote)
{
	if (*value == '\0')
		value = option->standard;
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	reading->conf->metrics_allow_remote = strcmp(value, "yes") == 0;
	return true;
}

SETTER(dnstap_socket)
{
	(void)option;
	return read_socket(reading, value, &reading->conf->dnstap_socket);
}
