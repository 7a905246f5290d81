#pragma once
/* What the service manager is told; without one, nothing. Kept apart so that nobody else needs libsystemd's words. */
#include <stdint.h>

void supervisor_notify_ready(void);
void supervisor_notify_reloading(void); /* to be followed by ready */
void supervisor_notify_stopping(void);
/** The start takes longer: the next such word, or ready, comes within `usec`. */
void supervisor_notify_extend(int64_t usec);
void supervisor_notify_watchdog(void);
void supervisor_notify_status(const char *text);
/** How often supervisor_notify_watchdog must be called, µs; 0 = nobody waits for it. Half of what the manager allows.
 */
int64_t supervisor_notify_interval(void);
