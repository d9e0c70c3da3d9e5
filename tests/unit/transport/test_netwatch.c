/* SPDX-License-Identifier: MIT */
/* In a network namespace of its own, which only root may make. */
#include "transport/list.h"
#include "transport/netwatch.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct heard {
	struct netwatch_owner owner;
	struct loop *loop;
	struct timer timer;
	unsigned times;
};

static const uint8_t FAR_V4[4] = {1, 1, 1, 1};
static const uint8_t FAR_V6[16] = {0x26, 0x06, 0x47, [15] = 1};

static void on_changed(struct netwatch_owner *owner)
{
	container_of(owner, struct heard, owner)->times++;
}

static void on_timer(struct timer *timer)
{
	loop_stop(container_of(timer, struct heard, timer)->loop);
}

static void run(const char *command)
{
	char line[256];

	assert_true(
		(size_t)snprintf(line, sizeof line, "%s 2>/dev/null", command) < sizeof line);
	/* NOLINTNEXTLINE: words of this file */
	assert_int_equal(system(line), 0);
}

/* How often it is heard until it is quiet for a while. */
static unsigned heard_until_quiet(struct heard *heard)
{
	unsigned before;

	heard->times = 0;
	do {
		before = heard->times;
		assert_true(timer_start(heard->loop, &heard->timer, 300));
		loop_run(heard->loop);
	} while (heard->times > before);
	return heard->times;
}

static int own_namespace([[maybe_unused]] void **state)
{
	if (unshare(CLONE_NEWNET) == 0 && system("ip link set lo up 2>/dev/null") == 0 &&
		system("ip link add here0 type veth peer name peer0 2>/dev/null") == 0)
		return 0;
	*state = (void *)1; /* not permitted */
	return 0;
}

static void test_paths(void **state)
{
	struct heard heard = {.owner.changed = on_changed, .timer.fired = on_timer};
	struct net_path none, path, other;
	struct netwatch *watch;
	unsigned times;

	if (*state != NULL)
		skip();
	heard.loop = loop_new();
	watch = netwatch_new(heard.loop, &heard.owner);
	assert_non_null(watch);
	assert_true(net_path(watch, FAR_V4, 4, &none));
	assert_int_equal(none.interface, 0);
	assert_true(net_path(watch, FAR_V6, 16, &none));
	assert_int_equal(none.interface, 0);
	heard_until_quiet(&heard);
	assert_int_equal(heard_until_quiet(&heard), 0);

	run("ip address add 10.9.0.2/24 dev here0 && ip -6 address add fd09::2/64 dev here0 "
	    "nodad && "
	    "ip link set peer0 up && ip link set here0 up && ip route add 1.1.1.1 via 10.9.0.1 "
	    "&& "
	    "ip -6 route add 2606:4700::/32 dev here0");
	assert_true(heard_until_quiet(&heard) > 0);
	assert_true(net_path(watch, FAR_V4, 4, &path));
	assert_true(path.interface > 0 && path.running);
	assert_memory_equal(path.source, "\x0a\x09\0\2", 4);
	assert_memory_equal(path.gateway, "\x0a\x09\0\1", 4);
	assert_false(net_path_same(&none, &path));
	assert_true(net_path(watch, FAR_V4, 4, &other) && net_path_same(&other, &path));
	assert_true(net_path(watch, FAR_V6, 16, &other) && other.interface == path.interface);

	/* The cable is pulled: the address stays, the carrier does not. */
	run("ip link set peer0 down");
	assert_true(heard_until_quiet(&heard) > 0);
	assert_true(net_path(watch, FAR_V4, 4, &other));
	assert_false(net_path_same(&other, &path));
	run("ip link set peer0 up");
	assert_true(heard_until_quiet(&heard) > 0);
	assert_true(net_path(watch, FAR_V4, 4, &other) && net_path_same(&other, &path));

	/* Another source address; none at all; a way that is forbidden. */
	run("ip address add 10.9.0.3/24 dev here0 && "
	    "ip route replace 1.1.1.1 via 10.9.0.1 src 10.9.0.3");
	assert_true(net_path(watch, FAR_V4, 4, &other) && !net_path_same(&other, &path));
	run("ip route replace prohibit 1.1.1.1");
	assert_true(net_path(watch, FAR_V4, 4, &other) && other.interface == 0);
	run("ip route replace blackhole 1.1.1.1");
	assert_true(net_path(watch, FAR_V4, 4, &other) && other.interface == 0);

	/* A burst is told of a few times. */
	heard_until_quiet(&heard);
	run("for i in $(seq 60); do echo address add 10.8.0.$i/32 dev here0; done | ip -batch "
	    "-");
	times = heard_until_quiet(&heard);
	assert_true(times >= 1 && times <= 30);

	timer_done(&heard.timer);
	netwatch_free(watch);
	loop_free(heard.loop);
}

static void test_slept([[maybe_unused]] void **state)
{
	uint64_t before = net_slept_ms();

	usleep(20000);
	assert_true(net_slept_ms() - before <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_slept),
	};

	return cmocka_run_group_tests_name("netwatch", tests, own_namespace, NULL);
}
