/* SPDX-License-Identifier: MIT */
#pragma once
/* Files of KEY=VALUE lines, as systemd's programs leave them for each other in /run. Pure
 * functions over terminated text. */
#include <stddef.h>

/* Sets ret_values[i] to the value of keys[i], without its quotes, or to NULL where there is
 * none; of several the last one holds. keys[i] NULL: none is looked for. text: changed; the
 * values are parts of it. */
void envfile_read(char *text, const char *const *keys, char **ret_values, size_t n);
