/* SPDX-License-Identifier: MIT */
#pragma once
/* Parameters of SVCB and HTTPS records (RFC 9460), and what they share with other data. */
#include "resolver/presentation.h"

/* Each with a space in front. False: malformed. */
bool presentation_svcb(FILE *out, struct wire parameters);

/* What stands between quotes (RFC 1035 section 5.1). */
void presentation_escape(FILE *out, struct wire bytes);
/* RFC 4648 section 4. False: there is nothing. */
bool presentation_base64(FILE *out, struct wire bytes);
