/* SPDX-License-Identifier: MIT */
#include "resolver/tap.h"
#include <time.h>

uint64_t tap_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
