/* SPDX-License-Identifier: MIT */
#include "resolver/notify.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The protocol of sd_notify(3): a datagram to the socket that $NOTIFY_SOCKET names, an '@' in
 * front standing for the abstract namespace. */
[[gnu::format(printf, 1, 2)]] static void notify(const char *format, ...)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path != NULL ? strlen(path) : 0;
	char text[512];
	va_list ap;
	int fd;

	if (size < 2 || size >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	/* Nobody waits for what it says. */
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
	close(fd);
}

void notify_ready(void)
{
	notify("READY=1");
}

/* Type=notify-reload wants to know when the reload began. */
void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
	notify("STOPPING=1");
}

/* A line that somebody else has a part in must not begin another. */
static void make_one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

void notify_status(const char *upstream, const char *why)
{
	char line[480];

	snprintf(line, sizeof line, "%s: %s", upstream, why);
	make_one_line(line);
	notify("STATUS=%s", line);
}

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	uint64_t number;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? number : 0;
}

uint64_t notify_watchdog_ms(void)
{
	/* For whom it is meant: what this process was started by may have been. */
	if (getenv("WATCHDOG_PID") != NULL && number_of("WATCHDOG_PID") != (uint64_t)getpid())
		return 0;
	return number_of("WATCHDOG_USEC") / 1000 / 2;
}

void notify_alive(void)
{
	notify("WATCHDOG=1");
}
