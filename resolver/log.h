/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines for people and their tools, on stderr: key=value, a sentence in quotes. Never a query's
 * name. */
#include <stddef.h>

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6 };

/* Under systemd each line begins with its priority (sd-daemon(3)). */
[[gnu::format(printf, 2, 3)]] void log_line(enum log_level level, const char *format, ...);

/* Lines of less weight than this are left out, from now on: a priority of syslog(3), 0 to 7;
 * LOG_INFO at first. */
void log_set_level(unsigned level);
unsigned log_level(void);

/* Of what others have written, the text as it stands between quotes: a backslash before a quote
 * and a backslash. Cut where it does not fit into `room`, which is returned. */
const char *log_text(const char *text, char *room, size_t size);
