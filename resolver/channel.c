/* SPDX-License-Identifier: MIT */
#include "resolver/channel.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* Of all: so long everything else waits, and whoever has many connections is no better
	 * off. */
	MESSAGES_A_TURN = 4,
	READ_MAX = 4096,
};

/* With something that ends by itself. */
static bool is_at_work(const struct channel *channel)
{
	return channel->busy && !channel->watches;
}

/* Those that are queued, in the next turn of the loop. Not from the timer itself, which would
 * fire again in this one. False: no memory. */
static bool go_on(struct channels *channels)
{
	return list_empty(&channels->queue) || timer_start(channels->loop, &channels->next, 0);
}

void channel_close(struct channel *channel)
{
	if (channel->closed)
		return;
	channel->closed = true;
	channel->kind->closed(channel);
	list_remove(&channel->node);
	list_remove(&channel->queued);
	if (channel->granted)
		(void)go_on(channel->channels);
	channel->channels->n--;
	watch_stop(&channel->watch);
	timer_done(&channel->idle);
	close(channel->fd);
	loop_defer(channel->channels->loop, &channel->turn);
}

static void channel_touch(struct channel *channel)
{
	struct channels *channels = channel->channels;

	list_remove(&channel->node);
	list_append(&channels->list, &channel->node);
	if (!timer_start(channels->loop, &channel->idle, channel->kind->idle_ms))
		channel_close(channel);
}

static bool is_queued(const struct channel *channel)
{
	return !list_empty(&channel->queued);
}

/* One thing at a time is taken from it; but of who watches it must be seen that it goes. */
static void channel_watch(struct channel *channel)
{
	unsigned events = 0;

	if (!channel->eof && !channel->ends && !is_at_work(channel) && !channel->waits &&
		!is_queued(channel) && buf_size(&channel->in) <= channel->kind->message_max)
		events |= LOOP_READ;
	if (buf_size(&channel->out) > 0 || channel->waits)
		events |= LOOP_WRITE;
	if (events == channel->watched)
		return;
	channel->watched = events;
	if (!watch_start(channel->channels->loop, &channel->watch, channel->fd, events))
		channel_close(channel);
}

size_t channel_room(const struct channel *channel)
{
	size_t max = channel->kind->unsent_max, used = buf_size(&channel->out) + 1;

	return used < max ? max - used : 0;
}

bool channel_say(struct channel *channel, const char *text, size_t size)
{
	bool good = size <= channel_room(channel) && buf_append(&channel->out, text, size) &&
		    buf_append(&channel->out, &channel->kind->end, 1);

	channel->ends |= !good;
	loop_defer(channel->channels->loop, &channel->turn);
	return good;
}

void channel_end(struct channel *channel)
{
	channel->ends = true;
	loop_defer(channel->channels->loop, &channel->turn);
}

void channel_set_busy(struct channel *channel, bool busy)
{
	if (channel->closed)
		return;
	channel->busy = busy;
	channel_touch(channel);
	loop_defer(channel->channels->loop, &channel->turn);
}

void channel_set_watching(struct channel *channel)
{
	channel->watches = true;
	loop_defer(channel->channels->loop, &channel->turn);
}

/* Else it is queued. */
static bool may_go_on(struct channel *channel)
{
	struct channels *channels = channel->channels;

	if (channel->granted) {
		channel->granted = false;
		return true;
	}
	if (channels->left > 0 && list_empty(&channels->queue)) {
		channels->left--;
		return true;
	}
	if (!is_queued(channel))
		list_append(&channels->queue, &channel->queued);
	if (!go_on(channels))
		channel_close(channel);
	return false;
}

static void on_next(struct timer *timer)
{
	struct channels *channels = container_of(timer, struct channels, next);

	for (channels->left = MESSAGES_A_TURN;
		channels->left > 0 && !list_empty(&channels->queue); channels->left--) {
		struct channel *channel =
			container_of(channels->queue.next, struct channel, queued);

		list_remove(&channel->queued);
		channel->granted = true;
		loop_defer(channels->loop, &channel->turn);
	}
}

static void channel_messages(struct channel *channel)
{
	const struct channel_kind *kind = channel->kind;

	while (!channel->closed && !channel->busy && !channel->ends) {
		struct wire in = buf_bytes(&channel->in);
		const uint8_t *end = in.size > 0 ? memchr(in.data, kind->end, in.size) : NULL;
		size_t size = end != NULL ? (size_t)(end - in.data) : in.size;

		if (end == NULL && size <= kind->message_max)
			return;
		/* Who asks without reading waits for itself. */
		channel->waits = buf_size(&channel->out) > kind->unsent_max / 8;
		if (channel->waits || !may_go_on(channel))
			return;
		channel_touch(channel);
		if (channel->closed)
			return;
		kind->take(channel, (struct wire){in.data, size});
		if (!channel->closed && end != NULL)
			buf_consume(&channel->in, size + 1);
	}
}

