/* SPDX-License-Identifier: MIT */
#include "transport/plain.h"
/* c-ares 1.28 and newer deprecate what Debian 12's 1.18 has nothing else for: ares_send() and
 * ares_parse_*_reply(). They stay, and this is c-ares's own way to say that it is known. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/select.h>

enum {
	TRIES = 2,
	SOCKETS_MAX = 4, /* one for UDP, one for TCP; the old one may close after the new */
};

/* A socket of c-ares's. */
struct plain_socket {
	struct watch watch;
	struct plain *plain;
	int fd; /* -1: none */
};

struct plain {
	struct loop *loop;
	struct plain_owner *owner; /* NULL: it was told, or does not want to be */
	ares_channel channel;
	struct plain_socket sockets[SOCKETS_MAX];
	struct timer timer;
	int early; /* how it ended while it was being started; ARES_SUCCESS: it has not */
	struct turn turn; /* buries it: c-ares may still be below us on the stack */
};

static void on_turn(struct turn *turn)
{
	struct plain *plain = container_of(turn, struct plain, turn);

	ares_destroy(plain->channel);
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		watch_stop(&plain->sockets[i].watch);
	timer_done(&plain->timer);
	free(plain);
}

/* The time that c-ares wants to be called at. */
static void arm(struct plain *plain)
{
	struct timeval room, *wait = ares_timeout(plain->channel, NULL, &room);

	if (plain->owner == NULL || wait == NULL)
		return;
	/* Without memory it ends with the query's own deadline. */
	(void)!timer_start(plain->loop, &plain->timer,
		(uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000 + 1);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct plain_socket *sock = container_of(watch, struct plain_socket, watch);
	struct plain *plain = sock->plain;

	ares_process_fd(plain->channel, (events & LOOP_READ) != 0 ? sock->fd : ARES_SOCKET_BAD,
		(events & LOOP_WRITE) != 0 ? sock->fd : ARES_SOCKET_BAD);
	arm(plain);
}

/* c-ares has opened, or is about to close, a socket. */
static void on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct plain *plain = data;
	struct plain_socket *found = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (plain->sockets[i].fd == fd || (found == NULL && plain->sockets[i].fd < 0))
			found = &plain->sockets[i];
	if (found == NULL)
		return; /* nobody hears of it: it times out */
	if (readable == 0 && writable == 0) {
		watch_stop(&found->watch);
		found->fd = -1;
		return;
	}
	found->fd = fd;
	(void)!watch_start(plain->loop, &found->watch, fd,
		(readable != 0 ? LOOP_READ : 0U) | (writable != 0 ? LOOP_WRITE : 0U));
}

static enum transport_err from_ares(int status)
{
	switch (status) {
	case ARES_ETIMEOUT: return TRANSPORT_TIMEOUT;
	case ARES_ECONNREFUSED: return TRANSPORT_UNREACHABLE;
	case ARES_ENOMEM: return TRANSPORT_NOMEM;
	default: return TRANSPORT_PROTOCOL;
	}
}

static void finish(struct plain *plain, int status, struct wire answer)
{
	struct plain_owner *owner = plain->owner;
	/* An answer with an error in it is one. */
	bool answered = answer.size >= EXCHANGE_QUERY_MIN;

	plain->owner = NULL;
	loop_defer(plain->loop, &plain->turn);
	owner->done(owner, answered ? TRANSPORT_OK : from_ares(status), answer,
		status == ARES_ETIMEOUT ? "the server does not answer" : ares_strerror(status));
}

static void on_answer(
	void *data, int status, [[maybe_unused]] int timeouts, unsigned char *answer, int size)
{
	struct plain *plain = data;

	if (plain->owner == NULL) /* it is being started, or has been cancelled */
		plain->early = status != ARES_SUCCESS ? status : ARES_EBADRESP;
	else
		finish(plain, status,
			(struct wire){answer, answer != NULL && size > 0 ? (size_t)size : 0});
}

