#pragma once
/*
 * One structured log. Library code does not log; stage boundaries do, with the subject in the line.
 *
 * On a terminal or in a file: `2026-01-31T09:00:00.123Z engine notice broker-lost session=bulk: connection refused`.
 * Under systemd (JOURNAL_STREAM matches stderr): sd_journal fields PRIORITY, WW_EVENT, WW_SUBJECT, MESSAGE.
 * A line that repeats is written once a minute with its count (per event name), so that a storm cannot fill a disk.
 */
#include "base/error.h"

/* = syslog's */
enum log_level {
        LOG_LEVEL_ERROR = 3,
        LOG_LEVEL_WARNING = 4,
        LOG_LEVEL_NOTICE = 5,
        LOG_LEVEL_INFO = 6,
        LOG_LEVEL_DEBUG = 7,
};

/** Once at start. `process`: "engine". Level from the configuration's `log.level`. */
void log_init(const char *process, enum log_level max);
void log_set_level(enum log_level max);

/** `event`: a short stable name, "broker-lost"; `subject`: "session=bulk" or NULL. */
void log_write(enum log_level level, const char *event, const char *subject, const char *format, ...) _printf_(4, 5);

#define log_error(event, subject, ...)   log_write(LOG_LEVEL_ERROR, event, subject, __VA_ARGS__)
#define log_warning(event, subject, ...) log_write(LOG_LEVEL_WARNING, event, subject, __VA_ARGS__)
#define log_notice(event, subject, ...)  log_write(LOG_LEVEL_NOTICE, event, subject, __VA_ARGS__)
#define log_info(event, subject, ...)    log_write(LOG_LEVEL_INFO, event, subject, __VA_ARGS__)
#define log_debug(event, subject, ...)   log_write(LOG_LEVEL_DEBUG, event, subject, __VA_ARGS__)
