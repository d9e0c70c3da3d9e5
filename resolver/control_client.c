/* SPDX-License-Identifier: MIT */
#include "resolver/control_client.h"
#include "resolver/control_answer.h"
#include "resolver/control_request.h"
#include "transport/buf.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 16,
	IDLE_MS = 10000,
	LINES_A_TURN = 4,        /* of each: others wait as long as all of them take */
	UNSENT_MAX = 512 * 1024, /* the largest reply to a query, four times */
};

struct control_client {
	struct control_clients *clients;
	struct list node;
	int fd;
	bool privileged; /* root, or the daemon's own user */
	struct watch watch;
	unsigned watched;
	struct timer idle;
	struct turn turn; /* writes what was said in this turn; frees when closed */
	bool closed, eof, ends, monitors, busy;
	bool waits; /* for the next turn of the loop, to go on with what it has asked */
	struct buf in, out;
	struct tap tap;
	struct inside inside; /* asks, while it is busy */
	uint64_t began_us;
};

static void client_close(struct control_client *client)
{
	if (client->closed)
		return;
	client->closed = true;
	inside_done(&client->inside);
	if (client->monitors)
		taps_remove(&client->tap);
	list_remove(&client->node);
	client->clients->n--;
	watch_stop(&client->watch);
	timer_done(&client->idle);
	close(client->fd);
	loop_defer(client->clients->facts->loop, &client->turn);
}

static void client_touch(struct control_client *client)
{
	list_remove(&client->node);
	list_append(&client->clients->list, &client->node);
	if (!timer_start(client->clients->facts->loop, &client->idle, IDLE_MS))
		client_close(client);
}

/* It asks one thing at a time. */
static void client_watch(struct control_client *client)
{
	unsigned events = 0;

	if (!client->eof && !client->ends && !client->busy && !client->waits &&
		buf_size(&client->in) <= CONTROL_LINE_MAX)
		events |= LOOP_READ;
	if (buf_size(&client->out) > 0 || client->waits)
		events |= LOOP_WRITE;
	if (events == client->watched)
		return;
	client->watched = events;
	if (!watch_start(client->clients->facts->loop, &client->watch, client->fd, events))
		client_close(client);
}

/* Frees the text; says it at the end of the turn. False: it was not possible. */
static bool say(struct control_client *client, char *text)
{
	bool good = text != NULL && buf_size(&client->out) + strlen(text) < UNSENT_MAX &&
		    buf_append(&client->out, text, strlen(text)) &&
		    buf_append(&client->out, "\n", 1);

	free(text);
	client->ends |= !good;
	loop_defer(client->clients->facts->loop, &client->turn);
	return good;
}

/* Something has been asked, or answered; from within query_start() or later. */
static void on_reply(struct inside *inside, struct wire message, const struct client *from)
{
	struct control_client *client = container_of(inside, struct control_client, inside);

	client->busy = false;
	if (message.size == 0)
		say(client, control_answer_error("no reply is coming"));
	else
		say(client,
			control_answer_reply(message, from, tap_now_us() - client->began_us));
	client_touch(client);
}

/* The question in a message of its own: RD and AD, and an OPT record, so that the reply may
 * have Extended DNS Errors. */
static void ask(struct control_client *client, const struct control_request *request)
{
	static const uint8_t header[MESSAGE_HEADER_SIZE] = {
		[2] = 0x01, [3] = 0x20, [5] = 1, [11] = 1};
	static const uint8_t opt[] = {
		0, 0, 41, MESSAGE_UDP_SIZE >> 8, MESSAGE_UDP_SIZE & 0xff, 0, 0, 0, 0, 0, 0};
	const struct facts *facts = client->clients->facts;
	uint8_t message[sizeof header + MESSAGE_QUESTION_MAX + sizeof opt];
	size_t size = request->question_size;
	struct client asker = {.inside = &client->inside};

	memcpy(message, header, sizeof header);
	memcpy(message + sizeof header, request->question, size);
	memcpy(message + sizeof header + size, opt, sizeof opt);
	client->busy = true;
	client->began_us = tap_now_us();
	query_start(facts->queries, facts->snapshot,
		(struct wire){message, sizeof header + size + sizeof opt}, &asker);
	/* Neither is there a reply, nor will there be one: there was no memory for it. */
	if (client->busy && client->inside.client == NULL)
		on_reply(&client->inside, (struct wire){0}, &asker);
}

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct control_client *client = container_of(tap, struct control_client, tap);
	char *text = control_answer_event(event);

	/* One that does not keep up is closed, at the end of this turn. */
	if (text != NULL && !client->ends)
		say(client, text);
	else
		free(text);
}

static void monitor(struct control_client *client)
{
	if (!client->monitors)
		taps_add(client->clients->taps, &client->tap);
	client->monitors = true;
	say(client, control_answer_ok());
}

static void obey_portal(struct control_client *client, const struct control_request *request)
{
	const struct facts *facts = client->clients->facts;
	const struct portal_request open = {
		.link = *request->link != '\0' ? request->link : NULL,
		.server = {.address = request->server},
		.seconds = request->open_s};
	char why[160];
	bool good = true;

	if (request->close)
		portal_close(facts->portal, "it was told to");
	else if (request->open_s > 0)
		good = portal_open(facts->portal, &open, why, sizeof why);
	else if (*request->allow != '\0')
		good = portal_allow(facts->portal, request->allow, why, sizeof why);
	say(client, good ? control_answer_portal(facts) : control_answer_error(why));
}

