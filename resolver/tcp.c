/* SPDX-License-Identifier: MIT */
#include "resolver/tcp.h"
#include "resolver/access.h"
#include "resolver/bytes.h"
#include "resolver/memory.h"
#include "resolver/message.h"
#include "transport/buf.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 256,  /* then the one that was idle longest goes */
	CLIENTS_OF_ONE = 4, /* who has more than this part of them makes room among his own */
	BACKLOG = 256,
	READ_SIZE = 8192,
	ACCEPT_PAUSE_MS = 20,
	QUERIES_MAX = 1024, /* under way for one client */
	/* Replies that a client leaves lying: above the first it is not read from; above the
	 * second, when answers to what it had asked still come, it is closed. With one reply
	 * more of the largest kind they find room in 256 KiB, to which the buffer grows. */
	UNSENT_MAX = 96 * 1024,
	UNSENT_LIMIT = 190 * 1024,
	HELD_MAX = 64 * 1024 * 1024, /* by all buffers together, where there is memory */
	HELD_IDLE = 16 * 1024,       /* by an empty one */
};

struct tcp_server {
	struct loop *loop;
	struct tcp_owner *owner;
	struct list clients; /* the one that was idle longest first */
	unsigned n_clients, clients_max;
	size_t held, held_most; /* bytes of buffers */
	bool stopped;
	struct turn turn; /* frees, after the clients' own */
};

struct tcp_listener {
	struct tcp_server *server;
	int fd;
	struct watch watch;
	struct timer pause; /* not watched until it fires */
};

struct tcp_client {
	struct tcp_server *server;
	struct list node;
	struct list queries; /* struct client, one a query */
	unsigned n_queries;
	union socket_address peer;
	int fd;
	struct watch watch;
	unsigned watched;
	struct timer idle;
	struct turn turn; /* writes the replies of this turn; frees when closed */
	bool closed, eof, clogged;
	struct buf in, out;
	size_t held; /* by both, as it was counted last */
};

/* What its buffers have grown to since. */
static void client_count(struct tcp_client *tcp)
{
	size_t held = tcp->in.capacity + tcp->out.capacity;

	tcp->server->held += held - tcp->held;
	tcp->held = held;
}

static void client_shrink(struct buf *buf)
{
	if (buf_size(buf) == 0 && buf->capacity > HELD_IDLE)
		buf_clear(buf);
}

static void client_close(struct tcp_client *tcp)
{
	if (tcp->closed)
		return;
	tcp->closed = true;
	while (!list_empty(&tcp->queries)) {
		struct client *client = container_of(tcp->queries.next, struct client, node);

		list_remove(&client->node);
		tcp->n_queries--;
		client->gone(client);
	}
	list_remove(&tcp->node);
	tcp->server->n_clients--;
	watch_stop(&tcp->watch);
	timer_done(&tcp->idle);
	close(tcp->fd);
	loop_defer(tcp->server->loop, &tcp->turn);
}

/* It did something: it goes to the end of the queue, and its time begins anew. */
static void client_touch(struct tcp_client *tcp)
{
	list_remove(&tcp->node);
	list_append(&tcp->server->clients, &tcp->node);
	if (!timer_start(tcp->server->loop, &tcp->idle, TCP_IDLE_MS))
		client_close(tcp);
}

/* Reads only while there is room for what comes of it. */
static void client_watch(struct tcp_client *tcp)
{
	bool full = buf_size(&tcp->out) > UNSENT_MAX || tcp->n_queries >= QUERIES_MAX;
	unsigned events = 0;

	if (!full && !tcp->eof && !tcp->server->stopped)
		events |= LOOP_READ;
	if (buf_size(&tcp->out) > 0)
		events |= LOOP_WRITE;
	if (events == tcp->watched)
		return;
	tcp->watched = events;
	if (!watch_start(tcp->server->loop, &tcp->watch, tcp->fd, events))
		client_close(tcp);
}

static void client_write(struct tcp_client *tcp)
{
	while (buf_size(&tcp->out) > 0) {
		struct wire bytes = buf_bytes(&tcp->out);
		ssize_t n = send(tcp->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_close(tcp);
			return;
		}
		buf_consume(&tcp->out, (size_t)n);
		client_touch(tcp);
		if (tcp->closed)
			return;
	}
	if (tcp->eof && tcp->n_queries == 0 && buf_size(&tcp->out) == 0)
		client_close(tcp);
}

