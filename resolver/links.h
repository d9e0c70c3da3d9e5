/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * All links of this machine, what is wanted of them, and which of it holds. Front ends put in
 * what others hand them; snapshot.c takes out which upstreams that makes.
 */
#include "resolver/link.h"
#include "transport/list.h"
#include "transport/loop.h"

struct links;

enum links_err {
	LINKS_OK,
	LINKS_NO_SUCH_LINK,
	LINKS_BUSY, /* of systemd-networkd, or the loopback interface */
	LINKS_NOMEM,
};

/* Embedded in whoever wants to hear of changes. */
struct links_observer {
	struct list node;
	/* In the end of the loop's turn, once for all changes in it: links came, went, or have
	 * other settings. */
	void (*changed)(struct links_observer *);
};

/* Reads what links there are. NULL: no memory. */
struct links *links_new(struct loop *loop);
/* NULL is allowed. */
void links_free(struct links *links);
void links_observe(struct links *links, struct links_observer *observer);
void links_unobserve(struct links_observer *observer);

/* Links, their addresses or states may be others now: they are read anew. One that has gone
 * takes its settings with it. */
void links_network_changed(struct links *links);

/* NULL: there is no such link; the kernel is asked, if we have not heard of it: who has made
 * one sets it at once. It is borrowed until the loop's next turn. */
const struct link *links_find(struct links *links, int index);
/* The one at `i`, in the order of their indices; NULL past the last. */
const struct link *links_at(const struct links *links, size_t i);

/* Everything of a link, from who is not systemd-networkd. settings: moved, and zeroed, also
 * when this fails. The loopback interface and those that are managed are LINKS_BUSY. */
enum links_err links_set(struct links *links, int index, struct link_settings *settings);
/* May it be set? Asked before anybody is asked for permission. */
enum links_err links_may_set(struct links *links, int index);
/* What systemd-networkd says. managed false: it is not its business (any more), and what was
 * set before by others stands again. */
void links_set_managed(
	struct links *links, int index, bool managed, struct link_settings *settings);
/* Tells observers now what they would hear at the end of the turn: for who is about to say that
 * what was set holds, and has been written down. Not from within changed(). */
void links_settle(struct links *links);
