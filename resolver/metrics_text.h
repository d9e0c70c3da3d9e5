/* SPDX-License-Identifier: MIT */
#pragma once
/* The figures in Prometheus's text format 0.0.4. */
#include "resolver/figures.h"

/* To be freed with free(); NULL: no memory. */
char *metrics_text(const struct facts *facts, size_t *ret_size);
