/* SPDX-License-Identifier: MIT */
#include "resolver/metrics.h"
#include "resolver/client.h"
#include "resolver/log.h"
#include "resolver/metrics_text.h"
#include "transport/buf.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 8, BACKLOG = 8, TIME_MS = 5000, ACCEPT_PAUSE_MS = 100 };

struct metrics_listener {
	struct metrics *metrics;
	struct conf_address address;
	int fd;
	struct watch watch;
	struct timer pause; /* not watched until it fires */
};

struct metrics {
	const struct facts *facts;
	struct list clients; /* the oldest first */
	unsigned n_clients;
	struct metrics_listener *now, *next; /* NULL: none; next == now: the same goes on */
};

struct metrics_client {
	struct metrics *metrics;
	struct list node;
	int fd;
	struct watch watch;
	struct timer timer;
	struct turn turn; /* frees */
	bool closed, answered;
	struct buf in, out;
};

static void on_turn(struct turn *turn)
{
	struct metrics_client *client = container_of(turn, struct metrics_client, turn);

	buf_clear(&client->in);
	buf_clear(&client->out);
	free(client);
}

static void client_close(struct metrics_client *client)
{
	if (client->closed)
		return;
	client->closed = true;
	list_remove(&client->node);
	client->metrics->n_clients--;
	watch_stop(&client->watch);
	timer_done(&client->timer);
	close(client->fd);
	loop_defer(client->metrics->facts->loop, &client->turn);
}

/* METHOD SP TARGET SP HTTP/1.x: does `line` begin with this word? Then it goes behind it. */
static bool skip_word(struct wire *line, const char *word)
{
	size_t size = strlen(word);

	if (line->size < size || memcmp(line->data, word, size) != 0)
		return false;
	line->data += size;
	line->size -= size;
	return true;
}

enum metrics_request metrics_read_request(struct wire bytes)
{
	const uint8_t *end =
		bytes.size > 0 ? memmem(bytes.data, bytes.size, "\r\n\r\n", 4) : NULL;
	const uint8_t *space;
	struct wire line = bytes;
	bool head;

	if (end == NULL)
		return bytes.size >= METRICS_REQUEST_MAX ? METRICS_BAD : METRICS_UNFINISHED;
	line.size = (size_t)((const uint8_t *)memmem(bytes.data, bytes.size, "\r\n", 2) -
			     bytes.data);
	space = memrchr(line.data, ' ', line.size);
	if (space == NULL || line.data + line.size - space != 9 ||
		memcmp(space + 1, "HTTP/1.", 7) != 0 || space[8] < '0' || space[8] > '9')
		return METRICS_BAD;
	line.size = (size_t)(space - line.data);
	head = skip_word(&line, "HEAD ");
	if (!head && !skip_word(&line, "GET "))
		return memchr(line.data, ' ', line.size) != NULL ? METRICS_NOT_ALLOWED
								 : METRICS_BAD;
	if (!skip_word(&line, "/metrics") || (line.size > 0 && line.data[0] != '?'))
		return METRICS_NOT_FOUND;
	return head ? METRICS_HEAD : METRICS_GET;
}

