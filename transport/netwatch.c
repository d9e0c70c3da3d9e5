/* SPDX-License-Identifier: MIT */
#include "transport/netwatch.h"
#include "transport/list.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	SETTLE_MS = 100, /* changes come in bursts */
	MESSAGE_MAX = 8192,
	READS_MAX = 64, /* a turn */
};

struct netwatch {
	struct loop *loop;
	struct netwatch_owner *owner;
	int events, questions; /* descriptors; the second hears no changes */
	struct watch watch;
	struct timer timer;
	bool settling;
	uint32_t sequence; /* of questions */
};

static int open_socket(uint32_t groups)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What the kernel keeps for itself, and tells nobody who routes: local and broadcast addresses,
 * and what it has learned of single destinations. */
static bool is_of_interest(struct nlmsghdr *header)
{
	const struct rtmsg *route = NLMSG_DATA(header);

	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWADDR:
	case RTM_DELADDR: return true;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return header->nlmsg_len >= NLMSG_LENGTH(sizeof *route) &&
		       route->rtm_type != RTN_LOCAL && route->rtm_type != RTN_BROADCAST &&
		       route->rtm_type != RTN_MULTICAST && route->rtm_type != RTN_ANYCAST &&
		       (route->rtm_flags & RTM_F_CLONED) == 0;
	default: return false;
	}
}

/* One datagram. False: there is none, or that is enough for now. */
static bool read_event(struct netwatch *watch, bool *changed)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_MAX];
	struct sockaddr_nl from = {0};
	socklen_t from_size = sizeof from;
	ssize_t n = recvfrom(watch->events, bytes, sizeof bytes, MSG_TRUNC,
		(struct sockaddr *)&from, &from_size);
	size_t left;

	if (n < 0 && errno == ENOBUFS) {
		*changed = true; /* some were lost */
		return true;
	}
	if (n < 0)
		return errno == EINTR;
	if (from.nl_pid != 0)
		return true; /* not the kernel */
	left = (size_t)n < sizeof bytes ? (size_t)n : sizeof bytes;
	for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)bytes; NLMSG_OK(header, left);
		header = NLMSG_NEXT(header, left))
		*changed |= is_of_interest(header);
	return true;
}

static void on_ready(struct watch *event_watch, [[maybe_unused]] unsigned events)
{
	struct netwatch *watch = container_of(event_watch, struct netwatch, watch);
	bool changed = false;

	for (unsigned i = 0; i < READS_MAX && read_event(watch, &changed); i++)
		continue;
	if (changed && !watch->settling)
		watch->settling = timer_start(watch->loop, &watch->timer, SETTLE_MS);
}

static void on_settled(struct timer *timer)
{
	struct netwatch *watch = container_of(timer, struct netwatch, timer);

	watch->settling = false;
	watch->owner->changed(watch->owner);
}

struct netwatch *netwatch_new(struct loop *loop, struct netwatch_owner *owner)
{
	struct netwatch *watch = calloc(1, sizeof *watch);

	if (watch == NULL)
		return NULL;
	watch->loop = loop;
	watch->owner = owner;
	watch->watch.ready = on_ready;
	watch->timer.fired = on_settled;
	watch->questions = open_socket(0);
	watch->events = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
				    RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	if (watch->questions >= 0 && watch->events >= 0 &&
		watch_start(loop, &watch->watch, watch->events, LOOP_READ))
		return watch;
	netwatch_free(watch);
	return NULL;
}

void netwatch_free(struct netwatch *watch)
{
	if (watch == NULL)
		return;
	watch_stop(&watch->watch);
	timer_done(&watch->timer);
	if (watch->events >= 0)
		close(watch->events);
	if (watch->questions >= 0)
		close(watch->questions);
	free(watch);
}

static bool is_running(int fd, unsigned interface)
{
	struct ifreq request = {.ifr_ifindex = (int)interface};
	const short wanted = IFF_UP | IFF_RUNNING;

	return ioctl(fd, SIOCGIFNAME, &request) == 0 &&
	       ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & wanted) == wanted;
}

static void read_route(struct nlmsghdr *header, size_t address_size, struct net_path *ret)
{
	struct rtmsg *route = NLMSG_DATA(header);
	size_t left = RTM_PAYLOAD(header);

	if (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_LOCAL)
		return; /* prohibited, a black hole */
	for (struct rtattr *attribute = RTM_RTA(route); RTA_OK(attribute, left);
		attribute = RTA_NEXT(attribute, left)) {
		const void *data = RTA_DATA(attribute);
		size_t size = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == RTA_OIF && size == sizeof(uint32_t))
			memcpy(&ret->interface, data, size);
		else if (attribute->rta_type == RTA_PREFSRC && size == address_size)
			memcpy(ret->source, data, size);
		else if (attribute->rta_type == RTA_GATEWAY && size == address_size)
			memcpy(ret->gateway, data, size);
	}
}

/* The kernel answers before sendto() returns. */
static bool read_reply(
	struct netwatch *watch, uint32_t sequence, size_t address_size, struct net_path *ret)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_MAX];
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)bytes;

	for (unsigned i = 0; i < READS_MAX; i++) {
		struct sockaddr_nl from = {0};
		socklen_t from_size = sizeof from;
		ssize_t n = recvfrom(watch->questions, bytes, sizeof bytes, 0,
			(struct sockaddr *)&from, &from_size);

		if (n < 0)
			return false;
		if (from.nl_pid != 0 || !NLMSG_OK(header, (size_t)n) ||
			header->nlmsg_seq != sequence)
			continue;
		*ret = (struct net_path){0};
		if (header->nlmsg_type == RTM_NEWROUTE &&
			header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
			read_route(header, address_size, ret);
		return true; /* else an error: there is no way */
	}
	return false;
}

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	struct rtattr attribute;
	uint8_t address[16];
};

bool net_path(struct netwatch *watch, const uint8_t *address, size_t address_size,
	struct net_path *ret)
{
	const uint32_t sequence = ++watch->sequence;
	struct question question = {
		.header = {.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST,
			.nlmsg_len =
				(uint32_t)(offsetof(struct question, address) + address_size),
			.nlmsg_seq = sequence},
		.route = {.rtm_family = address_size == 4 ? AF_INET : AF_INET6,
			.rtm_dst_len = (unsigned char)(8 * address_size)},
		.attribute = {.rta_type = RTA_DST,
			.rta_len = (unsigned short)RTA_LENGTH(address_size)},
	};

	memcpy(question.address, address, address_size);
	if (send(watch->questions, &question, question.header.nlmsg_len, 0) < 0 ||
		!read_reply(watch, sequence, address_size, ret))
		return false;
	if (ret->interface == 0)
		return true;
	ret->running = is_running(watch->questions, ret->interface);
	return true;
}

bool net_path_same(const struct net_path *a, const struct net_path *b)
{
	return a->interface == b->interface && a->running == b->running &&
	       memcmp(a->source, b->source, sizeof a->source) == 0 &&
	       memcmp(a->gateway, b->gateway, sizeof a->gateway) == 0;
}

static uint64_t read_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t net_slept_ms(void)
{
	/* In this order, so that a pause in between counts as less. */
	uint64_t with = read_ms(CLOCK_BOOTTIME), without = read_ms(CLOCK_MONOTONIC);

	return with > without ? with - without : 0;
}
