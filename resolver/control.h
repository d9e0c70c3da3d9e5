/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The control socket: ctresolvectl(1) asks there, a JSON object a line each way
 * (control_request.h, control_answer.h). Everybody may connect; what each may ask depends on
 * who it is. Who does not read what it asked for is closed.
 */
#include "resolver/figures.h"

struct control;

/* All is borrowed. NULL: no memory. */
struct control *control_new(const struct facts *facts, struct taps *taps);
/* Closes all; a query that was asked here is forgotten. NULL is allowed. */
void control_free(struct control *control);

/*
 * Opens what a new configuration wants, beside what is open. False: it cannot be had, which has
 * been logged; but the default socket is done without. One of the two below must follow.
 */
bool control_prepare(struct control *control, const struct conf *conf);
/* From now on. Who is connected stays so. */
void control_commit(struct control *control);
/* As if nothing had been prepared. */
void control_abandon(struct control *control);
