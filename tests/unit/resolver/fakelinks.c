/* SPDX-License-Identifier: MIT */
#include "fakelinks.h"
#include "transport/list.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Some linkers have libraries call them, too. */
#pragma GCC visibility push(default)
struct if_nameindex *__wrap_if_nameindex(void);
void __wrap_if_freenameindex(struct if_nameindex *names);
int __wrap_getifaddrs(struct ifaddrs **ret);
void __wrap_freeifaddrs(struct ifaddrs *list);
#pragma GCC visibility pop

static const struct fake_link *now;
static size_t n_now;

void fake_links(const struct fake_link *links, size_t n)
{
	now = links;
	n_now = n;
}

struct if_nameindex *__wrap_if_nameindex(void)
{
	struct if_nameindex *names = calloc(n_now + 1, sizeof *names);

	assert_non_null(names);
	for (size_t i = 0; i < n_now; i++) {
		names[i].if_index = (unsigned)now[i].index;
		names[i].if_name = strdup(now[i].name);
	}
	return names;
}

void __wrap_if_freenameindex(struct if_nameindex *names)
{
	for (size_t i = 0; names[i].if_index != 0; i++)
		free(names[i].if_name);
	free(names);
}

static struct sockaddr *address_of(const char *text)
{
	struct sockaddr_storage *any = calloc(1, sizeof *any);
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	assert_non_null(any);
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(any, &in, sizeof in);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(any, &in6, sizeof in6);
	}
	return (struct sockaddr *)any;
}

/* text NULL: the link itself, whose address is none of IP's. */
static void add(struct ifaddrs **list, const struct fake_link *link, const char *text)
{
	struct ifaddrs *one = calloc(1, sizeof *one);
	const char *name = link->name;

	assert_non_null(one);
	if (text != NULL && strchr(text, ':') == NULL && link->label != NULL)
		name = link->label;
	one->ifa_name = strdup(name);
	one->ifa_flags = link->flags;
	if (text != NULL)
		one->ifa_addr = address_of(text);
	one->ifa_next = *list;
	*list = one;
}

int __wrap_getifaddrs(struct ifaddrs **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < n_now; i++) {
		add(ret, &now[i], NULL);
		for (size_t j = 0; j < 3 && now[i].addresses[j] != NULL; j++)
			add(ret, &now[i], now[i].addresses[j]);
	}
	return 0;
}

void __wrap_freeifaddrs(struct ifaddrs *list)
{
	for (struct ifaddrs *next; list != NULL; list = next) {
		next = list->ifa_next;
		free(list->ifa_name);
		free(list->ifa_addr);
		free(list);
	}
}

struct running {
	struct loop *loop;
	struct turn turn;
	struct timer look;
	bool (*done)(void);
	unsigned looks;
};

static void on_turn(struct turn *turn)
{
	loop_stop(container_of(turn, struct running, turn)->loop);
}

void run_turn(struct loop *loop)
{
	struct running running = {.loop = loop, .turn.run = on_turn};

	loop_defer(loop, &running.turn);
	loop_run(loop);
}

enum { LOOK_MS = 5, LOOKS_MAX = 2000 };

static void on_look(struct timer *timer)
{
	struct running *running = container_of(timer, struct running, look);

	if (running->done() || ++running->looks == LOOKS_MAX)
		loop_stop(running->loop);
	else
		assert_true(timer_start(running->loop, timer, LOOK_MS));
}

void run_until(struct loop *loop, bool (*done)(void))
{
	struct running running = {.loop = loop, .look.fired = on_look, .done = done};

	assert_true(timer_start(loop, &running.look, 0));
	loop_run(loop);
	timer_done(&running.look);
	assert_true(running.looks < LOOKS_MAX);
}
