/* SPDX-License-Identifier: MIT */
/* With a server in the same loop. */
#include "transport/plain.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 50 };

/* What the server does with a query. */
enum manner { ANSWERS, REFUSES, WRONG_ID, WRONG_QUESTION, TRUNCATES, MUTE };

struct world {
	struct loop *loop;
	struct watch udp, listening, tcp;
	struct timer timer;
	int udp_fd, listening_fd, tcp_fd;
	enum manner manner;
	struct endpoint endpoint;
	uint16_t ports[MANY], ids[MANY];
	size_t n_seen;
};

struct asked {
	struct plain_owner owner;
	struct world *world;
	enum transport_err err;
	uint8_t answer[2048];
	size_t size;
	unsigned times;
};

/* A question for the addresses of "a.", and the answer to it. */
static const uint8_t QUERY[] = {[2] = 1, [5] = 1, [12] = 1, 'a', 0, 0, 1, 0, 1};
static const uint8_t RECORD[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};

static size_t answer_to(
	const struct world *world, const uint8_t *query, bool by_tcp, uint8_t *out)
{
	memcpy(out, query, sizeof QUERY);
	out[2] |= 0x80;
	if (world->manner == REFUSES)
		out[3] |= 5;
	if (world->manner == WRONG_ID)
		out[1] ^= 1;
	if (world->manner == WRONG_QUESTION)
		out[13] = 'b';
	if (world->manner == TRUNCATES && !by_tcp) {
		out[2] |= 2;
		return sizeof QUERY;
	}
	out[7] = 1;
	memcpy(out + sizeof QUERY, RECORD, sizeof RECORD);
	return sizeof QUERY + sizeof RECORD;
}

static void on_udp(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct world *world = container_of(watch, struct world, udp);
	struct sockaddr_in from;
	socklen_t from_size = sizeof from;
	uint8_t query[512], out[512];
	ssize_t n = recvfrom(
		world->udp_fd, query, sizeof query, 0, (struct sockaddr *)&from, &from_size);

	assert_int_equal(n, sizeof QUERY);
	if (world->n_seen < MANY) {
		world->ports[world->n_seen] = from.sin_port;
		world->ids[world->n_seen++] = (uint16_t)(query[0] << 8 | query[1]);
	}
	if (world->manner == MUTE)
		return;
	n = (ssize_t)answer_to(world, query, false, out);
	assert_int_equal(
		sendto(world->udp_fd, out, (size_t)n, 0, (struct sockaddr *)&from, from_size),
		n);
}

static void on_tcp(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct world *world = container_of(watch, struct world, tcp);
	uint8_t query[512], out[512];
	ssize_t n = recv(world->tcp_fd, query, sizeof query, 0);
	size_t size;

	if (n <= 2) {
		watch_stop(watch);
		close(world->tcp_fd);
		return;
	}
	size = answer_to(world, query + 2, true, out + 2);
	out[0] = 0;
	out[1] = (uint8_t)size;
	assert_int_equal(send(world->tcp_fd, out, size + 2, 0), size + 2);
}

static void on_connection(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct world *world = container_of(watch, struct world, listening);

	world->tcp_fd = accept(world->listening_fd, NULL, NULL);
	assert_true(watch_start(world->loop, &world->tcp, world->tcp_fd, LOOP_READ));
}

static void on_end(struct timer *timer)
{
	loop_stop(container_of(timer, struct world, timer)->loop);
}

/* One port for both: others may have it for TCP, if only since a moment ago. */
static bool bind_both(struct world *world, struct sockaddr_in *ret)
{
	for (unsigned i = 0; i < 200; i++) {
		socklen_t size = sizeof *ret;

		*ret = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		world->udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
		world->listening_fd = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(world->udp_fd, (struct sockaddr *)ret, size) == 0 &&
			getsockname(world->udp_fd, (struct sockaddr *)ret, &size) == 0 &&
			bind(world->listening_fd, (struct sockaddr *)ret, size) == 0)
			return true;
		close(world->udp_fd);
		close(world->listening_fd);
	}
	return false;
}

static void world_begin(struct world *world, enum manner manner)
{
	struct sockaddr_in address;

	*world = (struct world){.loop = loop_new(),
		.udp.ready = on_udp,
		.listening.ready = on_connection,
		.tcp.ready = on_tcp,
		.timer.fired = on_end,
		.manner = manner};
	assert_true(bind_both(world, &address));
	assert_int_equal(listen(world->listening_fd, 5), 0);
	assert_true(watch_start(world->loop, &world->udp, world->udp_fd, LOOP_READ));
	assert_true(
		watch_start(world->loop, &world->listening, world->listening_fd, LOOP_READ));
	world->endpoint =
		(struct endpoint){.subject = {.address = {127, 0, 0, 1}, .address_size = 4},
			.port = ntohs(address.sin_port)};
}

