/* SPDX-License-Identifier: MIT */
/* A log list in JSON. */
#include "ctpolicy/ctpolicy.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ct_log_list *list = NULL;
	struct ct_error error;

	if (ct_log_list_parse((struct ct_bytes){data, size}, &list, &error) != CT_OK) {
		if (list != NULL || strlen(error.text) >= sizeof error.text)
			abort();
		return 0;
	}
	for (size_t i = 0; i < ct_log_list_size(list); i++)
		if (ct_log_list_find(list, ct_log_list_at(list, i)->id) !=
			ct_log_list_at(list, i))
			abort();
	ct_log_list_free(list);
	return 0;
}
