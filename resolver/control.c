/* SPDX-License-Identifier: MIT */
#include "resolver/control.h"
#include "resolver/control_client.h"
#include "resolver/control_socket.h"
#include "resolver/log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_PAUSE_MS = 100, ACCEPT_MAX = 16 };

struct listening {
	struct control *control;
	int fd;
	struct control_file file;
	struct watch watch;
	struct timer pause; /* not watched until it fires */
};

struct control {
	struct control_clients clients;
	struct listening *now, *next; /* NULL: none; next == now: the same goes on */
};

static void listening_free(struct listening *listening)
{
	if (listening == NULL)
		return;
	watch_stop(&listening->watch);
	timer_done(&listening->pause);
	control_file_remove(&listening->file);
	close(listening->fd);
	free(listening);
}

/* All who wait, as far as that goes: somebody who connects all the time would else keep others
 * waiting for as many turns of the loop as there is room in the queue. */
static void on_accept(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct listening *listening = container_of(watch, struct listening, watch);
	int fd = 0;

	for (unsigned n = 0; n < ACCEPT_MAX && fd >= 0; n++) {
		fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			control_client_accept(&listening->control->clients, fd);
	}
	if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED &&
		timer_start(listening->control->clients.facts->loop, &listening->pause,
			ACCEPT_PAUSE_MS))
		watch_stop(watch); /* else it would stay ready, and the loop spin */
}

static void on_pause_over(struct timer *timer)
{
	struct listening *listening = container_of(timer, struct listening, pause);
	struct loop *loop = listening->control->clients.facts->loop;

	if (!watch_start(loop, &listening->watch, listening->fd, LOOP_READ))
		(void)!timer_start(loop, timer, ACCEPT_PAUSE_MS);
}

static struct listening *listen_at(
	struct control *control, const char *path, char *why, size_t size)
{
	struct listening *listening = calloc(1, sizeof *listening);

	if (listening == NULL)
		return NULL;
	listening->control = control;
	listening->watch.ready = on_accept;
	listening->pause.fired = on_pause_over;
	listening->fd = control_file_listen(path, &listening->file, why, size);
	if (listening->fd < 0) {
		free(listening);
		return NULL;
	}
	if (watch_start(
		    control->clients.facts->loop, &listening->watch, listening->fd, LOOP_READ))
		return listening;
	listening_free(listening);
	return NULL;
}

bool control_prepare(struct control *control, const struct conf *conf)
{
	const char *path = conf->control_socket;
	char why[160] = "out of memory";

	control->next = NULL;
	if (path == NULL)
		return true;
	if (control->now != NULL && strcmp(control->now->file.path, path) == 0 &&
		control_file_is_there(&control->now->file)) {
		control->next = control->now;
		return true;
	}
	control->next = listen_at(control, path, why, sizeof why);
	if (control->next != NULL)
		return true;
	log_line(conf->control_socket_given ? LOG_ERROR : LOG_WARNING,
		"event=control socket=%s why=\"cannot listen there: %s\"", path, why);
	return !conf->control_socket_given;
}

void control_commit(struct control *control)
{
	if (control->next != control->now)
		listening_free(control->now);
	control->now = control->next;
}

void control_abandon(struct control *control)
{
	if (control->next != control->now)
		listening_free(control->next);
	control->next = control->now;
}

struct control *control_new(const struct facts *facts, struct taps *taps)
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL)
		return NULL;
	control->clients = (struct control_clients){.facts = facts, .taps = taps};
	list_init(&control->clients.list);
	return control;
}

void control_free(struct control *control)
{
	if (control == NULL)
		return;
	listening_free(control->now);
	control_client_close_all(&control->clients);
	free(control);
}
