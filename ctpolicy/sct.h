/* SPDX-License-Identifier: MIT */
#pragma once
/* SignedCertificateTimestampList and its elements, from bytes (RFC 6962 sections 3.2 and 3.3).
 */
#include "ctpolicy/reader.h"

/* All spans point into the bytes that were parsed. */
struct sct {
	struct ct_bytes log_id;
	uint64_t timestamp_ms;
	struct ct_bytes extensions; /* signed; a static-ct-api log puts its leaf index there */
	uint8_t hash, algorithm;    /* RFC 5246 section 7.4.1.4.1 */
	struct ct_bytes signature;
};

enum { SCT_VERSION_1 = 0 };

/* The list: its length agrees, and it is not empty. False: malformed. *ret_items is what
 * ctp_scts_next() takes. */
bool ctp_scts_open(struct ct_bytes list, struct reader *ret_items);

enum sct_parse {
	SCT_PARSED,
	SCT_OTHER_VERSION, /* nothing is known of it */
	SCT_END,
	SCT_MALFORMED, /* this one, or the list around it: nothing of the list can be believed
			*/
};

enum sct_parse ctp_scts_next(struct reader *items, struct sct *ret);