static void channel_read(struct channel *channel)
{
	uint8_t *room = buf_room(&channel->in, READ_MAX);
	ssize_t n = room != NULL ? recv(channel->fd, room, READ_MAX, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (room == NULL || n < 0 || (n == 0 && channel->watches)) {
		channel_close(channel);
		return;
	}
	channel->eof = n == 0;
	buf_added(&channel->in, (size_t)n);
	loop_defer(channel->channels->loop, &channel->turn);
}

static void channel_write(struct channel *channel)
{
	while (buf_size(&channel->out) > 0) {
		struct wire bytes = buf_bytes(&channel->out);
		ssize_t n =
			send(channel->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			channel_close(channel);
			return;
		}
		buf_consume(&channel->out, (size_t)n);
	}
	/* What ends is not waited for: it has had its word, or does not read it. */
	if (channel->ends || (channel->eof && !channel->busy && !channel->waits &&
				     !is_queued(channel) && buf_size(&channel->out) == 0))
		channel_close(channel);
}

static void on_turn(struct turn *turn)
{
	struct channel *channel = container_of(turn, struct channel, turn);

	/* Its timer has been started before, so there is memory for that. */
	if (!channel->closed && channel->granted)
		(void)go_on(channel->channels);
	if (!channel->closed && !channel->waits)
		channel_messages(channel);
	if (!channel->closed)
		channel_write(channel);
	if (!channel->closed)
		channel_watch(channel);
	if (!channel->closed || channel->turn.queued)
		return;
	buf_clear(&channel->in);
	buf_clear(&channel->out);
	channel->kind->free(channel);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct channel *channel = container_of(watch, struct channel, watch);

	if ((events & LOOP_WRITE) != 0) {
		channel->waits = false;
		loop_defer(channel->channels->loop, &channel->turn);
	}
	if ((events & LOOP_READ) != 0)
		channel_read(channel);
}

/* What is under way ends by itself; what is watched may be quiet. */
static void on_idle(struct timer *timer)
{
	struct channel *channel = container_of(timer, struct channel, idle);

	if (is_at_work(channel) || (channel->watches && buf_size(&channel->out) == 0))
		channel_touch(channel);
	else
		channel_close(channel);
}

void channels_init(
	struct channels *channels, const struct channel_kind *kind, struct loop *loop)
{
	*channels = (struct channels){
		.kind = kind, .loop = loop, .left = MESSAGES_A_TURN, .next.fired = on_next};
	list_init(&channels->list);
	list_init(&channels->queue);
}

static bool read_peer(int fd, struct channel_peer *ret)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	*ret = (struct channel_peer){peer.uid, peer.uid == 0 || peer.uid == geteuid()};
	return true;
}

static unsigned count_of(const struct channels *channels, uid_t user)
{
	unsigned n = 0;

	for (struct list *l = channels->list.next; l != &channels->list; l = l->next)
		n += container_of(l, struct channel, node)->peer.user == user;
	return n;
}

/* Closes the one that was idle longest, of this user, or, if that is NULL, of all without
 * rights. busy: even one with something under way. */
static bool make_room(struct channels *channels, const uid_t *user, bool busy)
{
	for (struct list *l = channels->list.next; l != &channels->list; l = l->next) {
		struct channel *channel = container_of(l, struct channel, node);

		if ((is_at_work(channel) && !busy) ||
			(user != NULL ? channel->peer.user != *user : channel->peer.privileged))
			continue;
		channel_close(channel);
		return true;
	}
	return false;
}

bool channels_admit(struct channels *channels, int fd, struct channel_peer *ret)
{
	const struct channel_kind *kind = channels->kind;

	if (!read_peer(fd, ret))
		return false;
	if (count_of(channels, ret->user) >= kind->max_of_user)
		return make_room(channels, &ret->user, false);
	return channels->n < kind->max || make_room(channels, NULL, false) ||
	       (ret->privileged && make_room(channels, NULL, true));
}

void channel_open(struct channels *channels, struct channel *channel, int fd,
	const struct channel_peer *peer)
{
	channel->channels = channels;
	channel->kind = channels->kind;
	channel->fd = fd;
	channel->peer = *peer;
	channel->watch.ready = on_ready;
	channel->idle.fired = on_idle;
	channel->turn.run = on_turn;
	list_init(&channel->node);
	list_init(&channel->queued);
	list_append(&channels->list, &channel->node);
	channels->n++;
	channel_touch(channel);
	if (!channel->closed)
		channel_watch(channel);
}

void channels_close_all(struct channels *channels)
{
	while (!list_empty(&channels->list))
		channel_close(container_of(channels->list.next, struct channel, node));
	timer_done(&channels->next);
}
