/* SPDX-License-Identifier: MIT */
#include "tests/unit/ctpolicy/files.h"
#include "ctpolicy/calendar.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FILE_SIZE_MAX = 1024 * 1024 };

struct ct_bytes file_read(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *bytes;
	FILE *file;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be opened", path);
	bytes = malloc(FILE_SIZE_MAX);
	assert_non_null(bytes);
	n = fread(bytes, 1, FILE_SIZE_MAX, file);
	assert_true(n >= 1 && n < FILE_SIZE_MAX);
	fclose(file);
	return (struct ct_bytes){bytes, n};
}

void file_free(struct ct_bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

struct ct_log_list *file_log_list(const char *folder, const char *name)
{
	struct ct_bytes json = file_read(folder, name);
	struct ct_log_list *list = NULL;
	struct ct_error error;

	if (ct_log_list_parse(json, &list, &error) != CT_OK)
		fail_msg("%s: %s", name, error.text);
	file_free(json);
	return list;
}

struct pem_chain file_chain(const char *folder, const char *name)
{
	struct ct_bytes text = file_read(folder, name);
	struct pem_chain chain;

	if (!pem_read(text, &chain) || chain.n < 2)
		fail_msg("%s: no chain", name);
	file_free(text);
	return chain;
}

enum ct_verdict file_check(const struct ct_log_list *list, enum ct_policy policy,
	const char *folder, const char *name, const char *time, struct ct_report *ret)
{
	struct pem_chain chain = file_chain(folder, name);
	struct ct_evidence evidence = {chain.der[0], chain.der[1]};
	enum ct_verdict verdict;
	uint64_t now_ms = 0;

	assert_true(ctp_calendar_parse(time, &now_ms));
	verdict = ct_check(list, policy, &evidence, AT(now_ms), ret);
	pem_free(&chain);
	return verdict;
}
