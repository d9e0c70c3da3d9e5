/* SPDX-License-Identifier: MIT */
#pragma once
/* The folder for what must outlive the daemon: $STATE_DIRECTORY, which systemd sets, or
 * /var/lib/ctresolved. */
#include <stdbool.h>
#include <stddef.h>

/* FOLDER/NAME. False: longer than `size`. */
bool statedir_path(const char *name, char *path, size_t size);
/* Makes the folder, for its owner alone, unless it is there. False: errno says why. */
bool statedir_make(void);