static void world_end(struct world *world)
{
	watch_stop(&world->udp);
	watch_stop(&world->listening);
	watch_stop(&world->tcp);
	timer_done(&world->timer);
	close(world->udp_fd);
	close(world->listening_fd);
	loop_free(world->loop);
}

static void on_done(
	struct plain_owner *owner, enum transport_err err, struct wire answer, const char *why)
{
	struct asked *asked = container_of(owner, struct asked, owner);

	asked->times++;
	asked->err = err;
	asked->size = answer.size;
	if (err == TRANSPORT_OK)
		memcpy(asked->answer, answer.data, answer.size);
	else
		assert_true(strlen(why) > 0);
	assert_true(timer_start(asked->world->loop, &asked->world->timer, 10));
}

static struct plain *ask(struct world *world, struct asked *asked)
{
	struct plain *plain;

	*asked = (struct asked){.owner.done = on_done, .world = world};
	plain = plain_ask(world->loop, &world->endpoint, (struct wire){QUERY, sizeof QUERY},
		100, &asked->owner);
	assert_non_null(plain);
	assert_int_equal(asked->times, 0);
	return plain;
}

static void run_for(struct world *world, unsigned ms)
{
	assert_true(timer_start(world->loop, &world->timer, ms));
	loop_run(world->loop);
}

static void expect(enum manner manner, enum transport_err err, uint8_t rcode)
{
	struct world world;
	struct asked asked;

	world_begin(&world, manner);
	ask(&world, &asked);
	run_for(&world, 2000);
	assert_int_equal(asked.times, 1);
	assert_int_equal(asked.err, err);
	if (err == TRANSPORT_OK) {
		assert_int_equal(asked.size, sizeof QUERY + sizeof RECORD);
		assert_int_equal(asked.answer[3] & 15, rcode);
		assert_int_equal(asked.answer[2] & 2, 0);
	}
	world_end(&world);
}

static void test_answers([[maybe_unused]] void **state)
{
	expect(ANSWERS, TRANSPORT_OK, 0);
	expect(REFUSES, TRANSPORT_OK, 5);
	expect(TRUNCATES, TRANSPORT_OK, 0); /* over TCP then */
}

static void test_no_answer([[maybe_unused]] void **state)
{
	expect(MUTE, TRANSPORT_TIMEOUT, 0);
	expect(WRONG_ID, TRANSPORT_TIMEOUT, 0);
	expect(WRONG_QUESTION, TRANSPORT_TIMEOUT, 0);
}

static void test_nobody_there([[maybe_unused]] void **state)
{
	struct world world;
	struct asked asked;

	world_begin(&world, ANSWERS);
	watch_stop(&world.udp);
	close(world.udp_fd);
	world.udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
	ask(&world, &asked);
	run_for(&world, 2000);
	assert_int_equal(asked.times, 1);
	assert_int_equal(asked.err, TRANSPORT_UNREACHABLE);
	world_end(&world);
}

static void test_cancelled([[maybe_unused]] void **state)
{
	struct world world;
	struct asked asked;
	struct plain *plain;

	world_begin(&world, MUTE);
	plain_cancel(ask(&world, &asked));
	run_for(&world, 20);
	plain = ask(&world, &asked);
	run_for(&world, 50);
	plain_cancel(plain);
	run_for(&world, 400);
	assert_int_equal(asked.times, 0);
	world_end(&world);
}

static int compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static size_t distinct(uint16_t *values)
{
	size_t n = 1;

	qsort(values, MANY, sizeof *values, compare);
	for (size_t i = 1; i < MANY; i++)
		n += values[i] != values[i - 1];
	return n;
}

/* RFC 5452: who wants to forge an answer has to guess both. */
static void test_ports_and_ids([[maybe_unused]] void **state)
{
	struct asked asked[MANY];
	struct world world;

	world_begin(&world, ANSWERS);
	for (size_t i = 0; i < MANY; i++) {
		ask(&world, &asked[i]);
		run_for(&world, 2000);
		assert_int_equal(asked[i].err, TRANSPORT_OK);
	}
	assert_true(distinct(world.ports) > MANY * 9 / 10);
	assert_true(distinct(world.ids) > MANY * 9 / 10);
	world_end(&world);
}

static void test_addresses([[maybe_unused]] void **state)
{
	struct world world = {.manner = ANSWERS};
	struct plain_addresses addresses;
	uint8_t answer[512];
	size_t size = answer_to(&world, QUERY, false, answer);

	assert_true(plain_read_addresses((struct wire){answer, size}, 4, &addresses));
	assert_int_equal(addresses.n, 1);
	assert_int_equal(addresses.ttl_s, 60);
	assert_memory_equal(addresses.bytes[0], "\xc0\0\2\1", 4);
	assert_false(plain_read_addresses((struct wire){answer, size}, 16, &addresses));
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, answer, cut);
		assert_false(plain_read_addresses((struct wire){copy, cut}, 4, &addresses));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_ports_and_ids),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests_name("plain", tests, NULL, NULL);
}
