/* SPDX-License-Identifier: MIT */
#include "resolver/netif.h"
#include "conf/value.h"
#include "resolver/linkfile.h"
#include "resolver/log.h"
#include "resolver/smallfile.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct saved {
	int index;
	char *text; /* what its file says; NULL: there is none */
};

struct netif {
	struct links *links;
	struct links_observer observer;
	const char *folder;
	struct saved *saved; /* of each link, by index */
	size_t n;
	bool failed;  /* one could not be read or written, this time, */
	bool failing; /* and the last time: it was told */
};

static bool path_of(const struct netif *netif, int index, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%d", netif->folder, index);

	return n > 0 && (size_t)n < size;
}

static void report_failure(struct netif *netif, int index)
{
	if (!netif->failing && !netif->failed)
		log_line(LOG_WARNING, "event=netif why=\"%s/%d: %s\"", netif->folder, index,
			strerror(errno));
	netif->failed = true;
}

static bool remove_file(const char *path)
{
	return unlink(path) == 0 || errno == ENOENT;
}

/* What it says is set, unless that is nobody's business. */
static void read_file(struct netif *netif, const struct link *link)
{
	struct link_settings settings;
	char path[PATH_MAX], *text;
	size_t left_out;

	if (!path_of(netif, link->index, path, sizeof path))
		return;
	text = smallfile_read(path, LINKFILE_SIZE_MAX);
	if (text == NULL) {
		if (errno != ENOENT)
			report_failure(netif, link->index);
		return;
	}
	left_out = linkfile_read_netif(text, link, &settings);
	free(text);
	if (left_out > 0)
		log_line(LOG_WARNING,
			"event=netif link=%d words=%zu why=\"%s has some that cannot be used\"",
			link->index, left_out, path);
	(void)links_set(netif->links, link->index, &settings);
}

/* *ret NULL: nothing is set. False: no memory. */
static bool text_of(const struct link *link, char **ret)
{
	*ret = NULL;
	if (link_settings_empty(&link->settings))
		return true;
	*ret = linkfile_write_netif(link);
	return *ret != NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void save(struct netif *netif, struct saved *saved, const struct link *link)
{
	char path[PATH_MAX], *text;
	bool good;

	if (!text_of(link, &text))
		return;
	if (same_text(text, saved->text) || !path_of(netif, link->index, path, sizeof path)) {
		free(text);
		return;
	}
	good = text != NULL ? smallfile_write(path, text) : remove_file(path);
	if (!good) {
		report_failure(netif, link->index);
		free(text); /* it is tried again at the next change */
		return;
	}
	free(saved->text);
	saved->text = text;
}

static void forget_gone(struct netif *netif)
{
	char path[PATH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < netif->n; i++) {
		struct saved *saved = &netif->saved[i];

		if (links_find(netif->links, saved->index) != NULL) {
			netif->saved[n++] = *saved;
			continue;
		}
		if (path_of(netif, saved->index, path, sizeof path) && !remove_file(path))
			report_failure(netif, saved->index);
		free(saved->text);
	}
	netif->n = n;
}

/* A link that was not known yet; its place is `i`. False: no memory. */
static bool meet(struct netif *netif, size_t i, const struct link *link)
{
	struct saved *list = realloc(netif->saved, (netif->n + 1) * sizeof *list);

	if (list == NULL)
		return false;
	netif->saved = list;
	memmove(list + i + 1, list + i, (netif->n - i) * sizeof *list);
	netif->n++;
	list[i] = (struct saved){.index = link->index};
	read_file(netif, link);
	/* However the file is written that says it: that one stays. */
	return links_may_set(netif->links, link->index) != LINKS_OK ||
	       text_of(link, &list[i].text);
}

static void look(struct netif *netif)
{
	const struct link *link;

	netif->failed = false;
	forget_gone(netif);
	for (size_t i = 0; (link = links_at(netif->links, i)) != NULL; i++) {
		if (i == netif->n || netif->saved[i].index != link->index) {
			if (!meet(netif, i, link))
				return;
		} else if (links_may_set(netif->links, link->index) == LINKS_OK) {
			save(netif, &netif->saved[i], link);
		}
	}
	netif->failing = netif->failed;
}

static void on_changed(struct links_observer *observer)
{
	look(container_of(observer, struct netif, observer));
}

/* Of links that went while nobody looked: others may have their numbers some day. */
static void remove_old(const struct netif *netif)
{
	DIR *folder = opendir(netif->folder);
	const struct dirent *entry;
	unsigned long index;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (value_number(entry->d_name, strlen(entry->d_name), 1, INT_MAX, &index) &&
			links_find(netif->links, (int)index) == NULL)
			(void)!unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder != NULL)
		closedir(folder);
}

struct netif *netif_new(struct links *links, const char *folder)
{
	struct netif *netif = calloc(1, sizeof *netif);

	if (netif == NULL)
		return NULL;
	netif->links = links;
	netif->folder = folder;
	netif->observer.changed = on_changed;
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		log_line(LOG_WARNING, "event=netif why=\"%s: %s\"", folder, strerror(errno));
	remove_old(netif);
	links_observe(links, &netif->observer);
	look(netif);
	return netif;
}

void netif_free(struct netif *netif)
{
	if (netif == NULL)
		return;
	look(netif);
	links_unobserve(&netif->observer);
	for (size_t i = 0; i < netif->n; i++)
		free(netif->saved[i].text);
	free(netif->saved);
	free(netif);
}
