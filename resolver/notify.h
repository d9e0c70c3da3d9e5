/* SPDX-License-Identifier: MIT */
#pragma once
/* Tells systemd how far the daemon is (sd_notify(3)), where it has started it. Without
 * libsystemd, which brings six more libraries along. */
#include <stdint.h>

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* One line that `systemctl status` shows; what is no text in it becomes spaces. */
void notify_status(const char *upstream, const char *why);
/* How often notify_alive() is expected, in milliseconds: half of what systemd waits
 * (sd_watchdog_enabled(3)). 0: never. */
uint64_t notify_watchdog_ms(void);
/* The loop turns. */
void notify_alive(void);
