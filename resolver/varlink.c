/* SPDX-License-Identifier: MIT */
#include "resolver/varlink.h"
#include "resolver/listening.h"
#include "resolver/log.h"
#include "resolver/varlink_methods.h"
#include <stdlib.h>

enum { BACKLOG = 128 };

struct door {
	struct listening listening;
	struct varlink *varlink;
	bool monitor;
};

struct varlink {
	struct varlink_service service;
	struct door main, monitor;
	struct links_observer observer;
};

static void on_connected(struct listening *listening, int fd)
{
	struct door *door = container_of(listening, struct door, listening);

	varlink_client_accept(&door->varlink->service, fd, door->monitor);
}

static void on_links_changed(struct links_observer *observer)
{
	struct varlink *varlink = container_of(observer, struct varlink, observer);

	varlink_configuration_changed(&varlink->service);
}

/* passed: by which name systemd passes the socket. */
static void door_open(
	struct door *door, struct varlink *varlink, const char *passed, const char *path)
{
	struct loop *loop = varlink->service.front->loop;
	int fd = listening_passed(passed);
	char why[160] = "what systemd has passed is none";
	bool good;

	door->varlink = varlink;
	door->listening.connected = on_connected;
	door->listening.backlog = BACKLOG;
	if (fd >= 0)
		good = listening_on(&door->listening, loop, fd);
	else
		good = listening_at(&door->listening, loop, path, why, sizeof why);
	if (!good)
		log_line(LOG_WARNING, "event=varlink socket=%s why=\"cannot listen there: %s\"",
			path, why);
}

struct varlink *varlink_new(const struct front *front)
{
	struct varlink *varlink = calloc(1, sizeof *varlink);

	if (varlink == NULL)
		return NULL;
	varlink_service_init(&varlink->service, front);
	varlink->monitor.monitor = true;
	door_open(&varlink->main, varlink, "varlink", STANDIN_FOLDER "/io.systemd.Resolve");
	door_open(&varlink->monitor, varlink, "varlink-monitor",
		STANDIN_FOLDER "/io.systemd.Resolve.Monitor");
	varlink->observer.changed = on_links_changed;
	links_observe(front->links, &varlink->observer);
	return varlink;
}

void varlink_configure(struct varlink *varlink)
{
	varlink_configuration_changed(&varlink->service);
}

void varlink_free(struct varlink *varlink)
{
	if (varlink == NULL)
		return;
	links_unobserve(&varlink->observer);
	listening_stop(&varlink->main.listening);
	listening_stop(&varlink->monitor.listening);
	channels_close_all(&varlink->service.channels);
	free(varlink);
}
