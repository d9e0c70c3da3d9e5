/* SPDX-License-Identifier: MIT */
#include "resolver/udp.h"
#include "resolver/memory.h"
#include "resolver/message.h"
#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 32,
	QUERY_MAX = 2048, /* a longer one is cut, and so malformed */
	REPLY_MAX = MESSAGE_UDP_SIZE,
	/* The kernel's, so that a pause of ours loses nothing. There are several, and the
	 * kernel takes double. */
	RECEIVE_BUFFER = 4 * 1024 * 1024,
	RECEIVE_SHARE = 4,
};

/* One datagram in the kernel's terms. */
struct slot {
	struct iovec iov;
	union socket_address peer;
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct batch {
	struct mmsghdr messages[BATCH];
	struct slot slots[BATCH];
};

struct udp_listener {
	struct loop *loop;
	struct udp_owner *owner;
	int fd;
	bool any_address; /* bound to all: replies need their source address said */
	bool closed;
	struct watch watch;
	struct turn turn; /* sends the replies of this turn; frees when closed */
	unsigned queries; /* that will reply */
	unsigned n_out;
	struct batch in, out;
	uint8_t queries_in[BATCH][QUERY_MAX];
	uint8_t replies[BATCH][REPLY_MAX];
};

static void listener_free(struct udp_listener *listener)
{
	watch_stop(&listener->watch);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
}

static void flush(struct udp_listener *listener)
{
	unsigned sent = 0;

	while (sent < listener->n_out) {
		int n = sendmmsg(listener->fd, listener->out.messages + sent,
			listener->n_out - sent, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0) {
			sent += (unsigned)n;
			continue;
		}
		/* This one cannot be sent; a client asks again, and the kernel counts it. */
		sent++;
	}
	listener->n_out = 0;
}

static void on_turn(struct turn *turn)
{
	struct udp_listener *listener = container_of(turn, struct udp_listener, turn);

	flush(listener);
	if (listener->closed && listener->queries == 0)
		listener_free(listener);
}

static void read_destination(struct msghdr *message, union destination *ret)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			memcpy(&ret->v4, CMSG_DATA(c), sizeof ret->v4);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			memcpy(&ret->v6, CMSG_DATA(c), sizeof ret->v6);
	}
}

/* The other way round: the address it was sent to is where the reply comes from. */
static void write_source(struct msghdr *message, const struct client *client)
{
	bool v4 = client->peer.any.sa_family == AF_INET;
	struct in_pktinfo v4_source = {.ipi_spec_dst = client->destination.v4.ipi_spec_dst};
	struct cmsghdr *c;

	message->msg_controllen = v4 ? CMSG_SPACE(sizeof(struct in_pktinfo))
				     : CMSG_SPACE(sizeof(struct in6_pktinfo));
	c = CMSG_FIRSTHDR(message);
	c->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = v4 ? CMSG_LEN(sizeof v4_source) : CMSG_LEN(sizeof client->destination.v6);
	if (v4)
		memcpy(CMSG_DATA(c), &v4_source, sizeof v4_source);
	else
		memcpy(CMSG_DATA(c), &client->destination.v6, sizeof client->destination.v6);
}

/* The kernel changes those that it has filled. */
static void prepare_in(struct udp_listener *listener, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct slot *slot = &listener->in.slots[i];

		slot->iov = (struct iovec){listener->queries_in[i], QUERY_MAX};
		listener->in.messages[i].msg_hdr = (struct msghdr){
			.msg_name = &slot->peer,
			.msg_namelen = sizeof slot->peer,
			.msg_iov = &slot->iov,
			.msg_iovlen = 1,
			.msg_control = listener->any_address ? slot->control : NULL,
			.msg_controllen = listener->any_address ? sizeof slot->control : 0,
		};
	}
}

static void on_ready(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct udp_listener *listener = container_of(watch, struct udp_listener, watch);
	int n;

	n = recvmmsg(listener->fd, listener->in.messages, BATCH, MSG_DONTWAIT, NULL);
	/* An error here is one client's, an ICMP message for one; the next call goes on. */
	for (int i = 0; i < n && !listener->closed; i++) {
		struct mmsghdr *message = &listener->in.messages[i];
		struct client client = {.udp = listener, .peer = listener->in.slots[i].peer};
		struct wire bytes = {listener->queries_in[i], message->msg_len};

		if (listener->any_address)
			read_destination(&message->msg_hdr, &client.destination);
		listener->owner->datagram(listener->owner, bytes, &client);
	}
	prepare_in(listener, n > 0 ? (unsigned)n : 0);
}

static bool is_any(const union socket_address *address)
{
	if (address->any.sa_family == AF_INET)
		return address->v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

static int open_socket(const union socket_address *address, enum port_share share, int buffer)
{
	bool v4 = address->any.sa_family == AF_INET;
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	if ((!v4 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) ||
		(is_any(address) &&
			setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
				v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, &on, sizeof on) < 0) ||
		port_bind(fd, address, share) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

struct udp_listener *udp_listen(struct loop *loop, const union socket_address *address,
	enum port_share share, uint64_t memory, struct udp_owner *owner)
{
	struct udp_listener *listener = calloc(1, sizeof *listener);

	if (listener == NULL)
		return NULL;
	listener->loop = loop;
	listener->owner = owner;
	listener->any_address = is_any(address);
	listener->watch.ready = on_ready;
	listener->turn.run = on_turn;
	prepare_in(listener, BATCH);
	listener->fd = open_socket(
		address, share, (int)memory_bound(memory, RECEIVE_BUFFER, RECEIVE_SHARE));
	if (listener->fd < 0 || !watch_start(loop, &listener->watch, listener->fd, LOOP_READ)) {
		int saved = listener->fd < 0 ? errno : ENOMEM;

		listener_free(listener);
		errno = saved;
		return NULL;
	}
	return listener;
}

void udp_close(struct udp_listener *listener)
{
	watch_stop(&listener->watch);
	listener->closed = true;
	loop_defer(listener->loop, &listener->turn);
}

void udp_join(struct udp_listener *listener)
{
	listener->queries++;
}

void udp_leave(struct udp_listener *listener)
{
	listener->queries--;
	if (listener->closed)
		loop_defer(listener->loop, &listener->turn);
}

uint8_t *udp_room(struct udp_listener *listener, size_t size)
{
	assert(size <= REPLY_MAX);
	if (listener->n_out == BATCH)
		flush(listener);
	return listener->replies[listener->n_out];
}

void udp_send(struct udp_listener *listener, const struct client *client, size_t size)
{
	unsigned i = listener->n_out++;
	struct slot *slot = &listener->out.slots[i];
	struct msghdr *message = &listener->out.messages[i].msg_hdr;

	slot->iov = (struct iovec){listener->replies[i], size};
	slot->peer = client->peer;
	*message = (struct msghdr){
		.msg_name = &slot->peer,
		.msg_namelen = client->peer.any.sa_family == AF_INET ? sizeof client->peer.v4
								     : sizeof client->peer.v6,
		.msg_iov = &slot->iov,
		.msg_iovlen = 1,
	};
	if (listener->any_address) {
		message->msg_control = slot->control;
		write_source(message, client);
	}
	loop_defer(listener->loop, &listener->turn);
}
