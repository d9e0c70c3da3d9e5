/* SPDX-License-Identifier: MIT */
#pragma once
/* The log list in its file, with the signature that may be asked of it. */
#include "ctpolicy/ctpolicy.h"

/* Where a list is. */
struct list_paths {
	const char *list;
	const char *signature, *key; /* both, or both NULL: it need not be signed */
};

/* A list with the bytes that it was made of. */
struct list_file {
	struct ct_log_list *list; /* NULL: none */
	uint8_t *json, *signature;
	size_t json_size, signature_size;
	bool unfinished; /* it lies beside its place: list_finish() */
};

/*
 * Reads and verifies a list. False: `why` says what is wrong; nothing is left to be freed.
 *
 * Of a pair that list_install() was writing when the power failed, the signature is new and the
 * list is not: then the new list lies beside it still, and is taken.
 */
bool list_open(const struct list_paths *paths, struct list_file *ret, char *why, size_t size);
/* Also of one that is all zero. */
void list_close(struct list_file *file);

/* Puts an unfinished list in its place. False: `why` says what is wrong. */
bool list_finish(const struct list_paths *paths, char *why, size_t size);
/* Puts a list, and its signature, where `paths` say, in the place of what is there; whoever
 * reads at any time finds the old or the new. False: `why` says what is wrong, and the old one
 * is there. */
bool list_install(
	const struct list_file *file, const struct list_paths *paths, char *why, size_t size);
