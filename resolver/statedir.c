/* SPDX-License-Identifier: MIT */
#include "resolver/statedir.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool statedir_path(const char *name, char *path, size_t size)
{
	const char *folder = getenv("STATE_DIRECTORY");
	int n;

	if (folder == NULL || folder[0] != '/')
		folder = "/var/lib/ctresolved";
	/* systemd.exec(5): several are separated by colons. */
	n = snprintf(path, size, "%.*s/%s", (int)strcspn(folder, ":"), folder, name);
	return n > 0 && (size_t)n < size;
}

bool statedir_make(void)
{
	char path[4096];

	if (!statedir_path("", path, sizeof path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}
