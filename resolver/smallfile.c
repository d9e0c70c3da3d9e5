/* SPDX-License-Identifier: MIT */
#include "resolver/smallfile.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As far as it goes. False: errno says why. */
static bool read_up_to(int fd, char *room, size_t size, size_t *ret)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t n = read(fd, room + filled, size - filled);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		filled += (size_t)n;
	}
	*ret = filled;
	return true;
}

/* Terminates it. False: it is no such text, errno says why. */
static bool read_text(int fd, char *text, size_t max)
{
	size_t n;

	/* It may be growing: what comes behind its size is seen by one byte more. */
	if (!read_up_to(fd, text, max + 1, &n))
		return false;
	if (n > max || memchr(text, '\0', n) != NULL) {
		errno = n > max ? EAGAIN : EINVAL;
		return false;
	}
	text[n] = '\0';
	return true;
}

static char *read_file(int fd, size_t max)
{
	struct stat status;
	char *text;

	if (fstat(fd, &status) != 0)
		return NULL;
	if (!S_ISREG(status.st_mode) || (uintmax_t)status.st_size > max) {
		errno = S_ISREG(status.st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	text = malloc((size_t)status.st_size + 1);
	if (text == NULL || read_text(fd, text, (size_t)status.st_size))
		return text;
	free(text);
	return NULL;
}

char *smallfile_read(const char *path, size_t max)
{
	/* Nobody waits for the other end of a pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;
	char *text;

	if (fd < 0)
		return NULL;
	text = read_file(fd, max);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

static bool says(const char *path, const char *text)
{
	char *there = smallfile_read(path, strlen(text));
	bool same = there != NULL && strcmp(there, text) == 0;

	free(there);
	return same;
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	/* Whatever the umask is. */
	return fchmod(fd, 0644) == 0;
}

bool smallfile_write(const char *path, const char *text)
{
	char new[PATH_MAX];
	bool good;
	int fd, n;

	if (says(path, text))
		return true;
	n = snprintf(new, sizeof new, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof new) {
		errno = ENAMETOOLONG;
		return false;
	}
	/* What is left of one that was not finished; or what somebody else has put there. */
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return false;
	good = write_all(fd, text);
	good = close(fd) == 0 && good;
	good = good && rename(new, path) == 0;
	if (!good) {
		int error = errno;

		unlink(new);
		errno = error;
	}
	return good;
}
