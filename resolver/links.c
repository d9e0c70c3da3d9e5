/* SPDX-License-Identifier: MIT */
#include "resolver/links.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct kept {
	struct link link; /* its settings are those that hold */
	/* What others had set before systemd-networkd took the link over. */
	struct link_settings before;
};

struct links {
	struct loop *loop;
	struct kept **list; /* by index */
	size_t n;
	struct list observers;
	struct turn turn;
	bool freed;
	bool untold; /* there are changes that observers have not heard of */
};

static void kept_free(struct kept *kept)
{
	link_settings_clear(&kept->link.settings);
	link_settings_clear(&kept->before);
	free(kept);
}

void links_settle(struct links *links)
{
	if (!links->untold)
		return;
	links->untold = false;
	for (struct list *l = links->observers.next, *next = l->next; l != &links->observers;
		l = next, next = l->next) {
		struct links_observer *observer = container_of(l, struct links_observer, node);

		observer->changed(observer);
	}
}

static void on_turn(struct turn *turn)
{
	struct links *links = container_of(turn, struct links, turn);

	if (links->freed)
		free(links);
	else
		links_settle(links);
}

static void changed(struct links *links)
{
	links->untold = true;
	loop_defer(links->loop, &links->turn);
}

/* Where it is in the list, or belongs. */
static size_t place_of(const struct links *links, int index)
{
	size_t from = 0, to = links->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (links->list[middle]->link.index < index)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct kept *find(const struct links *links, int index)
{
	size_t at = place_of(links, index);

	return at < links->n && links->list[at]->link.index == index ? links->list[at] : NULL;
}

static struct kept *add(struct links *links, const struct link *link)
{
	size_t at = place_of(links, link->index);
	struct kept **list = realloc(links->list, (links->n + 1) * sizeof *list);
	struct kept *kept = calloc(1, sizeof *kept);

	if (list != NULL)
		links->list = list;
	if (list == NULL || kept == NULL) {
		free(kept);
		return NULL;
	}
	kept->link = *link;
	memmove(list + at + 1, list + at, (links->n - at) * sizeof *list);
	list[at] = kept;
	links->n++;
	return kept;
}

/* RFC 4291 section 2.5.6, RFC 3927 section 2.1 */
static bool is_link_local(const struct sockaddr *any)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (any->sa_family == AF_INET6) {
		memcpy(&in6, any, sizeof in6);
		return IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr);
	}
	memcpy(&in, any, sizeof in);
	return (ntohl(in.sin_addr.s_addr) & 0xffff0000) == 0xa9fe0000;
}

/* What the kernel says of a link, for whose addresses are seen one by one. */
static void read_address(const struct ifaddrs *one, struct link *link)
{
	const unsigned up = IFF_UP | IFF_RUNNING;

	link->loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
	link->up = (one->ifa_flags & up) == up;
	if (one->ifa_addr != NULL &&
		(one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6) &&
		!is_link_local(one->ifa_addr))
		link->has_address = true;
}

static bool same_facts(const struct link *a, const struct link *b)
{
	return strcmp(a->name, b->name) == 0 && a->loopback == b->loopback && a->up == b->up &&
	       a->has_address == b->has_address;
}

/* The link as it is now among those there were; its settings stay with it. */
static void note(struct links *links, const struct link *now)
{
	struct kept *kept = find(links, now->index);

	if (kept == NULL) {
		if (add(links, now) != NULL)
			changed(links);
		return;
	}
	if (same_facts(&kept->link, now))
		return;
	memcpy(kept->link.name, now->name, sizeof kept->link.name);
	kept->link.loopback = now->loopback;
	kept->link.up = now->up;
	kept->link.has_address = now->has_address;
	changed(links);
}

/* Both are in the order of their indices. */
static void forget_gone(struct links *links, const struct link *there, size_t n_there)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < links->n; i++) {
		const int index = links->list[i]->link.index;

		while (at < n_there && there[at].index < index)
			at++;
		if (at < n_there && there[at].index == index) {
			links->list[n++] = links->list[i];
			continue;
		}
		kept_free(links->list[i]);
		changed(links);
	}
	links->n = n;
}

/* An IPv4 address may have a label, NAME:SOMETHING, instead of its link's name. */
static bool is_of(const struct ifaddrs *address, const struct link *link)
{
	size_t size = strcspn(address->ifa_name, ":");

	return strlen(link->name) == size && memcmp(link->name, address->ifa_name, size) == 0;
}

/* Addresses come in the order of their links, more or less: each is looked for from where the
 * last one was. */
