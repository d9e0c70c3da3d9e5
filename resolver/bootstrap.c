/* SPDX-License-Identifier: MIT */
#include "resolver/bootstrap.h"
#include "conf/value.h"
#include "resolver/message.h"
#include "transport/plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ANSWER_MS = 5000,
	RETRY_MS = 1000, /* doubled with each failure */
	RETRY_MAX_MS = 300000,
	KEEP_MIN_MS = 60000,
	KEEP_MAX_MS = 24 * 3600 * 1000,
};

/* One name and one family. */
struct lookup {
	struct bootstrap *bootstrap;
	size_t index; /* of the endpoint */
	size_t address_size;
	struct exchange exchange;
	bool asking;
	bool heard;         /* an answer to what was asked last */
	struct timer timer; /* asking: when it is given up; else: when it is asked (again) */
	unsigned failures;
	uint8_t question[MESSAGE_QUESTION_MAX];
	size_t question_size;
};

struct bootstrap {
	struct loop *loop;
	struct upstream_set *set, *ask;
	struct answer_room room;
	struct lookup lookups[UPSTREAMS_MAX];
	size_t n;
};

static struct lookup *lookup_of(struct exchange *exchange)
{
	return container_of(exchange, struct lookup, exchange);
}

static struct wire question_of(const struct lookup *lookup)
{
	return (struct wire){lookup->question, lookup->question_size};
}

static size_t on_write(struct exchange *exchange, enum protocol protocol, uint8_t *out)
{
	struct request request = {.rd = true, .question = question_of(lookup_of(exchange))};

	return message_write_query(&request, protocol, out);
}

static bool on_accept(struct exchange *exchange, struct wire answer)
{
	struct answer read;

	return message_read_answer(question_of(lookup_of(exchange)), answer,
		&lookup_of(exchange)->bootstrap->room, &read);
}

/* Without memory it is not asked again before the next reload. */
static void ask_again_in(struct lookup *lookup, uint64_t ms)
{
	lookup->asking = false;
	(void)!timer_start(lookup->bootstrap->loop, &lookup->timer, ms);
}

