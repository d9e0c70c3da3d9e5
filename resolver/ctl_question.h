/* SPDX-License-Identifier: MIT */
#pragma once
/* What people write to ask for something, made a question of a message. */
#include "resolver/message.h"

struct question {
	uint8_t wire[MESSAGE_QUESTION_MAX];
	size_t size;
	uint16_t type;
};

/*
 * A name, with escapes (presentation.h) or letters that DNS does not have (idna.h), or an
 * address, whose names are meant; absolute. False: it is none of them.
 *
 * *ret_address  it is an address
 */
bool question_of(const char *text, struct question *ret, bool *ret_address);
/* Another type of the same name. */
void question_set_type(struct question *question, uint16_t type);
