/* SPDX-License-Identifier: MIT */
#pragma once
/* Certificates and log lists from files, for tests. All fail the test when something is wrong.
 */
#include "ctpolicy/ctpolicy.h"
#include "ctpolicy/pem.h"

/* A clock that is set. */
#define AT(ms) ((struct ct_clock){.now_ms = (ms)})

/* The whole file FOLDER/NAME; free it with file_free(). */
struct ct_bytes file_read(const char *folder, const char *name);
void file_free(struct ct_bytes bytes);

/* A log list that parses. */
struct ct_log_list *file_log_list(const char *folder, const char *name);
/* A chain in PEM: pem_free(). */
struct pem_chain file_chain(const char *folder, const char *name);

/* The verdict on a chain's first certificate, whose issuer is the second. */
enum ct_verdict file_check(const struct ct_log_list *list, enum ct_policy policy,
	const char *folder, const char *name, const char *time, struct ct_report *ret);
