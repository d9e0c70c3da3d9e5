/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What certificates the upstreams have shown, and what was said of them: a file of JSON lines
 * in the state directory, bounded, replaced as a whole, and at most a few times a day. Each
 * verdict on a leaf is in it once; no query ever is. It also answers which leaves were accepted
 * while the log list was fresh.
 */
#include "transport/loop.h"
#include "transport/trace.h"

#define EVIDENCE_FILE "evidence.json"

struct evidence;

/* With what the file says already. NULL: no memory. */
struct evidence *evidence_new(struct loop *loop);
/* Writes what is not written yet. NULL is allowed. */
void evidence_free(struct evidence *evidence);

/* A verdict was given. Says in the log when an upstream's issuer or key has changed. Any thread
 * may call it; the one of the loop then calls evidence_save_soon(). */
void evidence_note(struct evidence *evidence, const struct trace_event *event, uint64_t now_ms);
/* Writes what is not written yet, within a moment. */
void evidence_save_soon(struct evidence *evidence);

/* Borrowed from `evidence`. Any thread may ask it. */
struct accepted_before *evidence_accepted_before(struct evidence *evidence);
