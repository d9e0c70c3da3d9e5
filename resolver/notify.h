/* SPDX-License-Identifier: MIT */
#pragma once
/* Tells systemd how far the daemon is (sd_notify(3)), where it has started it. Without
 * libsystemd, which brings six more libraries along. */

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* One line that `systemctl status` shows. */
void notify_status(const char *upstream, const char *why);
