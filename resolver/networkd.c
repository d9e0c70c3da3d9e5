/* SPDX-License-Identifier: MIT */
#include "resolver/networkd.h"
#include "resolver/folderwatch.h"
#include "resolver/linkfile.h"
#include "resolver/log.h"
#include "resolver/smallfile.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A link's file when it was read last; one that is replaced is another one. */
struct seen {
	int index;
	bool there;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct networkd {
	struct links *links;
	struct links_observer observer;
	const char *folder;
	struct folderwatch *watch; /* NULL: that files change is not seen */
	struct folderwatch_owner owner;
	struct seen *seen; /* of each link, by index */
	size_t n;
	bool failed;  /* one could not be read, this time, */
	bool failing; /* and the last time: it was told */
};

static bool path_of(const struct networkd *networkd, int index, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%d", networkd->folder, index);

	return n > 0 && (size_t)n < size;
}

static struct seen look_at(const struct networkd *networkd, int index)
{
	struct seen seen = {.index = index};
	struct stat status;
	char path[PATH_MAX];

	if (path_of(networkd, index, path, sizeof path) && stat(path, &status) == 0) {
		seen.there = true;
		seen.inode = status.st_ino;
		seen.size = status.st_size;
		seen.changed = status.st_ctim;
	}
	return seen;
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->there == b->there && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static void take(struct networkd *networkd, const struct link *link, char *text)
{
	struct link_settings settings;
	size_t left_out;
	bool managed;

	left_out = linkfile_read_networkd(text, link, &settings, &managed);
	if (left_out > 0)
		log_line(LOG_WARNING,
			"event=networkd link=%d words=%zu why=\"%s/%d has some that cannot be "
			"used\"",
			link->index, left_out, networkd->folder, link->index);
	links_set_managed(networkd->links, link->index, managed, &settings);
}

/* False: it is there, but cannot be read; what it said before holds. */
static bool read_one(struct networkd *networkd, const struct link *link)
{
	struct link_settings none = {0};
	char path[PATH_MAX], *text = NULL;

	if (path_of(networkd, link->index, path, sizeof path))
		text = smallfile_read(path, LINKFILE_SIZE_MAX);
	if (text != NULL) {
		take(networkd, link, text);
		free(text);
		return true;
	}
	if (errno == ENOENT) {
		links_set_managed(networkd->links, link->index, false, &none);
		return true;
	}
	if (!networkd->failing && !networkd->failed)
		log_line(LOG_WARNING, "event=networkd link=%d why=\"%s: %s\"", link->index,
			path, strerror(errno));
	networkd->failed = true;
	return false;
}

/* Those of links that are not known yet are read when they are. */
static void read_all(struct networkd *networkd)
{
	const struct link *link;
	size_t n = 0, at = 0;
	struct seen *seen;

	while (links_at(networkd->links, n) != NULL)
		n++;
	seen = calloc(n + 1, sizeof *seen);
	if (seen == NULL)
		return;
	networkd->failed = false;
	for (size_t i = 0; i < n && (link = links_at(networkd->links, i)) != NULL; i++) {
		seen[i] = look_at(networkd, link->index);
		while (at < networkd->n && networkd->seen[at].index < link->index)
			at++;
		if (at < networkd->n && networkd->seen[at].index == link->index &&
			same(&networkd->seen[at], &seen[i]))
			continue;
		if (!read_one(networkd, link))
			seen[i] = (struct seen){.index = link->index, .inode = (ino_t)-1};
	}
	free(networkd->seen);
	networkd->seen = seen;
	networkd->n = n;
	networkd->failing = networkd->failed;
}

static void on_links_changed(struct links_observer *observer)
{
	read_all(container_of(observer, struct networkd, observer));
}

static void on_files_changed(struct folderwatch_owner *owner)
{
	read_all(container_of(owner, struct networkd, owner));
}

struct networkd *networkd_new(struct loop *loop, struct links *links, const char *folder)
{
	struct networkd *networkd = calloc(1, sizeof *networkd);

	if (networkd == NULL)
		return NULL;
	networkd->links = links;
	networkd->folder = folder;
	networkd->observer.changed = on_links_changed;
	networkd->owner.changed = on_files_changed;
	networkd->watch = folderwatch_new(loop, folder, &networkd->owner);
	if (networkd->watch == NULL)
		log_line(LOG_WARNING,
			"event=networkd why=\"%s: that it changes will not be seen: %s\"",
			folder, strerror(errno));
	links_observe(links, &networkd->observer);
	read_all(networkd);
	return networkd;
}

void networkd_free(struct networkd *networkd)
{
	if (networkd == NULL)
		return;
	links_unobserve(&networkd->observer);
	folderwatch_free(networkd->watch);
	free(networkd->seen);
	free(networkd);
}
