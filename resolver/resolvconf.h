/* SPDX-License-Identifier: MIT */
#pragma once
/* Whose is /etc/resolv.conf? */

/* As resolved names it: "stub", "uplink", "static", "missing" or "foreign". */
const char *resolvconf_mode(void);
