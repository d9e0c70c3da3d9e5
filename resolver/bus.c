/* SPDX-License-Identifier: MIT */
/* The connection to the bus, its place in the loop, and the name there. */
#include "resolver/bus.h"
#include "resolver/bus_inside.h"
#include "resolver/log.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	RECONNECT_MS = 1000,
	NAME_AGAIN_MS = 60 * 1000,
	MESSAGES_A_TURN = 32,
	/* With so many messages unsent, no more are read: each may be answered. */
	UNSENT_MAX = 256,
};

static void drop(struct bus *bus, int err);

/* Rounded up: earlier there would be nothing to do. */
static uint64_t ms_until(uint64_t monotonic_us)
{
	struct timespec now;
	uint64_t now_us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	return monotonic_us > now_us ? (monotonic_us - now_us + 999) / 1000 : 0;
}

void bus_touch(struct bus *bus)
{
	loop_defer(bus->front->loop, &bus->turn);
}

static bool is_full(const struct bus *bus)
{
	uint64_t unsent = 0;

	return sd_bus_get_n_queued_write(bus->connection, &unsent) >= 0 && unsent > UNSENT_MAX;
}

/* Waits for what sd-bus waits for. */
static void arm(struct bus *bus)
{
	int fd = sd_bus_get_fd(bus->connection), wanted = sd_bus_get_events(bus->connection);
	uint64_t until_us = UINT64_MAX;
	bool full = is_full(bus);
	unsigned events = 0;

	if (fd < 0 || wanted < 0 || sd_bus_get_timeout(bus->connection, &until_us) < 0) {
		drop(bus, ENOTCONN);
		return;
	}
	if ((wanted & POLLIN) != 0 && !full)
		events |= LOOP_READ;
	if ((wanted & POLLOUT) != 0)
		events |= LOOP_WRITE;
	if (bus->changed && !full)
		bus_touch(bus);
	timer_stop(&bus->timer);
	if (!watch_start(bus->front->loop, &bus->watch, fd, events) ||
		(until_us != UINT64_MAX && !full &&
			!timer_start(bus->front->loop, &bus->timer, ms_until(until_us))))
		drop(bus, ENOMEM);
}

static void pump(struct bus *bus)
{
	int r = 1;

	for (unsigned n = 0; n < MESSAGES_A_TURN && r > 0; n++)
		r = is_full(bus) && n > 0 ? 0 : sd_bus_process(bus->connection, NULL);
	if (r < 0)
		drop(bus, -r);
	else
		arm(bus);
}

static void on_ready(struct watch *watch, [[maybe_unused]] unsigned events)
{
	pump(container_of(watch, struct bus, watch));
}

static void on_timer(struct timer *timer)
{
	pump(container_of(timer, struct bus, timer));
}

static bool same_server(const struct bus_server *a, const struct bus_server *b)
{
	return a->size == b->size && a->port == b->port &&
	       memcmp(a->address, b->address, a->size) == 0;
}

static void emit(struct bus *bus)
{
	struct bus_server current = bus_current_server(bus->front->facts->snapshot->set);
	bool other = !same_server(&current, &bus->current);

	if (bus->changed)
		sd_bus_emit_properties_changed(bus->connection, BUS_PATH, BUS_NAME ".Manager",
			"DNS", "DNSEx", "LLMNRHostname", NULL);
	if (other)
		sd_bus_emit_properties_changed(bus->connection, BUS_PATH, BUS_NAME ".Manager",
			"CurrentDNSServer", "CurrentDNSServerEx", NULL);
	bus->changed = false;
	bus->current = current;
}

static void on_turn(struct turn *turn)
{
	struct bus *bus = container_of(turn, struct bus, turn);

	if (bus->freed) {
		free(bus);
		return;
	}
	if (bus->connection == NULL)
		return;
	if (!is_full(bus))
		emit(bus);
	pump(bus);
}

static void on_links_changed(struct links_observer *observer)
{
	struct bus *bus = container_of(observer, struct bus, observer);

	bus->changed = true;
	bus_touch(bus);
}

static void again_in(struct bus *bus, uint64_t ms)
{
	if (!timer_start(bus->front->loop, &bus->retry, ms))
		log_line(LOG_ERROR, "event=bus why=\"out of memory\"");
}

static void complain(const char *why)
{
	char room[512];

	log_line(LOG_WARNING, "event=bus why=\"%s\"", log_text(why, room, sizeof room));
}

