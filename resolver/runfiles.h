/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * stub-resolv.conf and resolv.conf, for resolv.conf(5) to point to. Nobody else's servers are
 * ever in them: who reads them would ask those in plain text.
 */
#include "resolver/standin.h"

struct runfiles;

/* Writes both, and again when links change. front, folder: borrowed; the latter is
 * STANDIN_FOLDER, or where a test has it. What cannot be written is logged. NULL: no memory. */
struct runfiles *runfiles_new(const struct front *front, const char *folder);
/* The configuration is another one. */
void runfiles_write(struct runfiles *runfiles);
/* The files stay. NULL is allowed. */
void runfiles_free(struct runfiles *runfiles);
