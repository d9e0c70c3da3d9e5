/* SPDX-License-Identifier: MIT */
#include "resolver/runfiles.h"
#include <stdint.h>

struct runfiles *runfiles_new(const struct front *front)
{
	return (struct runfiles *)(uintptr_t)front;
}

void runfiles_write(struct runfiles *runfiles)
{
	(void)runfiles;
}

void runfiles_free(struct runfiles *runfiles)
{
	(void)runfiles;
}
