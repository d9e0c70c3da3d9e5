/* SPDX-License-Identifier: MIT */
#include "resolver/filewatch.h"
#include "transport/list.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NAMES_MAX = 8, SETTLE_MS = 200 };

struct filewatch {
	struct loop *loop;
	struct filewatch_owner *owner;
	struct watch watch;
	struct timer settle;
	int fd;                              /* -1: nothing is watched */
	char names[NAMES_MAX][NAME_MAX + 1]; /* without their folders */
	size_t n;
};

static void on_settled(struct timer *timer)
{
	struct filewatch *watch = container_of(timer, struct filewatch, settle);

	watch->owner->changed(watch->owner);
}

static bool is_ours(const struct filewatch *watch, const char *name)
{
	for (size_t i = 0; i < watch->n; i++)
		if (strcmp(watch->names[i], name) == 0)
			return true;
	return false;
}

/* Without a name: of a file itself, or of a folder that is gone. */
static bool is_of_interest(const struct filewatch *watch, const struct inotify_event *event)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0)
		return true;
	return event->len > 0 ? is_ours(watch, event->name)
			      : (event->mask & IN_CLOSE_WRITE) != 0;
}

static void on_ready(struct watch *ready, [[maybe_unused]] unsigned events)
{
	struct filewatch *watch = container_of(ready, struct filewatch, watch);
	_Alignas(struct inotify_event) char bytes[4096];
	ssize_t size;

	while ((size = read(watch->fd, bytes, sizeof bytes)) > 0) {
		const struct inotify_event *event;

		for (char *at = bytes; at < bytes + size; at += sizeof *event + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			if (!is_of_interest(watch, event))
				continue;
			if (!timer_start(watch->loop, &watch->settle, SETTLE_MS))
				watch->owner->changed(watch->owner);
		}
	}
}

struct filewatch *filewatch_new(struct loop *loop, struct filewatch_owner *owner)
{
	struct filewatch *watch = calloc(1, sizeof *watch);

	if (watch == NULL)
		return NULL;
	*watch = (struct filewatch){.loop = loop,
		.owner = owner,
		.watch.ready = on_ready,
		.settle.fired = on_settled,
		.fd = -1};
	return watch;
}

static void stop(struct filewatch *watch)
{
	watch_stop(&watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	watch->n = 0;
}

void filewatch_free(struct filewatch *watch)
{
	if (watch == NULL)
		return;
	stop(watch);
	timer_done(&watch->settle);
	free(watch);
}

/* Its folder is what is watched: a file that is replaced is another file. And itself, where
 * another file system's file is mounted over it, as containers do: the folder hears nothing of
 * that one. */
static bool add(struct filewatch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO;
	char folder[PATH_MAX];

	if (watch->owner->removed)
		events |= IN_DELETE | IN_MOVED_FROM;
	if (slash == NULL || watch->n == NAMES_MAX || strlen(slash) > NAME_MAX ||
		strlen(path) >= sizeof folder) {
		errno = EINVAL;
		return false;
	}
	snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
	memcpy(watch->names[watch->n++], slash + 1, strlen(slash));
	(void)!inotify_add_watch(watch->fd, path, IN_CLOSE_WRITE);
	return inotify_add_watch(watch->fd, folder, events) >= 0;
}

/* Of a symbolic link both ends: either may be replaced. */
static bool add_both(struct filewatch *watch, const char *path)
{
	char real[PATH_MAX];

	return add(watch, path) &&
	       (realpath(path, real) == NULL || strcmp(real, path) == 0 || add(watch, real));
}

bool filewatch_set(struct filewatch *watch, const char *const *paths, size_t n)
{
	bool good;

	stop(watch);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	good = watch->fd >= 0;
	for (size_t i = 0; good && i < n; i++)
		good = paths[i] == NULL || add_both(watch, paths[i]);
	good = good && watch_start(watch->loop, &watch->watch, watch->fd, LOOP_READ);
	if (!good) {
		int error = errno;

		stop(watch);
		errno = error;
	}
	return good;
}
