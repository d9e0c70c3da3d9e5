/* SPDX-License-Identifier: MIT */
#include "resolver/listeners.h"
#include "resolver/log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DNS = 53 };

/* One socket; `udp` or `tcp` is set while it is open. */
struct listener {
	union socket_address address;
	bool is_udp;
	struct udp_listener *udp;
	struct tcp_listener *tcp;
};

struct listeners {
	struct listeners_params params;
	struct tcp_server *tcp_server;
	struct listener *items, *next; /* next: what has been prepared; NULL: nothing */
	size_t n, n_next;
};

static void text_of(const struct listener *listener, char *text, size_t size)
{
	const union socket_address *a = &listener->address;
	const char *protocol = listener->is_udp ? "udp" : "tcp";
	char ip[INET6_ADDRSTRLEN] = "";

	if (a->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, ip, sizeof ip);
		snprintf(text, size, "%s:%s:%u", protocol, ip, ntohs(a->v4.sin_port));
	} else {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, ip, sizeof ip);
		snprintf(text, size, "%s:[%s]:%u", protocol, ip, ntohs(a->v6.sin6_port));
	}
}

static bool same_socket(const struct listener *a, const struct listener *b)
{
	return a->is_udp == b->is_udp &&
	       memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

static union socket_address socket_address(const struct conf_address *from)
{
	uint16_t port = htons(from->port != 0 ? from->port : PORT_DNS);
	union socket_address address;

	memset(&address, 0, sizeof address); /* also what lies between: it is compared whole */
	if (from->size == 4) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = port;
		memcpy(&address.v4.sin_addr, from->bytes, 4);
	} else {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = port;
		memcpy(&address.v6.sin6_addr, from->bytes, 16);
	}
	return address;
}

static void want(struct listener *items, size_t *n, const struct conf_listener *wanted)
{
	union socket_address address = socket_address(&wanted->address);

	if (wanted->udp)
		items[(*n)++] = (struct listener){.address = address, .is_udp = true};
	if (wanted->tcp)
		items[(*n)++] = (struct listener){.address = address};
}

/* All that the configuration wants, none of it open. NULL: no memory. */
static struct listener *wanted_listeners(const struct conf *conf, size_t *ret_n)
{
	const struct conf_listener stubs[] = {
		{{.bytes = {127, 0, 0, 53}, .size = 4}, conf->stub_listener_udp,
			conf->stub_listener_tcp},
		{{.bytes = {127, 0, 0, 54}, .size = 4}, conf->stub_listener_udp,
			conf->stub_listener_tcp},
	};
	struct listener *items = calloc(2 * (2 + conf->n_extra_listeners), sizeof *items);

	*ret_n = 0;
	if (items == NULL)
		return NULL;
	want(items, ret_n, &stubs[0]);
	want(items, ret_n, &stubs[1]);
	for (size_t i = 0; i < conf->n_extra_listeners; i++)
		want(items, ret_n, &conf->extra_listeners[i]);
	return items;
}

static bool open_listener(struct listeners *listeners, struct listener *listener)
{
	const struct listeners_params *params = &listeners->params;

	if (listener->is_udp)
		listener->udp = udp_listen(params->loop, &listener->address, params->share,
			params->portion.memory, params->udp_owner);
	else
		listener->tcp =
			tcp_listen(listeners->tcp_server, &listener->address, params->share);
	return listener->udp != NULL || listener->tcp != NULL;
}

static void close_listener(struct listener *listener)
{
	if (listener->udp != NULL)
		udp_close(listener->udp);
	if (listener->tcp != NULL)
		tcp_close(listener->tcp);
	listener->udp = NULL;
	listener->tcp = NULL;
}

static struct listener *find(struct listener *items, size_t n, const struct listener *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (same_socket(&items[i], wanted))
			return &items[i];
	return NULL;
}

bool listeners_prepare(struct listeners *listeners, const struct conf *conf)
{
	listeners->next = wanted_listeners(conf, &listeners->n_next);
	if (listeners->next == NULL) {
		log_line(LOG_ERROR, "out of memory");
		return false;
	}
	for (size_t i = 0; i < listeners->n_next; i++) {
		struct listener *wanted = &listeners->next[i];
		char text[80];

		if (find(listeners->items, listeners->n, wanted) != NULL ||
			open_listener(listeners, wanted))
			continue;
		text_of(wanted, text, sizeof text);
		log_line(LOG_ERROR, "cannot listen on %s: %s", text, strerror(errno));
		return false;
	}
	return true;
}

void listeners_commit(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->n; i++) {
		struct listener *old = &listeners->items[i];
		struct listener *kept = find(listeners->next, listeners->n_next, old);

		if (kept != NULL && kept->udp == NULL && kept->tcp == NULL)
			*kept = *old;
		else
			close_listener(old);
	}
	free(listeners->items);
	listeners->items = listeners->next;
	listeners->n = listeners->n_next;
	listeners->next = NULL;
	listeners->n_next = 0;
}

void listeners_abandon(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->n_next; i++)
		close_listener(&listeners->next[i]);
	free(listeners->next);
	listeners->next = NULL;
	listeners->n_next = 0;
}

struct listeners *listeners_new(const struct listeners_params *params)
{
	struct listeners *listeners = calloc(1, sizeof *listeners);

	if (listeners == NULL)
		return NULL;
	listeners->params = *params;
	listeners->tcp_server =
		tcp_server_new(params->loop, params->tcp_owner, &params->portion);
	if (listeners->tcp_server == NULL) {
		free(listeners);
		return NULL;
	}
	return listeners;
}

void listeners_stop(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->n; i++)
		close_listener(&listeners->items[i]);
	tcp_server_stop(listeners->tcp_server);
}

bool listeners_unsent(const struct listeners *listeners)
{
	return tcp_server_unsent(listeners->tcp_server);
}

void listeners_free(struct listeners *listeners)
{
	if (listeners == NULL)
		return;
	for (size_t i = 0; i < listeners->n; i++)
		close_listener(&listeners->items[i]);
	tcp_server_free(listeners->tcp_server);
	free(listeners->items);
	free(listeners);
}
