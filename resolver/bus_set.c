/* SPDX-License-Identifier: MIT */
/*
 * What others want of a link. The caller is asked who it is, then it is read, and kept: also
 * what will not be followed, since who asks for it is no judge of it, and would give up.
 */
#include "resolver/bus_inside.h"
#include "resolver/bus_settings.h"
#include "resolver/log.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct setting {
	struct permission permission;
	const struct bus_setting *what;
	int index;
	bool of_manager;            /* the index stands in front of what is set */
	struct link_settings asked; /* its part alone is of interest */
};

static int may_set(const struct bus *bus, int index, sd_bus_error *error)
{
	const struct link *link = links_find(bus->front->links, index);

	switch (links_may_set(bus->front->links, index)) {
	case LINKS_OK: return 0;
	case LINKS_NOMEM: return -ENOMEM;
	case LINKS_NO_SUCH_LINK: return bus_no_such_link(index, error);
	case LINKS_BUSY: break;
	}
	/* resolvectl(1) then turns to systemd-networkd. */
	return sd_bus_error_setf(error, BUS_NAME ".LinkBusy",
		link->loopback ? "Link %s is loopback device." : "Link %s is managed.",
		link->name);
}

/* Of an order that is not followed, it is told once. */
static void tell(const struct setting *setting, const char *name)
{
	const struct permission *permission = &setting->permission;
	enum link_mode tls = setting->asked.dns_over_tls;

	log_line(LOG_INFO, "event=link-set link=%s what=%s by=%s uid=%" PRIu32, name,
		setting->what->word, sd_bus_message_get_sender(permission->call),
		permission->uid);
	if ((tls != LINK_MODE_NO && tls != LINK_MODE_PARTLY) || permission->bus->told_of_tls)
		return;
	permission->bus->told_of_tls = true;
	log_line(LOG_NOTICE,
		"event=link-set link=%s what=dns-over-tls why=\"kept, but not followed: "
		"nothing is sent in plain text because somebody asks for it\"",
		name);
}

/* Only now: lists may be long, and whoever may not set them has us do nothing with them. */
static int read_asked(struct setting *setting, sd_bus_error *error)
{
	sd_bus_message *call = setting->permission.call;
	int index, r = sd_bus_message_rewind(call, true);

	if (r >= 0 && setting->of_manager)
		r = sd_bus_message_read(call, "i", &index);
	return r >= 0 ? setting->what->read(call, &setting->asked, error) : r;
}

/* The link's settings with that part as it was asked for. */
static int apply(struct setting *setting, sd_bus_error *error)
{
	struct links *links = setting->permission.bus->front->links;
	const struct link *link;
	struct link_settings settings;
	int r = read_asked(setting, error);

	if (r >= 0)
		r = may_set(setting->permission.bus, setting->index, error);
	if (r < 0)
		return r;
	link = links_find(links, setting->index);
	if (!link_settings_copy(&link->settings, &settings))
		return -ENOMEM;
	setting->what->take(&settings, &setting->asked);
	if (!link_settings_same(&link->settings, &settings))
		tell(setting, link->name);
	return links_set(links, setting->index, &settings) == LINKS_OK ? 0 : -ENOMEM;
}

static void on_told(struct permission *permission, const sd_bus_error *refusal)
{
	struct setting *setting = container_of(permission, struct setting, permission);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = 0;

	if (refusal != NULL) {
		sd_bus_reply_method_error(permission->call, refusal);
	} else {
		r = apply(setting, &error);
		/* Who is told so may look at once: in resolv.conf, or by asking. */
		links_settle(permission->bus->front->links);
		if (r < 0)
			sd_bus_reply_method_errno(permission->call, r, &error);
		else
			sd_bus_reply_method_return(permission->call, NULL);
	}
	sd_bus_error_free(&error);
	bus_touch(permission->bus);
	link_settings_clear(&setting->asked);
	free(setting);
}

/* The reply comes later, but for an error. */
static int set(struct bus *bus, int index, bool of_manager, const char *method,
	sd_bus_message *call, sd_bus_error *error)
{
	struct setting *setting;
	int r = may_set(bus, index, error);

	if (r < 0)
		return r;
	setting = calloc(1, sizeof *setting);
	if (setting == NULL)
		return -ENOMEM;
	setting->what = bus_setting_find(method);
	setting->index = index;
	setting->of_manager = of_manager;
	setting->permission.told = on_told;
	r = setting->what != NULL ? permission_ask(&setting->permission, bus, call,
					    setting->what->action, error)
				  : -ENOENT;
	if (r >= 0)
		return 1;
	free(setting);
	return r;
}

int bus_set_link(sd_bus_message *call, void *bus, sd_bus_error *error)
{
	const char *method = sd_bus_message_get_member(call);
	int index, r = sd_bus_message_read(call, "i", &index);

	/* SetLinkDNS() of one is SetDNS() of the other. */
	if (r < 0)
		return r;
	return set(bus, index, true,
		strcmp(method, "RevertLink") == 0 ? "Revert" : method + strlen("SetLink"), call,
		error);
}

int bus_link_set(sd_bus_message *call, void *owner, sd_bus_error *error)
{
	const struct bus_link *found = owner;
	const char *method = sd_bus_message_get_member(call);

	return set(found->bus, found->link->index, false,
		strcmp(method, "Revert") == 0 ? method : method + strlen("Set"), call, error);
}
