/* SPDX-License-Identifier: MIT */
#include "resolver/folderwatch.h"
#include "transport/list.h"
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { MOMENT_MS = 100, AGAIN_MS = 10000, TRIES_MAX = 8 };

struct folderwatch {
	struct loop *loop;
	struct folderwatch_owner *owner;
	struct watch watch;
	struct timer moment;
	bool waiting; /* the moment is not over */
	int fd;
	const char *path;
	size_t watched; /* how much of the path is: all of it, or the folder it will be in */
};

static const uint32_t GONE = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED;

/* The path without its last name. 0: it was the root. */
static size_t parent_of(const char *path, size_t size)
{
	const char *slash = memrchr(path, '/', size);

	return slash == path && size > 1 ? 1 : (size_t)(slash - path);
}

static bool watch_folder(struct folderwatch *watch, size_t size)
{
	uint32_t events = IN_CREATE | IN_MOVED_TO | GONE;
	char folder[PATH_MAX];

	if (size == strlen(watch->path))
		events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | GONE;
	snprintf(folder, sizeof folder, "%.*s", (int)size, watch->path);
	if (inotify_add_watch(
		    watch->fd, folder, (events & ~(uint32_t)IN_IGNORED) | IN_ONLYDIR) < 0)
		return false;
	watch->watched = size;
	return true;
}

/* The deepest folder on the way that is there. Anew after each: the next one may have been made
 * before the watch began. */
static bool arm_once(struct folderwatch *watch)
{
	size_t size = strlen(watch->path);

	while (size > 0 && !watch_folder(watch, size)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return false;
		size = parent_of(watch->path, size);
	}
	return size > 0;
}

static void disarm(struct folderwatch *watch)
{
	watch_stop(&watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	watch->watched = 0;
}

static bool arm(struct folderwatch *watch)
{
	size_t before = SIZE_MAX;

	disarm(watch);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return false;
	for (int tries = 0; tries < TRIES_MAX && watch->watched != before; tries++) {
		before = watch->watched;
		if (!arm_once(watch))
			return false;
	}
	return watch_start(watch->loop, &watch->watch, watch->fd, LOOP_READ);
}

static void on_moment(struct timer *timer)
{
	struct folderwatch *watch = container_of(timer, struct folderwatch, moment);

	watch->waiting = false;
	/* What is not watched to its end may be there now, or what was may be another one. */
	if (watch->watched < strlen(watch->path) && !arm(watch))
		watch->waiting = timer_start(watch->loop, timer, AGAIN_MS);
	watch->owner->changed(watch->owner);
}

/* While the folder is not there: is it about the next name on the way? */
static bool is_next(const struct folderwatch *watch, const char *name)
{
	const char *next = watch->path + watch->watched;

	next += *next == '/';
	return strlen(name) == strcspn(next, "/") && strncmp(name, next, strlen(name)) == 0;
}

static bool is_of_interest(struct folderwatch *watch, const struct inotify_event *event)
{
	if ((event->mask & GONE) != 0) {
		watch->watched = 0; /* to be armed anew */
		return true;
	}
	if ((event->mask & IN_Q_OVERFLOW) != 0 || watch->watched == strlen(watch->path))
		return true;
	return event->len > 0 && is_next(watch, event->name);
}

static void on_ready(struct watch *ready, [[maybe_unused]] unsigned events)
{
	struct folderwatch *watch = container_of(ready, struct folderwatch, watch);
	_Alignas(struct inotify_event) char bytes[4096];
	bool interesting = false;
	ssize_t size;

	while ((size = read(watch->fd, bytes, sizeof bytes)) > 0) {
		const struct inotify_event *event;

		for (char *at = bytes; at < bytes + size; at += sizeof *event + event->len) {
			event = (const struct inotify_event *)(const void *)at;
			interesting |= is_of_interest(watch, event);
		}
	}
	/* Not set anew by each event: then somebody who always writes would never be heard. */
	if (!interesting || watch->waiting)
		return;
	watch->waiting = true;
	if (!timer_start(watch->loop, &watch->moment, MOMENT_MS))
		on_moment(&watch->moment);
}

struct folderwatch *folderwatch_new(
	struct loop *loop, const char *path, struct folderwatch_owner *owner)
{
	struct folderwatch *watch = calloc(1, sizeof *watch);
	int error;

	if (watch == NULL)
		return NULL;
	*watch = (struct folderwatch){.loop = loop,
		.owner = owner,
		.watch.ready = on_ready,
		.moment.fired = on_moment,
		.fd = -1,
		.path = path};
	if (arm(watch))
		return watch;
	error = errno;
	folderwatch_free(watch);
	errno = error;
	return NULL;
}

void folderwatch_free(struct folderwatch *watch)
{
	if (watch == NULL)
		return;
	disarm(watch);
	timer_done(&watch->moment);
	free(watch);
}