static void on_timer(struct timer *timer)
{
	struct plain *plain = container_of(timer, struct plain, timer);

	if (plain->early != ARES_SUCCESS)
		finish(plain, plain->early, (struct wire){0});
	else
		ares_process_fd(plain->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(plain);
}

/* All is said here, and no file adds to it: c-ares 1.28 and newer read resolv.conf even so, for
 * "options use-vc". */
static bool channel_open(struct plain *plain, uint32_t timeout_ms)
{
	static char lookups[] = "b", no_file[] = "/dev/null";
	static struct in_addr nowhere;
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
		.timeout = (int)timeout_ms,
		.tries = TRIES,
		.ndots = 1,
		.servers = &nowhere,
		.nservers = 1,
		.lookups = lookups, /* no domains, nothing sorted */
		.sock_state_cb = on_socket,
		.sock_state_cb_data = plain,
		.resolvconf_path = no_file,
	};

	return ares_init_options(&plain->channel, &options,
		       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
			       ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
			       ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB |
			       ARES_OPT_RESOLVCONF) == ARES_SUCCESS;
}

static bool set_server(struct plain *plain, const struct endpoint *endpoint)
{
	struct ares_addr_port_node server = {
		.family = endpoint->subject.address_size == 4 ? AF_INET : AF_INET6,
		.udp_port = endpoint->port,
		.tcp_port = endpoint->port,
	};

	if (server.family == AF_INET)
		memcpy(&server.addr.addr4, endpoint->subject.address, 4);
	else
		memcpy(&server.addr.addr6, endpoint->subject.address, 16);
	return ares_set_servers_ports(plain->channel, &server) == ARES_SUCCESS;
}

struct plain *plain_ask(struct loop *loop, const struct endpoint *endpoint, struct wire query,
	uint32_t timeout_ms, struct plain_owner *owner)
{
	struct plain *plain = calloc(1, sizeof *plain);
	uint8_t copy[EXCHANGE_QUERY_MAX];

	assert(query.size >= EXCHANGE_QUERY_MIN && query.size <= sizeof copy);
	if (plain == NULL)
		return NULL;
	*plain = (struct plain){.loop = loop, .turn.run = on_turn, .timer.fired = on_timer};
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		plain->sockets[i] = (struct plain_socket){
			.watch.ready = on_ready, .plain = plain, .fd = -1};
	memcpy(copy, query.data, query.size);
	if (getrandom(copy, 2, 0) != 2 || !channel_open(plain, timeout_ms)) {
		free(plain);
		return NULL;
	}
	/* What fails at once is told in a moment: nobody is told from within this call. */
	plain->early = set_server(plain, endpoint) ? ARES_SUCCESS : ARES_ENOMEM;
	if (plain->early == ARES_SUCCESS)
		ares_send(plain->channel, copy, (int)query.size, on_answer, plain);
	plain->owner = owner;
	if (!timer_start(loop, &plain->timer, 0)) {
		plain_cancel(plain);
		return NULL;
	}
	return plain;
}

void plain_cancel(struct plain *plain)
{
	plain->owner = NULL;
	loop_defer(plain->loop, &plain->turn);
}

bool plain_read_addresses(struct wire answer, size_t address_size, struct plain_addresses *ret)
{
	int n = PLAIN_ADDRESSES_MAX, size = (int)answer.size;

	*ret = (struct plain_addresses){.ttl_s = UINT32_MAX};
	if (address_size == 4) {
		struct ares_addrttl found[PLAIN_ADDRESSES_MAX];

		if (ares_parse_a_reply(answer.data, size, NULL, found, &n) != ARES_SUCCESS)
			return false;
		for (; ret->n < (size_t)n; ret->n++) {
			memcpy(ret->bytes[ret->n], &found[ret->n].ipaddr, 4);
			if ((uint32_t)found[ret->n].ttl < ret->ttl_s)
				ret->ttl_s = (uint32_t)found[ret->n].ttl;
		}
	} else {
		struct ares_addr6ttl found[PLAIN_ADDRESSES_MAX];

		if (ares_parse_aaaa_reply(answer.data, size, NULL, found, &n) != ARES_SUCCESS)
			return false;
		for (; ret->n < (size_t)n; ret->n++) {
			memcpy(ret->bytes[ret->n], &found[ret->n].ip6addr, 16);
			if ((uint32_t)found[ret->n].ttl < ret->ttl_s)
				ret->ttl_s = (uint32_t)found[ret->n].ttl;
		}
	}
	return ret->n > 0;
}
