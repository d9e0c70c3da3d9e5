/* SPDX-License-Identifier: MIT */
#pragma once
/* The nearest valid word, for messages: "did you mean LogList?" */

/* NULL: none is near. */
const char *suggest_section(const char *written);
const char *suggest_key(const char *section, const char *written);
