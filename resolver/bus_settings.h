/* SPDX-License-Identifier: MIT */
#pragma once
/* What can be set of a link, as it comes in messages. */
#include "resolver/link.h"
#include <systemd/sd-bus.h>

struct bus_setting {
	const char *method; /* "DNS" of SetDNS() and SetLinkDNS() */
	const char *word;   /* for the log */
	const char *action; /* of polkit */
	/* The arguments of the call, behind the link's index, into the settings that are theirs
	 * in *asked, which is zeroed before, and to be cleared, also when this fails: with
	 * InvalidArgs or LimitsExceeded. */
	int (*read)(sd_bus_message *call, struct link_settings *asked, sd_bus_error *error);
	/* Puts those settings, and no others, into *settings; *asked gets what was there. */
	void (*take)(struct link_settings *settings, struct link_settings *asked);
};

/* NULL: nothing is called so. */
const struct bus_setting *bus_setting_find(const char *method);