static void client_obey(struct control_client *client, const struct control_request *request)
{
	const struct facts *facts = client->clients->facts;

	if (control_verb_is_privileged(request->verb) && !client->privileged) {
		say(client, control_answer_error(
				    "only root, and the daemon's own user, may do that"));
		return;
	}
	switch (request->verb) {
	case CONTROL_STATUS: say(client, control_answer_status(facts)); break;
	case CONTROL_STATISTICS: say(client, control_answer_statistics(facts)); break;
	case CONTROL_QUERY: ask(client, request); break;
	case CONTROL_FLUSH_CACHES:
		facts_flush(facts);
		say(client, control_answer_ok());
		break;
	case CONTROL_MONITOR: monitor(client); break;
	case CONTROL_PORTAL: obey_portal(client, request); break;
	}
}

/* What is no request is told, and ends the connection. */
static void client_lines(struct control_client *client)
{
	for (unsigned n = 0; !client->closed && !client->busy && !client->ends; n++) {
		struct wire in = buf_bytes(&client->in);
		const uint8_t *end = in.size > 0 ? memchr(in.data, '\n', in.size) : NULL;
		size_t size = end != NULL ? (size_t)(end - in.data) : in.size;
		struct control_request request;
		const char *wrong = "the line is too long";

		if (end == NULL && size <= CONTROL_LINE_MAX)
			return;
		client->waits = n == LINES_A_TURN;
		if (client->waits)
			return;
		if (size <= CONTROL_LINE_MAX)
			wrong = control_request_read((const char *)in.data, size, &request);
		if (wrong != NULL) {
			say(client, control_answer_error(wrong));
			client->ends = true;
			return;
		}
		buf_consume(&client->in, size + 1);
		client_touch(client);
		if (!client->closed)
			client_obey(client, &request);
	}
}

static void client_read(struct control_client *client)
{
	uint8_t *room = buf_room(&client->in, CONTROL_LINE_MAX + 1);
	ssize_t n =
		room != NULL ? recv(client->fd, room, CONTROL_LINE_MAX + 1, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (room == NULL || n < 0 || (n == 0 && client->monitors)) {
		client_close(client);
		return;
	}
	client->eof = n == 0;
	buf_added(&client->in, (size_t)n);
	loop_defer(client->clients->facts->loop, &client->turn);
}

static void client_write(struct control_client *client)
{
	while (buf_size(&client->out) > 0) {
		struct wire bytes = buf_bytes(&client->out);
		ssize_t n =
			send(client->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_close(client);
			return;
		}
		buf_consume(&client->out, (size_t)n);
	}
	/* What ends is not waited for: it has had its word, or does not read it. */
	if (client->ends ||
		(client->eof && !client->busy && !client->waits && buf_size(&client->out) == 0))
		client_close(client);
}

static void on_turn(struct turn *turn)
{
	struct control_client *client = container_of(turn, struct control_client, turn);

	if (!client->closed && !client->waits)
		client_lines(client);
	if (!client->closed)
		client_write(client);
	if (!client->closed)
		client_watch(client);
	if (!client->closed || client->turn.queued)
		return;
	buf_clear(&client->in);
	buf_clear(&client->out);
	free(client);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct control_client *client = container_of(watch, struct control_client, watch);

	if ((events & LOOP_WRITE) != 0) {
		client->waits = false;
		loop_defer(client->clients->facts->loop, &client->turn);
	}
	if ((events & LOOP_READ) != 0)
		client_read(client);
}

/* A query ends by itself; what is watched may be quiet. */
static void on_idle(struct timer *timer)
{
	struct control_client *client = container_of(timer, struct control_client, idle);

	if (client->busy || (client->monitors && buf_size(&client->out) == 0))
		client_touch(client);
	else
		client_close(client);
}

static bool is_privileged(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/* Nobody locks root out: of the others, the one that was idle longest goes. */
static bool make_room(struct control_clients *clients)
{
	for (struct list *l = clients->list.next; l != &clients->list; l = l->next) {
		struct control_client *client = container_of(l, struct control_client, node);

		if (client->privileged)
			continue;
		client_close(client);
		return true;
	}
	return false;
}

void control_client_accept(struct control_clients *clients, int fd)
{
	struct control_client *client = NULL;

	if (clients->n < CLIENTS_MAX || make_room(clients))
		client = calloc(1, sizeof *client);
	if (client == NULL) {
		close(fd);
		return;
	}
	client->clients = clients;
	client->fd = fd;
	client->privileged = is_privileged(fd);
	client->watch.ready = on_ready;
	client->idle.fired = on_idle;
	client->turn.run = on_turn;
	client->tap.tell = on_tap;
	client->inside.reply = on_reply;
	list_init(&client->node);
	list_init(&client->tap.node);
	list_append(&clients->list, &client->node);
	clients->n++;
	client_touch(client);
	if (!client->closed)
		client_watch(client);
}

void control_client_close_all(struct control_clients *clients)
{
	while (!list_empty(&clients->list))
		client_close(container_of(clients->list.next, struct control_client, node));
}