static void read_addresses(const struct ifaddrs *addresses, struct link *there, size_t n)
{
	size_t at = 0;

	for (const struct ifaddrs *a = addresses; a != NULL; a = a->ifa_next) {
		size_t tries = 0;

		while (tries < n && !is_of(a, &there[at])) {
			at = (at + 1) % n;
			tries++;
		}
		if (tries < n)
			read_address(a, &there[at]);
	}
}

static int by_index(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* NULL: no memory. */
static struct link *read_links(const struct if_nameindex *names, size_t *ret_n)
{
	struct link *there;
	size_t n = 0;

	while (names[n].if_index != 0)
		n++;
	there = calloc(n + 1, sizeof *there);
	for (size_t i = 0; there != NULL && i < n; i++) {
		there[i].index = (int)names[i].if_index;
		memcpy(there[i].name, names[i].if_name,
			strnlen(names[i].if_name, sizeof there[i].name - 1));
	}
	if (there != NULL)
		qsort(there, n, sizeof *there, by_index);
	*ret_n = n;
	return there;
}

/* forget: those that are gone, too. */
static void read_kernel(struct links *links, bool forget)
{
	struct if_nameindex *names = if_nameindex();
	struct ifaddrs *addresses = NULL;
	struct link *there = NULL;
	size_t n = 0;

	if (names != NULL)
		there = read_links(names, &n);
	if (there != NULL && getifaddrs(&addresses) == 0) {
		read_addresses(addresses, there, n);
		for (size_t i = 0; i < n; i++)
			note(links, &there[i]);
		if (forget)
			forget_gone(links, there, n);
		freeifaddrs(addresses);
	}
	free(there);
	if (names != NULL)
		if_freenameindex(names);
}

void links_network_changed(struct links *links)
{
	read_kernel(links, true);
}

/* None is forgotten here: somebody may have one in his hands. */
static struct kept *look_up(struct links *links, int index)
{
	char name[IF_NAMESIZE];
	struct kept *kept = find(links, index);

	if (kept != NULL || index <= 0 || if_indextoname((unsigned)index, name) == NULL)
		return kept;
	read_kernel(links, false);
	return find(links, index);
}

struct links *links_new(struct loop *loop)
{
	struct links *links = calloc(1, sizeof *links);

	if (links == NULL)
		return NULL;
	links->loop = loop;
	links->turn.run = on_turn;
	list_init(&links->observers);
	links_network_changed(links);
	return links;
}

void links_free(struct links *links)
{
	if (links == NULL)
		return;
	for (size_t i = 0; i < links->n; i++)
		kept_free(links->list[i]);
	free(links->list);
	links->list = NULL;
	links->n = 0;
	links->freed = true;
	if (!links->turn.queued)
		free(links);
}

void links_observe(struct links *links, struct links_observer *observer)
{
	list_append(&links->observers, &observer->node);
}

void links_unobserve(struct links_observer *observer)
{
	list_remove(&observer->node);
}

const struct link *links_find(struct links *links, int index)
{
	const struct kept *kept = look_up(links, index);

	return kept != NULL ? &kept->link : NULL;
}

const struct link *links_at(const struct links *links, size_t i)
{
	return i < links->n ? &links->list[i]->link : NULL;
}

enum links_err links_may_set(struct links *links, int index)
{
	const struct kept *kept = look_up(links, index);

	if (kept == NULL)
		return LINKS_NO_SUCH_LINK;
	return kept->link.loopback || kept->link.managed ? LINKS_BUSY : LINKS_OK;
}

static void replace(struct links *links, struct link_settings *old, struct link_settings *new)
{
	if (!link_settings_same(old, new))
		changed(links);
	link_settings_clear(old);
	*old = *new;
	*new = (struct link_settings){0};
}

enum links_err links_set(struct links *links, int index, struct link_settings *settings)
{
	enum links_err err = links_may_set(links, index);

	if (err == LINKS_OK)
		replace(links, &find(links, index)->link.settings, settings);
	link_settings_clear(settings);
	return err;
}

void links_set_managed(
	struct links *links, int index, bool managed, struct link_settings *settings)
{
	struct kept *kept = find(links, index);

	if (kept != NULL && managed != kept->link.managed) {
		struct link_settings held = kept->link.settings;

		/* What others had set waits, or comes back; what networkd had set goes. */
		kept->link.settings = kept->before;
		kept->before = managed ? held : (struct link_settings){0};
		if (!managed)
			link_settings_clear(&held);
		kept->link.managed = managed;
		changed(links);
	}
	if (kept != NULL && managed)
		replace(links, &kept->link.settings, settings);
	link_settings_clear(settings);
}
