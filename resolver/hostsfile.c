/* SPDX-License-Identifier: MIT */
#include "resolver/hostsfile.h"
#include "resolver/filewatch.h"
#include "resolver/log.h"
#include "transport/list.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read in one turn of the loop: some milliseconds; and how long after it the next
 * comes. (At once would be within the same turn: libuv before 1.46 runs timers until none is
 * due.) */
enum { PIECE = 65536, NEXT_MS = 1 };

struct hostsfile {
	struct loop *loop;
	struct hostsfile_owner *owner;
	struct filewatch *watch;
	struct filewatch_owner watch_owner;
	struct timer next_piece;
	struct hosts *hosts; /* in use */
	struct hosts *next;  /* being read; NULL: nothing is */
	int fd;              /* of it */
	bool too_long;       /* its line, the rest of which is skipped */
	size_t filled;       /* the line that has no end yet */
	char text[PIECE];
};

static void stop_reading(struct hostsfile *file)
{
	timer_stop(&file->next_piece);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	hosts_free(file->next);
	file->next = NULL;
}

static void report(const struct hosts *hosts)
{
	const struct hosts_counts *counts = hosts_counts(hosts);

	if (counts->skipped > 0)
		log_line(LOG_WARNING,
			"event=hosts names=%zu why=\"%zu lines of %s have something that "
			"cannot be used; line %zu is the first\"",
			counts->names, counts->skipped, HOSTSFILE_PATH, counts->first);
	else
		log_line(LOG_INFO, "event=hosts names=%zu", counts->names);
}

static void failed(struct hostsfile *file, const char *why)
{
	log_line(LOG_WARNING, "event=hosts why=\"%s: %s; nothing has changed\"", HOSTSFILE_PATH,
		why);
	stop_reading(file);
}

/* By its size: most lines have one name, and are no shorter than this. */
static size_t guess_names(int fd)
{
	enum { LINE_SIZE = 24 };
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0
		       ? (size_t)status.st_size / LINE_SIZE
		       : 0;
}

/* A missing file is an empty one. */
static bool begin_reading(struct hostsfile *file)
{
	const char *path = HOSTSFILE_PATH;

	stop_reading(file);
	/* Anew each time: the file itself is watched too, and may be another one now. */
	if (!filewatch_set(file->watch, &path, 1))
		log_line(LOG_WARNING,
			"event=hosts why=\"%s: that it changes will not be seen: "
			"%s\"",
			path, strerror(errno));
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 && errno != ENOENT) {
		failed(file, strerror(errno));
		return false;
	}
	file->next = hosts_new(guess_names(file->fd));
	if (file->next == NULL) {
		failed(file, "out of memory");
		return false;
	}
	file->filled = 0;
	file->too_long = false;
	return true;
}

static bool add_line(struct hostsfile *file, const char *line, size_t size)
{
	/* What is too long for the room is counted as a bad line. */
	bool good = file->too_long ? hosts_add_line(file->next, "?", 1)
				   : hosts_add_line(file->next, line, size);

	file->too_long = false;
	return good;
}

static bool add_lines(struct hostsfile *file)
{
	const char *at = file->text, *end = file->text + file->filled, *newline;

	for (; (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1)
		if (!add_line(file, at, (size_t)(newline - at)))
			return false;
	file->filled = (size_t)(end - at);
	memmove(file->text, at, file->filled);
	if (file->filled == sizeof file->text) {
		file->too_long = true;
		file->filled = 0;
	}
	return true;
}

enum step { STEP_MORE, STEP_END, STEP_FAILED };

static enum step read_piece(struct hostsfile *file)
{
	ssize_t n = 0;

	if (file->fd >= 0)
		n = read(file->fd, file->text + file->filled, sizeof file->text - file->filled);
	if (n < 0 && errno == EINTR)
		return STEP_MORE;
	if (n < 0) {
		failed(file, strerror(errno));
		return STEP_FAILED;
	}
	file->filled += (size_t)n;
	if ((n > 0 && add_lines(file)) ||
		(n == 0 && (file->filled == 0 || add_line(file, file->text, file->filled))))
		return n > 0 ? STEP_MORE : STEP_END;
	failed(file, "out of memory");
	return STEP_FAILED;
}

/* Does it say anything else? */
static bool take_new(struct hostsfile *file)
{
	const bool differs = !hosts_are_same(file->hosts, file->next);

	hosts_free(file->hosts);
	file->hosts = file->next;
	file->next = NULL;
	stop_reading(file);
	report(file->hosts);
	return differs;
}

static void on_next_piece(struct timer *timer)
{
	struct hostsfile *file = container_of(timer, struct hostsfile, next_piece);

	switch (read_piece(file)) {
	case STEP_MORE:
		if (!timer_start(file->loop, timer, NEXT_MS))
			failed(file, "out of memory");
		break;
	case STEP_END:
		if (take_new(file))
			file->owner->changed(file->owner);
		break;
	case STEP_FAILED: break;
	}
}

void hostsfile_read_again(struct hostsfile *file)
{
	if (begin_reading(file) && !timer_start(file->loop, &file->next_piece, NEXT_MS))
		failed(file, "out of memory");
}

static void on_written(struct filewatch_owner *owner)
{
	hostsfile_read_again(container_of(owner, struct hostsfile, watch_owner));
}

struct hostsfile *hostsfile_new(struct loop *loop, struct hostsfile_owner *owner)
{
	struct hostsfile *file = calloc(1, sizeof *file);
	enum step step = STEP_MORE;

	if (file == NULL)
		return NULL;
	file->loop = loop;
	file->owner = owner;
	file->fd = -1;
	file->watch_owner.changed = on_written;
	file->watch_owner.removed = true;
	file->next_piece.fired = on_next_piece;
	file->watch = filewatch_new(loop, &file->watch_owner);
	file->hosts = hosts_new(0);
	if (file->watch == NULL || file->hosts == NULL) {
		hostsfile_free(file);
		return NULL;
	}
	/* At once: until it is read, its names would be asked of others. */
	if (!begin_reading(file))
		return file;
	while (step == STEP_MORE)
		step = read_piece(file);
	if (step == STEP_END)
		(void)take_new(file);
	return file;
}

void hostsfile_free(struct hostsfile *file)
{
	if (file == NULL)
		return;
	stop_reading(file);
	timer_done(&file->next_piece);
	filewatch_free(file->watch);
	hosts_free(file->hosts);
	free(file);
}

const struct hosts *hostsfile_hosts(const struct hostsfile *file)
{
	return file->hosts;
}