/* Hands on every message that is whole, as far as the limits go. */
static void client_messages(struct tcp_client *tcp)
{
	while (!tcp->closed && tcp->n_queries < QUERIES_MAX &&
		buf_size(&tcp->out) <= UNSENT_MAX) {
		struct client client = {.tcp = tcp, .peer = tcp->peer};
		struct wire in = buf_bytes(&tcp->in);
		size_t size = in.size >= 2 ? (size_t)in.data[0] << 8 | in.data[1] : 0;

		if (in.size < 2 + size || in.size < 2)
			return;
		tcp->server->owner->message(
			tcp->server->owner, (struct wire){in.data + 2, size}, &client);
		buf_consume(&tcp->in, 2 + size);
	}
}

/* Of all clients, the one that was idle longest. */
static void close_idlest(struct tcp_server *server)
{
	if (!list_empty(&server->clients))
		client_close(container_of(server->clients.next, struct tcp_client, node));
}

static void on_turn(struct turn *turn)
{
	struct tcp_client *tcp = container_of(turn, struct tcp_client, turn);

	if (tcp->clogged)
		client_close(tcp);
	if (!tcp->closed)
		client_write(tcp);
	/* What was read already may have waited for room. */
	if (!tcp->closed)
		client_messages(tcp);
	client_shrink(&tcp->in);
	client_shrink(&tcp->out);
	client_count(tcp);
	/* Who does not read, or writes half a message, was idle for longer than who does. */
	if (tcp->server->held > tcp->server->held_most)
		close_idlest(tcp->server);
	if (!tcp->closed)
		client_watch(tcp);
	if (!tcp->closed || tcp->turn.queued)
		return;
	buf_clear(&tcp->in);
	buf_clear(&tcp->out);
	client_count(tcp);
	free(tcp);
}

