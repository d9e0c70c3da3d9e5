/* SPDX-License-Identifier: MIT */
/* What is followed of what others say of links. */
#include "conf/set.h"
#include "conf/value.h"
#include <fnmatch.h>
#include <net/if.h>
#include <string.h>

static bool read_word(const char *text, size_t size, enum conf_link_servers *ret)
{
	static const char *const WORDS[] = {[CONF_LINK_SERVERS_IGNORE] = "ignore",
		[CONF_LINK_SERVERS_DOT] = "dot",
		[CONF_LINK_SERVERS_PLAIN] = "allow-plain"};

	for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
		if (strlen(WORDS[i]) == size && memcmp(text, WORDS[i], size) == 0) {
			*ret = (enum conf_link_servers)i;
			return true;
		}
	return false;
}

/* WORD, or LINK:WORD */
static bool link_servers(struct reading *reading, const char *text, size_t size)
{
	const char *colon = memrchr(text, ':', size);
	const char *word = colon != NULL ? colon + 1 : text;
	struct conf *conf = reading->conf;
	enum conf_link_servers servers;
	struct conf_link link;

	if (!read_word(word, size - (size_t)(word - text), &servers))
		return mistake(reading,
			"%.*s: not ignore, dot, LINK:ignore, LINK:dot or LINK:allow-plain",
			(int)size, text);
	if (colon == NULL && servers == CONF_LINK_SERVERS_PLAIN)
		return mistake(reading,
			"allow-plain: plain text is only for links that are named: "
			"LINK:allow-plain");
	if (colon == NULL) {
		conf->link_servers = servers;
		return true;
	}
	if (colon == text || colon - text >= IF_NAMESIZE)
		return mistake(reading, "%.*s: not the name of a link, or a pattern for such",
			(int)(colon - text), text);
	if (strspn(text, "*?") >= (size_t)(colon - text) && servers == CONF_LINK_SERVERS_PLAIN)
		return mistake(reading,
			"%.*s: that is every link; plain text is only for those that are "
			"named",
			(int)size, text);
	if (conf->n_links == LINKS_MAX)
		return mistake(reading, "more than %d links", LINKS_MAX);
	link = (struct conf_link){keep_text(reading, text, (size_t)(colon - text)), servers};
	conf->links[conf->n_links++] = link;
	return link.pattern != NULL;
}

SETTER(link_servers)
{
	if (*value == '\0') {
		value = option->standard;
		reading->conf->n_links = 0;
	}
	return each_word(reading, value, link_servers);
}

SETTER(portal)
{
	if (*value == '\0')
		value = option->standard;
	if (!value_in_list(value, option->values))
		return mistake(reading, "%s: not one of %s", value, option->values);
	reading->conf->portal_asks = strcmp(value, "ask") == 0;
	return true;
}

SETTER(portal_check)
{
	return read_bool(reading, option, value, &reading->conf->portal_check);
}

static bool add_portal_host(struct reading *reading, const char *text, size_t size)
{
	return add_domain(reading, text, size, reading->conf->portal_hosts,
		&reading->conf->n_portal_hosts, PORTAL_HOSTS_MAX);
}

SETTER(portal_hosts)
{
	(void)option;
	if (*value == '\0')
		reading->conf->n_portal_hosts = 0;
	return each_word(reading, value, add_portal_host);
}

enum conf_link_servers conf_link_servers(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_links; i++)
		if (fnmatch(conf->links[i].pattern, name, 0) == 0)
			return conf->links[i].servers;
	return conf->link_servers;
}
