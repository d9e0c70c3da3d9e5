/* SPDX-License-Identifier: MIT */
#pragma once
/* The way from ctresolvectl to the daemon: control_request.h, control_answer.h. */
#include "resolver/ctl.h"
#include "resolver/ctl_question.h"
#include <jansson.h>
#include <stdio.h>

/* The control socket of the configuration, connected; to be closed with fclose(). NULL: nobody
 * is there: *ret_why, or the configuration is bad, which has been said, and *ret_why is NULL.
 */
FILE *control_connect(const struct ctl *ctl, const char **ret_why);
/* Asks. The answer is a reference of the caller's; NULL: none came, or it was an error; `why`
 * says what. */
json_t *control_ask(FILE *daemon, json_t *request, char *why, size_t size);
/* The request for an answer to this question. NULL: no memory. */
json_t *control_query_json(const struct question *question);
/* The next line; NULL: there is none. As long as it takes. */
json_t *control_next(FILE *daemon);
/* Connects, asks for {"verb": VERB}, and closes. NULL: it was said why. */
json_t *control_get(const struct ctl *ctl, const char *verb);
