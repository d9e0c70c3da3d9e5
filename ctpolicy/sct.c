/* SPDX-License-Identifier: MIT */
#include "ctpolicy/sct.h"

bool ctp_scts_open(struct ct_bytes list, struct reader *ret_items)
{
	struct reader r = {.rest = list};
	struct ct_bytes items = read_opaque16(&r);

	if (r.bad || r.rest.size > 0 || items.size == 0)
		return false;
	*ret_items = (struct reader){.rest = items};
	return true;
}

enum sct_parse ctp_scts_next(struct reader *items, struct sct *ret)
{
	struct reader r = {0};
	struct sct sct = {0};

	if (items->rest.size == 0)
		return SCT_END;
	r.rest = read_opaque16(items);
	if (items->bad || r.rest.size == 0)
		return SCT_MALFORMED;
	if (read_number(&r, 1) != SCT_VERSION_1)
		return SCT_OTHER_VERSION;
	sct.log_id = read_bytes(&r, CT_LOG_ID_SIZE);
	sct.timestamp_ms = read_number(&r, 8);
	sct.extensions = read_opaque16(&r);
	sct.hash = (uint8_t)read_number(&r, 1);
	sct.algorithm = (uint8_t)read_number(&r, 1);
	sct.signature = read_opaque16(&r);
	if (r.bad || r.rest.size > 0 || sct.signature.size == 0)
		return SCT_MALFORMED;
	*ret = sct;
	return SCT_PARSED;
}