static bool write_answer(struct metrics_client *client, const char *status, const char *more,
	const char *type, struct wire body, bool head)
{
	char text[256];
	int n = snprintf(text, sizeof text,
		"HTTP/1.1 %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, more, type, body.size);

	return buf_append(&client->out, text, (size_t)n) &&
	       (head || buf_append(&client->out, body.data, body.size));
}

static bool write_figures(struct metrics_client *client, bool head)
{
	size_t size;
	char *text = metrics_text(client->metrics->facts, &size);
	bool good = text != NULL && write_answer(client, "200 OK", "",
					    "text/plain; version=0.0.4; charset=utf-8",
					    (struct wire){(uint8_t *)text, size}, head);

	free(text);
	return good;
}

static bool write_error(struct metrics_client *client, const char *status, const char *more)
{
	struct wire asked = buf_bytes(&client->in);

	return write_answer(client, status, more, "text/plain",
		(struct wire){(const uint8_t *)status, strlen(status)},
		skip_word(&asked, "HEAD "));
}

static void client_write(struct metrics_client *client)
{
	struct wire bytes = buf_bytes(&client->out);
	ssize_t n = send(client->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_close(client);
		return;
	}
	buf_consume(&client->out, n > 0 ? (size_t)n : 0);
	if (buf_size(&client->out) > 0) {
		if (!watch_start(client->metrics->facts->loop, &client->watch, client->fd,
			    LOOP_WRITE))
			client_close(client);
		return;
	}
	/* Closed by the peer, or by the timer: what it sent beside would else turn the end of
	 * the answer into a reset. */
	if (shutdown(client->fd, SHUT_WR) < 0 || !watch_start(client->metrics->facts->loop,
							 &client->watch, client->fd, LOOP_READ))
		client_close(client);
}

static void client_answer(struct metrics_client *client, enum metrics_request request)
{
	bool good = true;

	switch (request) {
	case METRICS_UNFINISHED: return;
	case METRICS_GET: good = write_figures(client, false); break;
	case METRICS_HEAD: good = write_figures(client, true); break;
	case METRICS_NOT_FOUND: good = write_error(client, "404 Not Found", ""); break;
	case METRICS_NOT_ALLOWED:
		good = write_error(client, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
		break;
	case METRICS_BAD: good = write_error(client, "400 Bad Request", ""); break;
	}
	client->answered = true;
	if (good)
		client_write(client);
	else
		client_close(client);
}

static void client_read(struct metrics_client *client)
{
	size_t room_size = METRICS_REQUEST_MAX - buf_size(&client->in);
	uint8_t *room = buf_room(&client->in, room_size);
	ssize_t n = room != NULL ? recv(client->fd, room, room_size, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_close(client);
		return;
	}
	if (client->answered)
		return; /* it is not wanted, and not kept */
	buf_added(&client->in, (size_t)n);
	client_answer(client, metrics_read_request(buf_bytes(&client->in)));
	if (client->answered)
		buf_clear(&client->in);
}

static void on_ready(struct watch *watch, unsigned events)
{
	struct metrics_client *client = container_of(watch, struct metrics_client, watch);

	if ((events & LOOP_WRITE) != 0)
		client_write(client);
	else if ((events & LOOP_READ) != 0)
		client_read(client);
}

static void on_time(struct timer *timer)
{
	client_close(container_of(timer, struct metrics_client, timer));
}

static void client_accept(struct metrics *metrics, int fd)
{
	struct metrics_client *client = calloc(1, sizeof *client);

	if (client == NULL) {
		close(fd);
		return;
	}
	client->metrics = metrics;
	client->fd = fd;
	client->watch.ready = on_ready;
	client->timer.fired = on_time;
	client->turn.run = on_turn;
	list_append(&metrics->clients, &client->node);
	if (++metrics->n_clients > CLIENTS_MAX)
		client_close(container_of(metrics->clients.next, struct metrics_client, node));
	if (!timer_start(metrics->facts->loop, &client->timer, TIME_MS) ||
		!watch_start(metrics->facts->loop, &client->watch, fd, LOOP_READ))
		client_close(client);
}

static void on_accept(struct watch *watch, [[maybe_unused]] unsigned events)
{
	struct metrics_listener *listener = container_of(watch, struct metrics_listener, watch);
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		client_accept(listener->metrics, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED &&
		 timer_start(listener->metrics->facts->loop, &listener->pause, ACCEPT_PAUSE_MS))
		watch_stop(watch); /* else it would stay ready, and the loop spin */
}

static void on_pause_over(struct timer *timer)
{
	struct metrics_listener *listener = container_of(timer, struct metrics_listener, pause);
	struct loop *loop = listener->metrics->facts->loop;

	if (!watch_start(loop, &listener->watch, listener->fd, LOOP_READ))
		(void)!timer_start(loop, timer, ACCEPT_PAUSE_MS);
}

static void listener_free(struct metrics_listener *listener)
{
	if (listener == NULL)
		return;
	watch_stop(&listener->watch);
	timer_done(&listener->pause);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
}

static int open_socket(const struct conf_address *from)
{
	union socket_address address = {0};
	bool v4 = from->size == 4;
	int on = 1, fd;

	if (v4) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(from->port);
		memcpy(&address.v4.sin_addr, from->bytes, 4);
	} else {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(from->port);
		memcpy(&address.v6.sin6_addr, from->bytes, 16);
	}
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		bind(fd, &address.any, v4 ? sizeof address.v4 : sizeof address.v6) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

static struct metrics_listener *listen_at(
	struct metrics *metrics, const struct conf_address *address)
{
	struct metrics_listener *listener = calloc(1, sizeof *listener);
	int saved;

	if (listener == NULL)
		return NULL;
	listener->metrics = metrics;
	listener->address = *address;
	listener->watch.ready = on_accept;
	listener->pause.fired = on_pause_over;
	listener->fd = open_socket(address);
	if (listener->fd >= 0 &&
		watch_start(metrics->facts->loop, &listener->watch, listener->fd, LOOP_READ))
		return listener;
	saved = errno;
	listener_free(listener);
	errno = saved;
	return NULL;
}

bool metrics_prepare(struct metrics *metrics, const struct conf *conf)
{
	const struct conf_address *address = &conf->metrics_listen;

	metrics->next = NULL;
	if (address->size == 0)
		return true;
	if (metrics->now != NULL &&
		memcmp(&metrics->now->address, address, sizeof *address) == 0) {
		metrics->next = metrics->now;
		return true;
	}
	metrics->next = listen_at(metrics, address);
	if (metrics->next == NULL)
		log_line(LOG_ERROR, "event=metrics why=\"cannot listen there: %s\"",
			strerror(errno));
	return metrics->next != NULL;
}

void metrics_commit(struct metrics *metrics)
{
	if (metrics->next != metrics->now)
		listener_free(metrics->now);
	metrics->now = metrics->next;
}

void metrics_abandon(struct metrics *metrics)
{
	if (metrics->next != metrics->now)
		listener_free(metrics->next);
	metrics->next = metrics->now;
}

struct metrics *metrics_new(const struct facts *facts)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (metrics == NULL)
		return NULL;
	metrics->facts = facts;
	list_init(&metrics->clients);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	listener_free(metrics->now);
	while (!list_empty(&metrics->clients))
		client_close(container_of(metrics->clients.next, struct metrics_client, node));
	free(metrics);
}
