/* SPDX-License-Identifier: MIT */
#include "resolver/dnstap.h"
#include "resolver/dnstap_frame.h"
#include "resolver/log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { UNSENT_MAX = 1024 * 1024, RETRY_MS = 1000, READ_SIZE = 1024 };

struct dnstap {
	struct loop *loop;
	struct taps *taps;
	struct tap tap;
	uint64_t *dropped;
	struct sockaddr_un address; /* sun_path empty: nowhere */
	int fd;                     /* -1: not connected */
	bool started;               /* the reader wants it */
	bool told;                  /* that nobody is there */
	struct watch watch;
	unsigned watched;
	struct timer retry;
	struct turn turn; /* writes what came in this turn */
	bool freed;
	struct buf in, out;
};

static void disconnect(struct dnstap *dnstap, const char *why)
{
	if (dnstap->fd < 0)
		return;
	watch_stop(&dnstap->watch);
	dnstap->watched = 0;
	close(dnstap->fd);
	dnstap->fd = -1;
	dnstap->started = false;
	buf_clear(&dnstap->in);
	buf_clear(&dnstap->out);
	if (why == NULL)
		return;
	log_line(LOG_WARNING, "event=dnstap socket=%s why=\"%s\"", dnstap->address.sun_path,
		why);
	dnstap->told = true;
	(void)!timer_start(dnstap->loop, &dnstap->retry, RETRY_MS);
}

static void watch(struct dnstap *dnstap)
{
	unsigned events = LOOP_READ | (buf_size(&dnstap->out) > 0 ? LOOP_WRITE : 0);

	if (events == dnstap->watched)
		return;
	dnstap->watched = events;
	if (!watch_start(dnstap->loop, &dnstap->watch, dnstap->fd, events))
		disconnect(dnstap, "out of memory");
}

static void flush(struct dnstap *dnstap)
{
	while (buf_size(&dnstap->out) > 0) {
		struct wire bytes = buf_bytes(&dnstap->out);
		ssize_t n =
			send(dnstap->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			disconnect(dnstap, strerror(errno));
			return;
		}
		buf_consume(&dnstap->out, (size_t)n);
	}
	watch(dnstap);
}

static void on_turn(struct turn *turn)
{
	struct dnstap *dnstap = container_of(turn, struct dnstap, turn);

	if (dnstap->freed)
		free(dnstap);
	else if (dnstap->fd >= 0)
		flush(dnstap);
}

static void on_frame(struct dnstap *dnstap, unsigned type)
{
	if (type != DNSTAP_ACCEPT || dnstap->started) {
		disconnect(dnstap, "the reader does not want it");
		return;
	}
	if (!dnstap_write_control(&dnstap->out, DNSTAP_START)) {
		disconnect(dnstap, "out of memory");
		return;
	}
	dnstap->started = true;
	dnstap->told = false;
	log_line(LOG_NOTICE, "event=dnstap socket=%s", dnstap->address.sun_path);
	loop_defer(dnstap->loop, &dnstap->turn);
}

static void read_frames(struct dnstap *dnstap)
{
	uint8_t *room = buf_room(&dnstap->in, READ_SIZE);
	ssize_t n = room != NULL ? recv(dnstap->fd, room, READ_SIZE, MSG_DONTWAIT) : 0;
	enum dnstap_read read = DNSTAP_READ;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		disconnect(dnstap, "the reader has gone");
		return;
	}
	buf_added(&dnstap->in, (size_t)n);
	while (dnstap->fd >= 0 && read == DNSTAP_READ) {
		unsigned type;
		size_t size;

		read = dnstap_read_control(buf_bytes(&dnstap->in), &type, &size);
		if (read == DNSTAP_BAD)
			disconnect(dnstap, "the reader does not speak Frame Streams");
		if (read != DNSTAP_READ)
			return;
		buf_consume(&dnstap->in, size);
		on_frame(dnstap, type);
	}
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct dnstap *dnstap = container_of(watch, struct dnstap, watch);

	if ((events & LOOP_READ) != 0)
		read_frames(dnstap);
	if (dnstap->fd >= 0 && (events & LOOP_WRITE) != 0)
		loop_defer(dnstap->loop, &dnstap->turn);
}

static void dnstap_connect(struct dnstap *dnstap)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&dnstap->address,
			      sizeof dnstap->address) < 0) {
		if (!dnstap->told)
			log_line(LOG_WARNING, "event=dnstap socket=%s why=\"%s\"",
				dnstap->address.sun_path, strerror(errno));
		dnstap->told = true;
		if (fd >= 0)
			close(fd);
		(void)!timer_start(dnstap->loop, &dnstap->retry, RETRY_MS);
		return;
	}
	dnstap->fd = fd;
	if (!dnstap_write_control(&dnstap->out, DNSTAP_READY))
		disconnect(dnstap, "out of memory");
	else
		flush(dnstap);
}

static void on_retry(struct timer *timer)
{
	dnstap_connect(container_of(timer, struct dnstap, retry));
}

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct dnstap *dnstap = container_of(tap, struct dnstap, tap);

	/* Only what came from somebody else. */
	if (event->client->udp == NULL && event->client->tcp == NULL)
		return;
	if (!dnstap->started || buf_size(&dnstap->out) + event->message.size > UNSENT_MAX ||
		!dnstap_write_event(&dnstap->out, event, wall_ns()))
		(*dnstap->dropped)++;
	else
		loop_defer(dnstap->loop, &dnstap->turn);
}

void dnstap_apply(struct dnstap *dnstap, const char *path)
{
	if (strcmp(path != NULL ? path : "", dnstap->address.sun_path) == 0)
		return;
	/* As much of it as is taken at once. */
	if (dnstap->started && dnstap_write_control(&dnstap->out, DNSTAP_STOP))
		flush(dnstap);
	disconnect(dnstap, NULL);
	timer_stop(&dnstap->retry);
	taps_remove(dnstap->taps, &dnstap->tap);
	dnstap->told = false;
	dnstap->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (path == NULL)
		return;
	memcpy(dnstap->address.sun_path, path, strlen(path) + 1); /* conf has seen to it */
	taps_add(dnstap->taps, &dnstap->tap);
	dnstap_connect(dnstap);
}

struct dnstap *dnstap_new(struct loop *loop, struct taps *taps, uint64_t *dropped)
{
	struct dnstap *dnstap = calloc(1, sizeof *dnstap);

	if (dnstap == NULL)
		return NULL;
	dnstap->loop = loop;
	dnstap->taps = taps;
	dnstap->dropped = dropped;
	dnstap->fd = -1;
	dnstap->watch.ready = on_ready;
	dnstap->retry.fired = on_retry;
	dnstap->turn.run = on_turn;
	dnstap->tap.tell = on_tap;
	list_init(&dnstap->tap.node);
	return dnstap;
}

void dnstap_free(struct dnstap *dnstap)
{
	if (dnstap == NULL)
		return;
	dnstap_apply(dnstap, NULL);
	timer_done(&dnstap->retry);
	dnstap->freed = true;
	loop_defer(dnstap->loop, &dnstap->turn);
}