static void failed(struct lookup *lookup, const char *reason)
{
	uint64_t ms = RETRY_MS;
	char why[320];

	snprintf(why, sizeof why, "its address is not known: %s", reason);
	set_lack_address(lookup->bootstrap->set, lookup->index, why);
	for (unsigned i = 0; i < lookup->failures && ms < RETRY_MAX_MS; i++)
		ms *= 2;
	lookup->failures++;
	ask_again_in(lookup, ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
}

/* The address it has, as long as it is one of them and serves well; else the next. NULL: none
 * is one of a host. */
static const uint8_t *choose(const struct lookup *lookup, const struct plain_addresses *found)
{
	const struct bootstrap *bootstrap = lookup->bootstrap;
	const struct subject *present = &set_endpoint(bootstrap->set, lookup->index)->subject;
	size_t first = 0;

	for (size_t i = 0; present->address_size > 0 && i < found->n; i++)
		if (memcmp(found->bytes[i], present->address, present->address_size) == 0)
			first = set_is_well(bootstrap->set, lookup->index) ? i : i + 1;
	for (size_t i = 0; i < found->n; i++) {
		const uint8_t *bytes = found->bytes[(first + i) % found->n];
		struct conf_address address = {.size = (uint8_t)lookup->address_size};

		memcpy(address.bytes, bytes, lookup->address_size);
		if (!value_is_no_host(&address))
			return bytes;
	}
	return NULL;
}

static void on_done(struct exchange *exchange)
{
	struct lookup *lookup = lookup_of(exchange);
	struct plain_addresses addresses;
	const uint8_t *address = NULL;
	uint64_t keep_ms;

	if (exchange->err != TRANSPORT_OK) {
		failed(lookup, exchange->why);
		return;
	}
	lookup->heard = true;
	if (plain_read_addresses(exchange->answer, lookup->address_size, &addresses))
		address = choose(lookup, &addresses);
	if (address == NULL) {
		failed(lookup, lookup->address_size == 4 ? "its name has none of IPv4"
							 : "its name has none of IPv6");
		return;
	}
	lookup->failures = 0;
	keep_ms = (uint64_t)addresses.ttl_s * 1000;
	keep_ms = keep_ms > KEEP_MIN_MS ? keep_ms : KEEP_MIN_MS;
	ask_again_in(lookup, keep_ms < KEEP_MAX_MS ? keep_ms : KEEP_MAX_MS);
	set_address(lookup->bootstrap->set, lookup->index, address, lookup->address_size);
}

static void on_timer(struct timer *timer)
{
	struct lookup *lookup = container_of(timer, struct lookup, timer);
	struct bootstrap *bootstrap = lookup->bootstrap;

	if (lookup->asking) {
		set_cancel(&lookup->exchange);
		failed(lookup, "nobody says it in time");
		return;
	}
	lookup->asking = true;
	lookup->heard = false;
	/* Where the same are asked, nobody can help who cannot serve. */
	if (bootstrap->ask != bootstrap->set)
		set_expect_address(bootstrap->set, lookup->index, ANSWER_MS);
	lookup->exchange =
		(struct exchange){.write = on_write, .accept = on_accept, .done = on_done};
	(void)!timer_start(bootstrap->loop, timer, ANSWER_MS);
	set_submit(bootstrap->ask, &lookup->exchange);
}

/* name: a host name, as the configuration has checked it. */
static void write_question(struct lookup *lookup, const char *name)
{
	uint8_t *out = lookup->question;

	while (*name != '\0') {
		size_t size = strcspn(name, ".");

		*out++ = (uint8_t)size;
		memcpy(out, name, size);
		out += size;
		name += size + (name[size] == '.' ? 1 : 0);
	}
	*out++ = 0;
	*out++ = 0;
	*out++ = lookup->address_size == 4 ? TYPE_A : TYPE_AAAA;
	*out++ = 0;
	*out++ = 1; /* IN */
	lookup->question_size = (size_t)(out - lookup->question);
}

struct bootstrap *bootstrap_new(
	struct loop *loop, struct upstream_set *set, struct upstream_set *ask)
{
	struct bootstrap *bootstrap = calloc(1, sizeof *bootstrap);
	const struct endpoint *endpoint;

	if (bootstrap == NULL)
		return NULL;
	bootstrap->loop = loop;
	bootstrap->set = set;
	bootstrap->ask = ask;
	for (size_t i = 0; (endpoint = set_endpoint(set, i)) != NULL; i++) {
		struct lookup *lookup = &bootstrap->lookups[bootstrap->n];

		if (endpoint->subject.address_size != 0)
			continue;
		*lookup = (struct lookup){.bootstrap = bootstrap,
			.index = i,
			/* They come in pairs. */
			.address_size = bootstrap->n % 2 == 0 ? 4 : 16,
			.timer.fired = on_timer};
		bootstrap->n++;
		write_question(lookup, endpoint->subject.name);
		if (!timer_start(loop, &lookup->timer, 0)) {
			bootstrap_free(bootstrap);
			return NULL;
		}
	}
	return bootstrap;
}

void bootstrap_network_changed(struct bootstrap *bootstrap)
{
	for (size_t i = 0; i < bootstrap->n; i++) {
		struct lookup *lookup = &bootstrap->lookups[i];

		/* Where a name has no address, it does not get one by what happens to an
		 * interface, which may be often. */
		if (lookup->heard || lookup->failures == 0)
			continue;
		lookup->failures = 0;
		if (!lookup->asking)
			ask_again_in(lookup, 0);
	}
}

void bootstrap_free(struct bootstrap *bootstrap)
{
	if (bootstrap == NULL)
		return;
	for (size_t i = 0; i < bootstrap->n; i++) {
		set_cancel(&bootstrap->lookups[i].exchange);
		timer_done(&bootstrap->lookups[i].timer);
	}
	free(bootstrap);
}
