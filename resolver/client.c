/* SPDX-License-Identifier: MIT */
#include "resolver/client.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"

void client_join(struct client *client)
{
	list_init(&client->node);
	if (client->udp != NULL)
		udp_join(client->udp);
	else if (client->tcp != NULL)
		tcp_join(client->tcp, client);
	else if (client->inside != NULL)
		client->inside->client = client;
}

uint8_t *client_room(struct client *client, size_t size)
{
	if (client->udp != NULL)
		return udp_room(client->udp, size);
	if (client->tcp != NULL)
		return tcp_room(client->tcp, size);
	return client->inside != NULL ? buf_room(&client->inside->room, size) : NULL;
}

/* It is told once, and may be gone afterwards: it is no client any more before. */
static void inside_reply(struct client *client, struct wire message)
{
	struct inside *inside = client->inside;

	client->inside = NULL;
	inside->client = NULL;
	inside->reply(inside, message, client);
}

void client_send(struct client *client, size_t size)
{
	if (client->udp != NULL)
		udp_send(client->udp, client, size);
	else if (client->tcp != NULL)
		tcp_send(client->tcp, size);
	else if (client->inside != NULL)
		inside_reply(
			client, (struct wire){buf_room(&client->inside->room, size), size});
}

void client_leave(struct client *client)
{
	if (client->udp != NULL)
		udp_leave(client->udp);
	else if (client->tcp != NULL)
		tcp_leave(client->tcp, client);
	else if (client->inside != NULL)
		inside_reply(client, (struct wire){0});
}

void inside_cancel(struct inside *inside)
{
	struct client *client = inside->client;

	inside->client = NULL;
	if (client == NULL)
		return;
	client->inside = NULL;
	client->gone(client);
}

void inside_done(struct inside *inside)
{
	inside_cancel(inside);
	buf_clear(&inside->room);
}
