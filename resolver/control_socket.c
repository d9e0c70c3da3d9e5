/* SPDX-License-Identifier: MIT */
#include "resolver/control_socket.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool fill(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof ret->sun_path)
		return false;
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return true;
}

/* Only the last of its folders. */
static void make_folder(const char *path)
{
	char folder[sizeof((struct sockaddr_un *)NULL)->sun_path];
	const char *slash = strrchr(path, '/');
	size_t size = slash != NULL ? (size_t)(slash - path) : 0;

	if (size == 0 || size >= sizeof folder)
		return;
	memcpy(folder, path, size);
	folder[size] = '\0';
	/* If that fails, bind() says why. Whatever the umask: it is for everybody. */
	if (mkdir(folder, 0755) == 0)
		(void)!chmod(folder, 0755);
}

/* What is there is removed if it is a socket that nobody listens on. False: it is not;
 * *ret_why. */
static bool clear_away(const struct sockaddr_un *address, const char **ret_why)
{
	struct stat there;
	bool dead;
	int fd;

	if (lstat(address->sun_path, &there) < 0)
		return true;
	*ret_why = "it is there already, and not a socket";
	if (!S_ISSOCK(there.st_mode))
		return false;
	*ret_why = "somebody listens there already";
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	dead = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
	       errno == ECONNREFUSED;
	close(fd);
	return dead && unlink(address->sun_path) == 0;
}

static int bind_for_all(const struct sockaddr_un *address, int backlog)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t mask;
	bool good;

	if (fd < 0)
		return -1;
	mask = umask(0111);
	good = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
	umask(mask);
	if (good && listen(fd, backlog) == 0)
		return fd;
	close(fd);
	return -1;
}

int control_file_listen(
	const char *path, int backlog, struct control_file *ret, char *why, size_t size)
{
	struct sockaddr_un address;
	const char *taken;
	struct stat there;
	int fd;

	if (!fill(path, &address)) {
		snprintf(why, size, "too long for a socket");
		return -1;
	}
	make_folder(path);
	if (!clear_away(&address, &taken)) {
		snprintf(why, size, "%s", taken);
		return -1;
	}
	fd = bind_for_all(&address, backlog);
	if (fd < 0 || lstat(path, &there) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*ret = (struct control_file){.device = there.st_dev, .inode = there.st_ino};
	memcpy(ret->path, path, strlen(path) + 1);
	return fd;
}

bool control_file_is_there(const struct control_file *file)
{
	struct stat there;

	/* While it is listened on, its number is nobody else's. */
	return lstat(file->path, &there) == 0 && there.st_dev == file->device &&
	       there.st_ino == file->inode;
}

void control_file_remove(const struct control_file *file)
{
	if (control_file_is_there(file))
		(void)!unlink(file->path);
}
