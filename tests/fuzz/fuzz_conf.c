/* SPDX-License-Identifier: MIT */
/* A configuration file: there is a configuration, or there are mistakes, each in one printable
 * line. */
#include "conf/conf.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors;
	struct conf *conf = conf_parse("fuzz", (const char *)data, size, &errors);

	if ((conf == NULL) != (errors.count > 0))
		abort();
	if (conf != NULL && (conf->n_upstreams == 0 || conf->log_list == NULL))
		abort();
	for (size_t i = 0; i < errors.count; i++)
		for (const char *c = errors.lines[i]; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				abort();
	conf_free(conf);
	conf_errors_clear(&errors);
	return 0;
}
