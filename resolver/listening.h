/* SPDX-License-Identifier: MIT */
#pragma once
/* Sockets on which other programs of this machine connect. */
#include "resolver/control_socket.h"
#include "transport/list.h"
#include "transport/loop.h"

/* Embedded in whoever listens. */
struct listening {
	/* Set by the owner. Somebody has connected; fd: moved, non-blocking. */
	void (*connected)(struct listening *, int fd);
	int backlog; /* of listening_at(): how many may wait until they are taken */
	struct loop *loop;
	int fd; /* -1: it does not listen */
	struct control_file file;
	bool passed; /* the file is not ours */
	struct watch watch;
	struct timer pause; /* not watched until it fires */
};

/* Listens at `path`, as control_file_listen(). False: `why` says what is wrong. */
bool listening_at(struct listening *listening, struct loop *loop, const char *path, char *why,
	size_t size);
/* Listens on a socket that somebody else has made; fd: moved, also when this fails. False: it
 * is none that can be listened on, or no memory. */
bool listening_on(struct listening *listening, struct loop *loop, int fd);
/* No more; removes the file, if it is still ours. Harmless when it does not. */
void listening_stop(struct listening *listening);

/* The descriptor that systemd has passed by this name ($LISTEN_FDS, $LISTEN_PID,
 * $LISTEN_FDNAMES: sd_listen_fds(3)); -1: none. */
int listening_passed(const char *name);
