/* SPDX-License-Identifier: MIT */
#pragma once
/* Non-blocking TCP connections to an address. */
#include "transport/exchange.h"
#include "transport/verify.h"

/* Where an upstream is, and who it must be. */
struct endpoint {
	struct subject
		subject; /* its address is where to dial; subject.name may be `name` or NULL */
	uint16_t port;
	enum protocol protocol;
	/* PROTOCOL_HTTPS: of its URI; get: the method is GET, else POST. */
	const char *authority, *path;
	bool get;
	const char *text; /* as it was configured */
};

/*
 * Starts to connect; what is sent is given up when it is not acknowledged within `timeout_ms`
 * (RFC 5482). With TCP Fast Open (RFC 7413), where the system allows it: it may be ready before
 * the server has said anything. TRANSPORT_OK: *ret_fd is a non-blocking socket whose connection
 * is under way; the caller closes it. When it can be written to, dial_result() tells how it
 * ended. TRANSPORT_UNREACHABLE: it failed at once; *ret_errno says why.
 */
enum transport_err dial(
	const struct endpoint *endpoint, uint32_t timeout_ms, int *ret_fd, int *ret_errno);
/* 0, or the errno with which connecting failed. */
int dial_result(int fd);
