/* SPDX-License-Identifier: MIT */
#pragma once
/* Reports as JSON, for all programs that show one. Not a part of the library. */
#include "ctpolicy/ctpolicy.h"
#include <jansson.h>

/* "2026-08-20T13:34:57.123Z"; returns `text`. */
const char *report_time(uint64_t ms, char text[32]);
/* 32 bytes in hexadecimal; returns `text`. */
const char *report_hex(const uint8_t bytes[32], char text[65]);

/* An array of what became of each SCT, and the whole report. New references. NULL: no memory.
 */
json_t *report_scts_json(const struct ct_report *report);
json_t *report_json(const struct ct_report *report);
