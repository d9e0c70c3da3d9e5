/* SPDX-License-Identifier: MIT */
#pragma once
/* Small files of text that programs leave for each other in /run: read whole, replaced whole.
 */
#include <stdbool.h>
#include <stddef.h>

/* What is in it, terminated, from malloc(). NULL: errno says why; EFBIG: it is longer than
 * `max`, EINVAL: it is no regular file, or has a NUL in it. */
char *smallfile_read(const char *path, size_t max);
/* Puts it in the place of what was there, at once, for all to read; unless it was the same.
 * False: errno says why, and nothing has changed. */
[[nodiscard]] bool smallfile_write(const char *path, const char *text);
