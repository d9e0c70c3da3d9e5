/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Connections of other programs of this machine, over each of which messages go that end in a
 * certain byte, one dealt with at a time. Here are the bounds: how many there may be, what they
 * may send, and leave unread.
 */
#include "transport/buf.h"
#include "transport/loop.h"
#include <sys/types.h>

struct channel;

struct channel_kind {
	uint8_t end;        /* the byte behind each message */
	size_t message_max; /* of what comes, without that byte */
	/* Who leaves more unread is closed. Nothing is taken while more than an eighth is. */
	size_t unsent_max;
	uint64_t idle_ms;     /* who does and reads nothing for so long is, too */
	unsigned max;         /* connections in all */
	unsigned max_of_user; /* and of one user */
	/* A message has come, borrowed during the call. One of more than message_max bytes has
	 * not come whole: it must end the connection. */
	void (*take)(struct channel *, struct wire message);
	/* It is closed: what is under way is to be forgotten. Called once. */
	void (*closed)(struct channel *);
	/* Frees the memory that it lies in; the last that is done with it. */
	void (*free)(struct channel *);
};

/* All who are connected. */
struct channels {
	const struct channel_kind *kind;
	struct loop *loop;
	struct list list; /* the one that was idle longest first */
	unsigned n;
	struct list queue; /* those whose next message is to be dealt with, in the order in
			      which they came */
	unsigned left;     /* messages that may be, in this turn of the loop */
	struct timer next; /* for the next one */
};

/* Who is at the other end. */
struct channel_peer {
	uid_t user;
	bool privileged; /* root, or the daemon's own user */
};

/* Embedded in what a front end knows of a connection. */
struct channel {
	struct channels *channels; /* gone, once it is closed */
	const struct channel_kind *kind;
	struct list node;
	int fd;
	struct channel_peer peer;
	struct watch watch;
	unsigned watched;
	struct timer idle;
	struct turn turn; /* writes what was said in this turn; frees when closed */
	bool busy;        /* with a message; others wait */
	bool watches;     /* it is told things until it goes, and may be quiet itself */
	bool closed, eof, ends;
	bool waits;         /* until it has read what it was told */
	struct list queued; /* among those of the queue */
	bool granted;       /* it was its turn there */
	struct buf in, out;
};

/* kind: borrowed. */
void channels_init(
	struct channels *channels, const struct channel_kind *kind, struct loop *loop);
/* Is there room for it? Whoever was idle longest may have to go: of the same user, if there are
 * too many of that, else of those without rights. Nobody locks root out. */
bool channels_admit(struct channels *channels, int fd, struct channel_peer *ret);
void channels_close_all(struct channels *channels);

/* A connection that was admitted. channel: zeroed; fd: moved. It may be closed at once. */
void channel_open(struct channels *channels, struct channel *channel, int fd,
	const struct channel_peer *peer);
/* Says it, and the byte behind it, at the end of this turn of the loop. False: that is too
 * much, and the connection ends. */
bool channel_say(struct channel *channel, const char *text, size_t size);
/* How much can still be said. */
size_t channel_room(const struct channel *channel);
/* Sets `busy`. */
void channel_set_busy(struct channel *channel, bool busy);
/* Sets `watches`, for good. */
void channel_set_watching(struct channel *channel);
/* Ends when what was said is written, as far as it is read at once. */
void channel_end(struct channel *channel);
/* Ends now. */
void channel_close(struct channel *channel);
