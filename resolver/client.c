/* SPDX-License-Identifier: MIT */
#include "resolver/client.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"

void client_join(struct client *client)
{
	list_init(&client->node);
	if (client->udp != NULL)
		udp_join(client->udp);
	else
		tcp_join(client->tcp, client);
}

uint8_t *client_room(struct client *client, size_t size)
{
	return client->udp != NULL ? udp_room(client->udp, size) : tcp_room(client->tcp, size);
}

void client_send(struct client *client, size_t size)
{
	if (client->udp != NULL)
		udp_send(client->udp, client, size);
	else
		tcp_send(client->tcp, size);
}

void client_leave(struct client *client)
{
	if (client->udp != NULL)
		udp_leave(client->udp);
	else
		tcp_leave(client->tcp, client);
}
