/* SPDX-License-Identifier: MIT */
/* What a captive portal's web server says. */
#include "resolver/portal_http.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char url[PORTAL_URL_MAX], host[PORTAL_HOST_MAX];

	if (portal_http_read((struct wire){data, size}, url, host) != PORTAL_HTTP_REDIRECT)
		return 0;
	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f)
			abort();
	if (strlen(host) == 0 || strcasestr(url, host) == NULL)
		abort();
	return 0;
}
