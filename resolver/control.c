/* SPDX-License-Identifier: MIT */
#include "resolver/control.h"
#include "resolver/control_client.h"
#include "resolver/listening.h"
#include "resolver/log.h"
#include <stdlib.h>
#include <string.h>

enum { BACKLOG = 16 };

struct door {
	struct listening listening;
	struct control *control;
};

struct control {
	struct control_clients clients;
	struct door *now, *next; /* NULL: none; next == now: the same goes on */
};

static void on_connected(struct listening *listening, int fd)
{
	struct door *door = container_of(listening, struct door, listening);

	control_client_accept(&door->control->clients, fd);
}

static void door_free(struct door *door)
{
	if (door == NULL)
		return;
	listening_stop(&door->listening);
	free(door);
}

static struct door *door_at(struct control *control, const char *path, char *why, size_t size)
{
	struct door *door = calloc(1, sizeof *door);

	if (door == NULL)
		return NULL;
	door->control = control;
	door->listening.connected = on_connected;
	door->listening.backlog = BACKLOG;
	if (listening_at(&door->listening, control->clients.facts->loop, path, why, size))
		return door;
	free(door);
	return NULL;
}

bool control_prepare(struct control *control, const struct conf *conf)
{
	const char *path = conf->control_socket;
	char why[160] = "out of memory";

	control->next = NULL;
	if (path == NULL)
		return true;
	if (control->now != NULL && strcmp(control->now->listening.file.path, path) == 0 &&
		control_file_is_there(&control->now->listening.file)) {
		control->next = control->now;
		return true;
	}
	control->next = door_at(control, path, why, sizeof why);
	if (control->next != NULL)
		return true;
	log_line(conf->control_socket_given ? LOG_ERROR : LOG_WARNING,
		"event=control socket=%s why=\"cannot listen there: %s\"", path, why);
	return !conf->control_socket_given;
}

void control_commit(struct control *control)
{
	if (control->next != control->now)
		door_free(control->now);
	control->now = control->next;
}

void control_abandon(struct control *control)
{
	if (control->next != control->now)
		door_free(control->next);
	control->next = control->now;
}

struct control *control_new(const struct facts *facts, struct taps *taps)
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL)
		return NULL;
	control_clients_init(&control->clients, facts, taps);
	return control;
}

void control_free(struct control *control)
{
	if (control == NULL)
		return;
	door_free(control->now);
	channels_close_all(&control->clients.channels);
	free(control);
}