static int on_name(sd_bus_message *reply, void *owner, [[maybe_unused]] sd_bus_error *error)
{
	enum { PRIMARY_OWNER = 1, EXISTS = 3, ALREADY_OWNER = 4 };
	const sd_bus_error *refused = sd_bus_message_get_error(reply);
	struct bus *bus = owner;
	uint32_t got = EXISTS;

	if (refused == NULL && sd_bus_message_read(reply, "u", &got) >= 0 &&
		(got == PRIMARY_OWNER || got == ALREADY_OWNER)) {
		log_line(LOG_NOTICE, "event=bus name=" BUS_NAME);
		bus->announced = true;
		bus->complained = false;
		return 0;
	}
	if (!bus->announced)
		complain(refused == NULL            ? BUS_NAME " belongs to another program"
			 : refused->message != NULL ? refused->message
						    : refused->name);
	bus->announced = true;
	again_in(bus, NAME_AGAIN_MS);
	return 0;
}

/* Somebody has left the bus. */
static int on_left(sd_bus_message *signal, void *owner, [[maybe_unused]] sd_bus_error *error)
{
	struct bus *bus = owner;
	const char *name;

	if (sd_bus_message_read(signal, "s", &name) < 0)
		return 0;
	permissions_cancel(bus, name);
	bus_lookups_cancel(bus, name);
	return 0;
}

/* Blocks on nothing: what is asked of the bus here is heard later. */
static int set_up(struct bus *bus)
{
	static const char left[] = "type='signal',sender='org.freedesktop.DBus',"
				   "path='/org/freedesktop/DBus',"
				   "interface='org.freedesktop.DBus',"
				   "member='NameOwnerChanged',arg2=''";
	int r = sd_bus_open_system(&bus->connection);

	if (r >= 0)
		r = bus_manager_add(bus);
	if (r >= 0)
		r = bus_link_add(bus);
	if (r >= 0)
		r = bus_log_add(bus);
	if (r >= 0)
		r = sd_bus_add_match_async(bus->connection, NULL, left, on_left, NULL, bus);
	if (r >= 0)
		r = sd_bus_request_name_async(bus->connection, NULL, BUS_NAME, 0, on_name, bus);
	return r;
}

static void connect_to(struct bus *bus)
{
	int r = set_up(bus);

	if (r < 0)
		drop(bus, -r);
	else
		bus_touch(bus);
}

static void on_retry(struct timer *timer)
{
	struct bus *bus = container_of(timer, struct bus, retry);

	if (bus->connection == NULL) {
		connect_to(bus);
		return;
	}
	if (sd_bus_request_name_async(bus->connection, NULL, BUS_NAME, 0, on_name, bus) < 0)
		again_in(bus, NAME_AGAIN_MS);
	bus_touch(bus);
}

static void disconnect(struct bus *bus)
{
	watch_stop(&bus->watch);
	timer_stop(&bus->timer);
	permissions_cancel(bus, NULL);
	bus_lookups_cancel(bus, NULL);
	bus->connection = sd_bus_close_unref(bus->connection);
	bus->announced = false;
}

/* There is no bus, or none any more: it is looked for until there is. */
static void drop(struct bus *bus, int err)
{
	disconnect(bus);
	if (!bus->complained)
		complain(strerror(err));
	bus->complained = true;
	again_in(bus, RECONNECT_MS);
}

struct bus *bus_new(const struct front *front)
{
	struct bus *bus = calloc(1, sizeof *bus);

	if (bus == NULL)
		return NULL;
	bus->front = front;
	bus->watch.ready = on_ready;
	bus->timer.fired = on_timer;
	bus->retry.fired = on_retry;
	bus->turn.run = on_turn;
	bus->observer.changed = on_links_changed;
	list_init(&bus->lookups);
	list_init(&bus->permissions);
	links_observe(front->links, &bus->observer);
	return bus;
}

void bus_announce(struct bus *bus)
{
	connect_to(bus);
}

void bus_configure(struct bus *bus)
{
	if (bus != NULL)
		on_links_changed(&bus->observer);
}

void bus_upstream_changed(struct bus *bus)
{
	if (bus != NULL)
		bus_touch(bus);
}

void bus_suspect_portal(struct bus *bus, const char *why)
{
	if (bus->connection == NULL || !bus->announced)
		return;
	(void)sd_bus_emit_signal(bus->connection, BUS_PATH, "org.ctresolved.Portal",
		"PortalSuspected", "s", why);
	bus_touch(bus);
}

void bus_free(struct bus *bus)
{
	if (bus == NULL)
		return;
	disconnect(bus);
	links_unobserve(&bus->observer);
	timer_done(&bus->timer);
	timer_done(&bus->retry);
	bus->freed = true;
	if (!bus->turn.queued)
		free(bus);
}
