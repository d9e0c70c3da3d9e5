/* SPDX-License-Identifier: MIT */
#include "resolver/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The one setting that all lines share, whoever writes them. */
static unsigned heard = LOG_INFO;

void log_set_level(unsigned level)
{
	heard = level;
}

unsigned log_level(void)
{
	return heard;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[4096];
	va_list args;

	if ((unsigned)level > heard)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	/* A name of the kernel's, say, is a stranger's: it writes on nobody's terminal. */
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (getenv("JOURNAL_STREAM") != NULL)
		fprintf(stderr, "<%d>%s\n", (int)level, line);
	else
		fprintf(stderr, "%s\n", line);
}

const char *log_text(const char *text, char *room, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 2 < size; text++) {
		if (*text == '"' || *text == '\\')
			room[used++] = '\\';
		room[used++] = *text;
	}
	room[used] = '\0';
	return room;
}
