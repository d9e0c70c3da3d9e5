/* SPDX-License-Identifier: MIT */
/* What a client sends over TCP, in pieces, to the real server on a real socket; every message
 * is answered with an error. The first byte says how large the pieces are. */
#include "resolver/message.h"
#include "resolver/tcp.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop *loop;
static union socket_address address;

/* The client's side. */
static struct {
	struct watch watch;
	int fd;
	const uint8_t *data;
	size_t left, step, received;
} client;

static void on_message([[maybe_unused]] struct tcp_owner *owner, struct wire message,
	const struct client *from)
{
	struct client asker = *from;
	struct request request;
	enum rcode rcode;
	uint8_t *room;

	if (!message_read_request(message, &request, &rcode))
		return;
	room = client_room(&asker, MESSAGE_ERROR_MAX);
	if (room != NULL)
		client_send(
			&asker, message_write_error(&request, rcode, EDE_OTHER, "why", room));
}

static bool on_admit([[maybe_unused]] struct tcp_owner *owner,
	[[maybe_unused]] const union socket_address *peer)
{
	return true;
}

static void on_client(struct watch *watch, unsigned events)
{
	uint8_t replies[4096];
	ssize_t n;

	if ((events & LOOP_WRITE) != 0 && client.left > 0) {
		size_t piece = client.left < client.step ? client.left : client.step;

		n = send(client.fd, client.data, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			client.data += n;
			client.left -= (size_t)n;
		}
		if (client.left == 0) {
			shutdown(client.fd, SHUT_WR);
			if (!watch_start(loop, watch, client.fd, LOOP_READ))
				abort();
		}
	}
	if ((events & LOOP_READ) == 0)
		return;
	n = recv(client.fd, replies, sizeof replies, MSG_DONTWAIT);
	if (n > 0)
		client.received += (size_t)n;
	else if (n == 0 || client.left == 0)
		loop_stop(loop);
}

static void begin(void)
{
	static const struct portion portion = {.workers = 1, .memory = 1 << 30};
	static struct tcp_owner owner = {.message = on_message, .admit = on_admit};
	struct tcp_server *server;
	pid_t pid = getpid();

	loop = loop_new();
	server = loop != NULL ? tcp_server_new(loop, &owner, &portion) : NULL;
	/* An address of its own for each process. */
	address.v4 = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(5300),
		.sin_addr.s_addr = htonl(0x7f400000U | ((uint32_t)pid & 0x3fffff))};
	if (server == NULL || tcp_listen(server, &address, PORT_ALONE) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct linger at_once = {1, 0};

	if (size < 2)
		return 0;
	if (loop == NULL)
		begin();
	client.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	client.watch.ready = on_client;
	client.data = data + 1;
	client.left = size - 1;
	client.step = (size_t)data[0] * 8 + 1;
	client.received = 0;
	if (client.fd < 0 || connect(client.fd, &address.any, sizeof address.v4) < 0 ||
		!watch_start(loop, &client.watch, client.fd, LOOP_READ | LOOP_WRITE))
		abort();
	loop_run(loop);
	watch_stop(&client.watch);
	close(client.fd);
	return 0;
}
