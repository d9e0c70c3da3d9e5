/* SPDX-License-Identifier: MIT */
#include "resolver/control_client.h"
#include "resolver/control_answer.h"
#include "resolver/control_request.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 16,
	IDLE_MS = 10000,
	UNSENT_MAX = 512 * 1024, /* the largest reply to a query, four times */
};

struct control_client {
	struct channel channel;
	struct control_clients *clients;
	struct tap tap;
	struct inside inside; /* asks, while it is busy */
	uint64_t began_us;
};

static struct control_client *client_of(struct channel *channel)
{
	return container_of(channel, struct control_client, channel);
}

static void on_closed(struct channel *channel)
{
	struct control_client *client = client_of(channel);

	inside_done(&client->inside);
	if (client->channel.watches)
		taps_remove(client->clients->taps, &client->tap);
}

static void on_free(struct channel *channel)
{
	free(client_of(channel));
}

/* Frees the text. */
static void say(struct control_client *client, char *text)
{
	if (text != NULL)
		channel_say(&client->channel, text, strlen(text));
	else
		channel_end(&client->channel);
	free(text);
}

/* Something has been asked, or answered; from within query_start() or later. */
static void on_reply(struct inside *inside, struct wire message, const struct client *from)
{
	struct control_client *client = container_of(inside, struct control_client, inside);

	channel_set_busy(&client->channel, false);
	if (message.size == 0)
		say(client, control_answer_error("no reply is coming"));
	else
		say(client,
			control_answer_reply(message, from, tap_now_us() - client->began_us));
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
	channel_set_busy(&client->channel, true);
	if (client->channel.closed)
		return;
	client->began_us = tap_now_us();
	query_start(facts->queries, facts->snapshot,
		(struct wire){message, sizeof header + size + sizeof opt}, &asker);
	/* Neither is there a reply, nor will there be one: there was no memory for it. */
	if (client->channel.busy && client->inside.client == NULL)
		on_reply(&client->inside, (struct wire){0}, &asker);
}

static void on_tap(struct tap *tap, const struct tap_event *event)
{
	struct control_client *client = container_of(tap, struct control_client, tap);
	char *text = control_answer_event(event);

	/* One that does not keep up is closed, at the end of this turn. */
	if (text != NULL && !client->channel.ends)
		say(client, text);
	else
		free(text);
}

static void monitor(struct control_client *client)
{
	if (!client->channel.watches)
		taps_add(client->clients->taps, &client->tap);
	channel_set_watching(&client->channel);
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

	if (facts->next != NULL) {
		say(client,
			control_answer_error("a window can be opened with Workers=1 alone"));
		return;
	}
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

	if (control_verb_is_privileged(request->verb) && !client->channel.peer.privileged) {
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
static void on_message(struct channel *channel, struct wire message)
{
	struct control_client *client = client_of(channel);
	struct control_request request;
	const char *wrong = "the line is too long";

	if (message.size <= CONTROL_LINE_MAX)
		wrong = control_request_read(
			(const char *)message.data, message.size, &request);
	if (wrong == NULL) {
		client_obey(client, &request);
		return;
	}
	say(client, control_answer_error(wrong));
	channel_end(channel);
}

static const struct channel_kind KIND = {
	.end = '\n',
	.message_max = CONTROL_LINE_MAX,
	.unsent_max = UNSENT_MAX,
	.idle_ms = IDLE_MS,
	.max = CLIENTS_MAX,
	.max_of_user = CLIENTS_MAX + 1, /* as many as there may be */
	.take = on_message,
	.closed = on_closed,
	.free = on_free,
};

void control_clients_init(
	struct control_clients *clients, const struct facts *facts, struct taps *taps)
{
	*clients = (struct control_clients){.facts = facts, .taps = taps};
	channels_init(&clients->channels, &KIND, facts->loop);
}

void control_client_accept(struct control_clients *clients, int fd)
{
	struct control_client *client = NULL;
	struct channel_peer peer;

	if (channels_admit(&clients->channels, fd, &peer))
		client = calloc(1, sizeof *client);
	if (client == NULL) {
		close(fd);
		return;
	}
	client->clients = clients;
	client->tap.tell = on_tap;
	client->inside.reply = on_reply;
	list_init(&client->tap.node);
	channel_open(&clients->channels, &client->channel, fd, &peer);
}
