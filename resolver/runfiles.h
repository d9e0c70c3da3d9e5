/* SPDX-License-Identifier: MIT */
#pragma once
/* STANDIN_FOLDER/stub-resolv.conf and resolv.conf, for resolv.conf(5) to point to. */
#include "resolver/standin.h"

struct runfiles;

/* Writes both, and again when links change. front: borrowed. NULL: no memory. */
struct runfiles *runfiles_new(const struct front *front);
/* The configuration is another one. */
void runfiles_write(struct runfiles *runfiles);
/* The files stay. NULL is allowed. */
void runfiles_free(struct runfiles *runfiles);
