/* SPDX-License-Identifier: MIT */
#pragma once
/* What is said on the control socket: JSON objects, each as text without an end of line, to be
 * freed with free(). NULL: no memory. */
#include "resolver/figures.h"

char *control_answer_ok(void);
char *control_answer_error(const char *why);
char *control_answer_status(const struct facts *facts);
char *control_answer_portal(const struct facts *facts);
char *control_answer_statistics(const struct facts *facts);
/* The reply to a query; `client` says where it comes from. */
char *control_answer_reply(struct wire message, const struct client *client, uint64_t took_us);
/* A reply that went by. NULL also when it was no reply. */
char *control_answer_event(const struct tap_event *event);
