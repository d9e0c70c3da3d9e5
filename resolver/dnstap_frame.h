/* SPDX-License-Identifier: MIT */
#pragma once
/* dnstap (https://dnstap.info) in Frame Streams: bytes alone. Both are small enough to be
 * written by hand. */
#include "resolver/tap.h"
#include "transport/buf.h"

enum dnstap_control {
	DNSTAP_ACCEPT = 1,
	DNSTAP_START = 2,
	DNSTAP_STOP = 3,
	DNSTAP_READY = 4,
	DNSTAP_FINISH = 5,
};

/* Adds a frame to `out`. False: no memory, and nothing was added. */
bool dnstap_write_control(struct buf *out, enum dnstap_control type);
/* So too, of a client's query or the reply to it; the times are nanoseconds since 1970. */
bool dnstap_write_event(struct buf *out, const struct tap_event *event, uint64_t now_ns);

enum dnstap_read {
	DNSTAP_UNFINISHED, /* more is to come */
	DNSTAP_READ,
	DNSTAP_BAD, /* that is no control frame */
};

/* Looks at the control frame that `bytes` begin with. */
enum dnstap_read dnstap_read_control(struct wire bytes, unsigned *ret_type, size_t *ret_size);