static void client_read(struct tcp_client *tcp)
{
	uint8_t *room = buf_room(&tcp->in, READ_SIZE);
	ssize_t n = room != NULL ? recv(tcp->fd, room, READ_SIZE, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (room == NULL || n < 0) {
		client_close(tcp);
		return;
	}
	if (n == 0) {
		tcp->eof = true; /* it may still want its answers */
	} else {
		buf_added(&tcp->in, (size_t)n);
		client_messages(tcp);
	}
	/* Bytes that make no message do not keep a connection open: see tcp_join(). */
	loop_defer(tcp->server->loop, &tcp->turn);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct tcp_client *tcp = container_of(watch, struct tcp_client, watch);

	if ((events & LOOP_WRITE) != 0)
		loop_defer(tcp->server->loop, &tcp->turn);
	if ((events & LOOP_READ) != 0)
		client_read(tcp);
}

static void on_idle(struct timer *timer)
{
	struct tcp_client *tcp = container_of(timer, struct tcp_client, idle);

	/* One that waits for us, or whose reply leaves in this turn, is not idle; one that does
	 * not read its replies is. */
	if (tcp->turn.queued || (tcp->n_queries > 0 && buf_size(&tcp->out) == 0))
		client_touch(tcp);
	else
		client_close(tcp);
}

static void client_accept(struct tcp_server *server, int fd, const union socket_address *peer)
{
	struct tcp_client *tcp = calloc(1, sizeof *tcp);
	int on = 1;

	if (tcp == NULL) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	tcp->server = server;
	tcp->fd = fd;
	tcp->peer = *peer;
	tcp->watch.ready = on_ready;
	tcp->idle.fired = on_idle;
	tcp->turn.run = on_turn;
	list_init(&tcp->queries);
	list_init(&tcp->node);
	list_append(&server->clients, &tcp->node);
	server->n_clients++;
	client_touch(tcp);
	if (!tcp->closed)
		client_watch(tcp);
}

/* An IPv6 client is a network of 64 bits, as for RateLimit=. */
static bool is_same_client(const union socket_address *a, const union socket_address *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	if (a->any.sa_family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 8) == 0;
}

/* One more has come, which is one too many. Those of other machines push out nobody on this
 * one.
 */
static void make_room(struct tcp_server *server, const union socket_address *peer)
{
	struct tcp_client *own = NULL, *other = NULL;
	unsigned n = 0;

	for (struct list *l = server->clients.prev; l != &server->clients; l = l->prev) {
		struct tcp_client *tcp = container_of(l, struct tcp_client, node);

		if (!access_is_local(&tcp->peer))
			other = tcp;
		if (!is_same_client(&tcp->peer, peer))
			continue;
		own = tcp;
		n++;
	}
	if (n > server->clients_max / CLIENTS_OF_ONE)
		client_close(own);
	else if (!access_is_local(peer))
		client_close(other);
	else
		close_idlest(server);
}

/* For want of descriptors or memory the socket would stay ready, and the loop spin: who was
 * idle longest makes room, and it is left alone for a moment. */
static void cannot_accept(struct tcp_listener *listener, int error)
{
	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return;
	close_idlest(listener->server);
	if (timer_start(listener->server->loop, &listener->pause, ACCEPT_PAUSE_MS))
		watch_stop(&listener->watch);
}

static void on_pause_over(struct timer *timer)
{
	struct tcp_listener *listener = container_of(timer, struct tcp_listener, pause);

	if (!watch_start(listener->server->loop, &listener->watch, listener->fd, LOOP_READ))
		cannot_accept(listener, ENOMEM);
}

static void on_accept(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct tcp_listener *listener = container_of(watch, struct tcp_listener, watch);

	/* A few at a time, so that others get their turn. */
	for (int i = 0; i < 16; i++) {
		struct tcp_owner *owner = listener->server->owner;
		union socket_address peer = {0};
		socklen_t size = sizeof peer;
		int fd = accept4(listener->fd, &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			cannot_accept(listener, errno);
			return;
		}
		if (!owner->admit(owner, &peer)) {
			close(fd);
			continue;
		}
		client_accept(listener->server, fd, &peer);
		if (listener->server->n_clients > listener->server->clients_max)
			make_room(listener->server, &peer);
	}
}

static void on_last_turn(struct turn *turn)
{
	free(container_of(turn, struct tcp_server, turn));
}

struct tcp_server *tcp_server_new(
	struct loop *loop, struct tcp_owner *owner, const struct portion *portion)
{
	struct tcp_server *server = calloc(1, sizeof *server);

	if (server == NULL)
		return NULL;
	server->loop = loop;
	server->owner = owner;
	server->turn.run = on_last_turn;
	server->clients_max = CLIENTS_MAX / portion->workers;
	server->held_most = memory_bound(portion->memory, HELD_MAX / portion->workers, 1);
	list_init(&server->clients);
	return server;
}

void tcp_server_free(struct tcp_server *server)
{
	if (server == NULL)
		return;
	while (!list_empty(&server->clients))
		close_idlest(server);
	loop_defer(server->loop, &server->turn);
}

void tcp_server_stop(struct tcp_server *server)
{
	server->stopped = true;
	for (struct list *l = server->clients.next; l != &server->clients; l = l->next) {
		struct tcp_client *tcp = container_of(l, struct tcp_client, node);

		loop_defer(server->loop, &tcp->turn);
	}
}

bool tcp_server_unsent(const struct tcp_server *server)
{
	for (struct list *l = server->clients.next; l != &server->clients; l = l->next)
		if (buf_size(&container_of(l, struct tcp_client, node)->out) > 0)
			return true;
	return false;
}

static int open_socket(const union socket_address *address, enum port_share share)
{
	bool v4 = address->any.sa_family == AF_INET;
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
		(!v4 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) ||
		port_bind(fd, address, share) < 0 || listen(fd, BACKLOG) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

struct tcp_listener *tcp_listen(
	struct tcp_server *server, const union socket_address *address, enum port_share share)
{
	struct tcp_listener *listener = calloc(1, sizeof *listener);
	int saved;

	if (listener == NULL)
		return NULL;
	listener->server = server;
	listener->watch.ready = on_accept;
	listener->pause.fired = on_pause_over;
	listener->fd = open_socket(address, share);
	if (listener->fd >= 0 &&
		watch_start(server->loop, &listener->watch, listener->fd, LOOP_READ))
		return listener;
	saved = listener->fd < 0 ? errno : ENOMEM;
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
	errno = saved;
	return NULL;
}

void tcp_close(struct tcp_listener *listener)
{
	watch_stop(&listener->watch);
	timer_done(&listener->pause);
	close(listener->fd);
	free(listener);
}

void tcp_join(struct tcp_client *tcp, struct client *client)
{
	list_append(&tcp->queries, &client->node);
	tcp->n_queries++;
	client_touch(tcp);
}

void tcp_leave(struct tcp_client *tcp, struct client *client)
{
	list_remove(&client->node);
	tcp->n_queries--;
	loop_defer(tcp->server->loop, &tcp->turn);
}

uint8_t *tcp_room(struct tcp_client *tcp, size_t size)
{
	uint8_t *room = NULL;

	tcp->clogged |= buf_size(&tcp->out) > UNSENT_LIMIT;
	if (!tcp->clogged)
		room = buf_room(&tcp->out, 2 + size);
	return room != NULL ? room + 2 : NULL;
}

void tcp_send(struct tcp_client *tcp, size_t size)
{
	uint8_t *room = buf_room(&tcp->out, 2 + size);

	write16(room, (unsigned)size);
	buf_added(&tcp->out, 2 + size);
	loop_defer(tcp->server->loop, &tcp->turn);
}
