/* SPDX-License-Identifier: MIT */
#include "resolver/listening.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_PAUSE_MS = 100, ACCEPT_MAX = 16, PASSED_FIRST = 3, PASSED_MAX = 64 };

/* All who wait, as far as that goes: somebody who connects all the time would else keep others
 * waiting for as many turns of the loop as there is room in the queue. */
static void on_accept(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct listening *listening = container_of(watch, struct listening, watch);
	int fd = 0;

	for (unsigned n = 0; n < ACCEPT_MAX && fd >= 0; n++) {
		fd = accept4(listening->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			listening->connected(listening, fd);
	}
	if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED &&
		timer_start(listening->loop, &listening->pause, ACCEPT_PAUSE_MS))
		watch_stop(watch); /* else it would stay ready, and the loop spin */
}

static void on_pause_over(struct timer *timer)
{
	struct listening *listening = container_of(timer, struct listening, pause);

	if (!watch_start(listening->loop, &listening->watch, listening->fd, LOOP_READ))
		(void)!timer_start(listening->loop, timer, ACCEPT_PAUSE_MS);
}

static bool begin(struct listening *listening, struct loop *loop)
{
	listening->loop = loop;
	listening->watch.ready = on_accept;
	listening->pause.fired = on_pause_over;
	if (watch_start(loop, &listening->watch, listening->fd, LOOP_READ))
		return true;
	listening_stop(listening);
	return false;
}

bool listening_at(struct listening *listening, struct loop *loop, const char *path, char *why,
	size_t size)
{
	listening->passed = false;
	listening->fd =
		control_file_listen(path, listening->backlog, &listening->file, why, size);
	if (listening->fd < 0)
		return false;
	why[0] = '\0';
	strncat(why, "out of memory", size - 1);
	return begin(listening, loop);
}

bool listening_on(struct listening *listening, struct loop *loop, int fd)
{
	int listens = 0;
	socklen_t size = sizeof listens;

	listening->passed = true;
	listening->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
		fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return begin(listening, loop);
	listening_stop(listening);
	return false;
}

void listening_stop(struct listening *listening)
{
	if (listening->fd < 0)
		return;
	watch_stop(&listening->watch);
	timer_done(&listening->pause);
	if (!listening->passed)
		control_file_remove(&listening->file);
	close(listening->fd);
	listening->fd = -1;
}

/* A number of the environment; -1: it is none. */
static long number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	long number;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' ? number : -1;
}

int listening_passed(const char *name)
{
	const char *names = getenv("LISTEN_FDNAMES");
	long n = number_of("LISTEN_FDS");

	if (names == NULL || number_of("LISTEN_PID") != (long)getpid() || n > PASSED_MAX)
		return -1;
	for (int fd = PASSED_FIRST; fd < PASSED_FIRST + n; fd++) {
		size_t size = strcspn(names, ":");

		if (size == strlen(name) && memcmp(names, name, size) == 0)
			return fd;
		if (names[size] == '\0')
			return -1;
		names += size + 1;
	}
	return -1;
}
