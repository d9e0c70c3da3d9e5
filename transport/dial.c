/* SPDX-License-Identifier: MIT */
#include "transport/dial.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t fill_address(const struct endpoint *endpoint, union address *ret)
{
	const struct subject *subject = &endpoint->subject;

	*ret = (union address){0};
	if (subject->address_size == 4) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(endpoint->port);
		memcpy(&ret->v4.sin_addr, subject->address, 4);
		return sizeof ret->v4;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(endpoint->port);
	memcpy(&ret->v6.sin6_addr, subject->address, 16);
	return sizeof ret->v6;
}

enum transport_err dial(
	const struct endpoint *endpoint, uint32_t timeout_ms, int *ret_fd, int *ret_errno)
{
	union address address;
	socklen_t size = fill_address(endpoint, &address);
	int fd, on = 1, patience = (int)timeout_ms;

	fd = socket(
		address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0) {
		*ret_errno = errno;
		return TRANSPORT_UNREACHABLE;
	}
	/* Without it a query waits for the acknowledgement of the one before. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
	/* Also saves a round trip where servers and sysctl net.ipv4.tcp_fastopen have it. */
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
	if (connect(fd, &address.any, size) < 0 && errno != EINPROGRESS) {
		*ret_errno = errno;
		close(fd);
		return TRANSPORT_UNREACHABLE;
	}
	*ret_fd = fd;
	return TRANSPORT_OK;
}

int dial_result(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return error;
}
