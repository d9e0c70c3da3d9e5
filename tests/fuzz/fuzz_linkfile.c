/* SPDX-License-Identifier: MIT */
/* Files that say what is wanted of a link: what was read can be written, and is the same when
 * it is read again. The first byte says whose file it is. */
#include "resolver/envfile.h"
#include "resolver/linkfile.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Terminated, in memory of just that size. A NUL in the middle ends it: no file has one. */
static char *text_of(const uint8_t *data, size_t size)
{
	size_t n = strnlen((const char *)data, size);
	char *text = malloc(n + 1);

	if (text == NULL)
		return NULL;
	memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

/* However it is written, no line of it says more than one thing. */
static void check_again(struct link *link)
{
	struct link_settings again;
	char *text = linkfile_write_netif(link);

	if (text == NULL)
		return;
	if (strlen(text) > LINKFILE_SIZE_MAX || linkfile_read_netif(text, link, &again) != 0 ||
		!link_settings_same(&link->settings, &again))
		abort();
	link_settings_clear(&again);
	free(text);
}

static void check_values(char *text)
{
	static const char *const keys[] = {"A", "DNS", NULL};
	const char *end = text + strlen(text);
	char *values[3];

	envfile_read(text, keys, values, 3);
	for (size_t i = 0; i < 3; i++)
		if (values[i] != NULL &&
			(values[i] < text || values[i] + strlen(values[i]) > end))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link link = {.index = 3, .name = "eth0"};
	bool managed = true;
	char *text;

	if (size == 0 || size > 8192)
		return 0;
	text = text_of(data + 1, size - 1);
	if (text == NULL)
		return 0;
	if (data[0] % 3 == 0)
		(void)linkfile_read_networkd(text, &link, &link.settings, &managed);
	else if (data[0] % 3 == 1)
		(void)linkfile_read_netif(text, &link, &link.settings);
	else
		check_values(text);
	if (!managed && !link_settings_empty(&link.settings))
		abort();
	check_again(&link);
	link_settings_clear(&link.settings);
	free(text);
	return 0;
}
