/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_client.h"
#include "resolver/varlink_methods.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 128,
	CLIENTS_OF_USER_MAX = 32,
	IDLE_MS = 60 * 1000,
	UNSENT_MAX = 512 * 1024,
};

static struct varlink_client *client_of(struct channel *channel)
{
	return container_of(channel, struct varlink_client, channel);
}

static void on_closed(struct channel *channel)
{
	struct varlink_client *client = client_of(channel);

	if (client->forget != NULL)
		client->forget(client);
}

static void on_free(struct channel *channel)
{
	free(client_of(channel));
}

/* Frees the message. False: it finds no room, and nothing was said. */
static bool say(struct varlink_client *client, json_t *message)
{
	char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t size = text != NULL ? strlen(text) : 0;
	bool fits = text != NULL && size <= channel_room(&client->channel);

	if (fits)
		channel_say(&client->channel, text, size);
	free(text);
	json_decref(message);
	return fits;
}

static void end_call(struct varlink_client *client)
{
	client->forget = NULL;
	channel_set_busy(&client->channel, false);
}

void varlink_fail(struct varlink_client *client, const char *error, json_t *parameters)
{
	json_t *message = json_pack("{s:s, s:o}", "error", error, "parameters", parameters);

	if (client->oneway)
		json_decref(message);
	else if (!say(client, message))
		channel_end(&client->channel);
	end_call(client);
}

void varlink_fail_parameter(struct varlink_client *client, const char *parameter)
{
	varlink_fail(client, "org.varlink.service.InvalidParameter",
		json_pack("{s:s}", "parameter", parameter));
}

void varlink_reply(struct varlink_client *client, json_t *parameters)
{
	json_t *message = json_pack("{s:o}", "parameters", parameters);
	bool memory = message != NULL;

	if (client->oneway) {
		json_decref(message);
	} else if (!say(client, message)) {
		varlink_fail(client, "io.systemd.System",
			json_pack("{s:s, s:s, s:i}", "origin", "linux", "errnoName",
				memory ? "EMSGSIZE" : "ENOMEM", "errno",
				memory ? EMSGSIZE : ENOMEM));
		return;
	}
	end_call(client);
}

void varlink_reply_more(struct varlink_client *client, json_t *parameters)
{
	json_t *message = json_pack("{s:o, s:b}", "parameters", parameters, "continues", true);

	if (!say(client, message))
		channel_end(&client->channel);
}

void varlink_begin(struct varlink_client *client, void (*forget)(struct varlink_client *))
{
	client->forget = forget;
	channel_set_busy(&client->channel, true);
}

void varlink_subscribe(struct varlink_client *client, void (*forget)(struct varlink_client *))
{
	varlink_begin(client, forget);
	channel_set_watching(&client->channel);
}

static void call_method(struct varlink_client *client, const struct varlink_call *call)
{
	const struct varlink_method *method;

	client->oneway = call->oneway;
	method = varlink_method_find(client->monitor, call->method);
	if (method == NULL)
		varlink_fail_method(client, call->method);
	else if (method->more && !call->more)
		varlink_fail(client, "org.varlink.service.ExpectedMore", json_object());
	else if (method->privileged && !client->channel.peer.privileged)
		varlink_fail(client, "org.varlink.service.PermissionDenied", json_object());
	else
		method->run(client, call);
}

/* Who does not speak varlink is told nothing. */
static void on_message(struct channel *channel, struct wire message)
{
	struct varlink_call call;

	if (message.size > VARLINK_CALL_MAX ||
		!varlink_call_read((const char *)message.data, message.size, &call)) {
		channel_close(channel);
		return;
	}
	call_method(client_of(channel), &call);
	varlink_call_done(&call);
}

static const struct channel_kind KIND = {
	.end = '\0',
	.message_max = VARLINK_CALL_MAX,
	.unsent_max = UNSENT_MAX,
	.idle_ms = IDLE_MS,
	.max = CLIENTS_MAX,
	.max_of_user = CLIENTS_OF_USER_MAX,
	.take = on_message,
	.closed = on_closed,
	.free = on_free,
};

void varlink_service_init(struct varlink_service *service, const struct front *front)
{
	*service = (struct varlink_service){.front = front};
	channels_init(&service->channels, &KIND, front->loop);
	list_init(&service->subscribers);
}

void varlink_client_accept(struct varlink_service *service, int fd, bool monitor)
{
	struct varlink_client *client = NULL;
	struct channel_peer peer;

	if (channels_admit(&service->channels, fd, &peer))
		client = calloc(1, sizeof *client);
	if (client == NULL) {
		close(fd);
		return;
	}
	client->service = service;
	client->monitor = monitor;
	list_init(&client->tap.node);
	list_init(&client->node);
	channel_open(&service->channels, &client->channel, fd, &peer);
}
