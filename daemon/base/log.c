/*
 * Where a line goes is found out once: systemd says in JOURNAL_STREAM which device and inode its stream has, and if
 * stderr is that one, fields are sent instead of text.
 *
 * Folding: each event name has a slot. Within a minute from the slot's first line, a line equal to the last one, and
 * any line beyond LINES_PER_MINUTE, is counted instead of written; when the minute is over, the count is written by
 * whichever line comes next. So a storm costs LINES_PER_MINUTE lines a minute and event name, and nothing is hidden:
 * the count is there.
 */
#include "base/log.h"
#include "base/clock.h"
#include "base/span.h"

#include <event2/event.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#define SD_JOURNAL_SUPPRESS_LOCATION /* it would always be this file */
#include <systemd/sd-journal.h>
#include <unistd.h>
#include <xxhash.h>

#define LINE_MAX_        2048
#define SLOTS            64
#define LINES_PER_MINUTE 20

struct log_slot {
        char event[32];
        enum log_level level;
        int64_t since;    /* boot clock */
        uint64_t last;    /* hash of the last line */
        unsigned written; /* since then */
        unsigned folded;  /* since then */
};

static struct {
        pthread_mutex_t lock;
        char process[32];
        enum log_level max;
        bool journald;
        struct log_slot slots[SLOTS];
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER, .process = "wardwatch", .max = LOG_LEVEL_INFO };

static bool log_stderr_is_journald(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        uint64_t device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%" SCNu64 ":%" SCNu64, &device, &inode) != 2)
                return false;
        return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* What it warns of is what another library has done to a descriptor: of use to who looks for the cause of something
 * else. */
static void log_libevent(int severity, const char *message) {
        static const enum log_level levels[] = {
                [EVENT_LOG_DEBUG] = LOG_LEVEL_DEBUG,
                [EVENT_LOG_MSG] = LOG_LEVEL_DEBUG,
                [EVENT_LOG_WARN] = LOG_LEVEL_INFO,
                [EVENT_LOG_ERR] = LOG_LEVEL_ERROR,
        };

        log_write(levels[severity & 3], "libevent", NULL, "%s", message);
}

void log_init(const char *process, enum log_level max) {
        (void)pthread_mutex_lock(&log_state.lock);
        (void)snprintf(log_state.process, sizeof log_state.process, "%s", process);
        log_state.max = max;
        log_state.journald = log_stderr_is_journald();
        memset(log_state.slots, 0, sizeof log_state.slots);
        (void)pthread_mutex_unlock(&log_state.lock);
        event_set_log_callback(log_libevent);
}

void log_set_level(enum log_level max) {
        (void)pthread_mutex_lock(&log_state.lock);
        log_state.max = max;
        (void)pthread_mutex_unlock(&log_state.lock);
}

static const char *log_level_name(enum log_level level) {
        static const char *const names[] = {
                [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
                [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
        };

        return names[level];
}

/* A device's name in a message must not end the line or drive a terminal: by a control character, or by one of the
 * second set, U+0080 to U+009F, which is C2 80 to C2 9F. */
static void log_clean(char *text) {
        for (unsigned char *p = (unsigned char *)text; *p; p++) {
                bool second = p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;

                if (second)
                        *p++ = '?';
                if (second || *p < 0x20 || *p == 0x7f)
                        *p = '?';
        }
}

/* "2026-01-31T09:00:00.123Z": instant_format's microseconds cut to milliseconds. */
static void log_timestamp(char out[static 32]) {
        instant_format(clock_wall(), out);
        memcpy(out + 23, "Z", sizeof "Z");
}

static void log_put_text(enum log_level level, const char *event, const char *subject, const char *message) {
        char line[LINE_MAX_ + 256], when[32];
        int n;

        log_timestamp(when);
        n = snprintf(line, sizeof line - 1, "%s %s %s %s%s%s: %s", when, log_state.process, log_level_name(level),
                     event, subject ? " " : "", subject ? subject : "", message);
        if (n < 0)
                return;
        n = n < (int)sizeof line - 1 ? n : (int)sizeof line - 2;
        line[n] = '\0';
        log_clean(line);
        line[n] = '\n';
        /* one write, so that lines of several processes on one descriptor stay whole */
        if (write(STDERR_FILENO, line, (size_t)n + 1) < 0)
                return;
}

static void log_put(enum log_level level, const char *event, const char *subject, const char *message) {
        if (log_state.journald)
                (void)sd_journal_send("PRIORITY=%d", (int)level, "SYSLOG_IDENTIFIER=wardwatch-%s", log_state.process,
                                      "WW_EVENT=%s", event, "WW_SUBJECT=%s", subject ? subject : "",
                                      "MESSAGE=%s%s%s: %s", event, subject ? " " : "", subject ? subject : "", message,
                                      NULL);
        else
                log_put_text(level, event, subject, message);
}

static void log_slot_end(struct log_slot *slot, int64_t now) {
        char message[96];

        if (slot->folded) {
                (void)snprintf(message, sizeof message, "%u more of these in the last %" PRId64 " s", slot->folded,
                               (now - slot->since) / WW_SECOND);
                log_put(slot->level, slot->event, NULL, message);
        }
        slot->event[0] = '\0';
}

static void log_sweep(int64_t now) {
        for (size_t i = 0; i < SLOTS; i++) {
                struct log_slot *slot = &log_state.slots[i];

                if (slot->event[0] && now - slot->since >= WW_MINUTE)
                        log_slot_end(slot, now);
        }
}

/* The event's slot, a free one, or the oldest one, whose count is written first. */
static struct log_slot *log_slot_of(const char *event, enum log_level level, int64_t now) {
        struct log_slot *oldest = NULL;

        for (size_t i = 0; i < SLOTS; i++) {
                struct log_slot *slot = &log_state.slots[i];

                if (slot->event[0] && strncmp(slot->event, event, sizeof slot->event - 1) == 0)
                        return slot;
                if (!oldest || (oldest->event[0] && (!slot->event[0] || slot->since < oldest->since)))
                        oldest = slot;
        }
        if (oldest->event[0])
                log_slot_end(oldest, now);
        *oldest = (struct log_slot){ .level = level, .since = now };
        (void)snprintf(oldest->event, sizeof oldest->event, "%s", event);
        return oldest;
}

static bool log_folds(const char *event, enum log_level level, const char *subject, const char *message, int64_t now) {
        struct log_slot *slot = log_slot_of(event, level, now);
        uint64_t seed = subject ? XXH3_64bits(subject, strlen(subject)) : 0;
        uint64_t hash = XXH3_64bits_withSeed(message, strlen(message), seed);

        if (slot->written && (hash == slot->last || slot->written >= LINES_PER_MINUTE)) {
                slot->folded++;
                return true;
        }
        slot->last = hash;
        slot->written++;
        return false;
}

void log_write(enum log_level level, const char *event, const char *subject, const char *format, ...) {
        char message[LINE_MAX_];
        int saved = errno;
        int64_t now;
        va_list ap;

        if (level > log_state.max)
                return;
        va_start(ap, format);
        if (vsnprintf(message, sizeof message, format, ap) < 0)
                message[0] = '\0';
        va_end(ap);
        now = clock_boot();
        (void)pthread_mutex_lock(&log_state.lock);
        log_sweep(now);
        if (!log_folds(event, level, subject, message, now))
                log_put(level, event, subject, message);
        (void)pthread_mutex_unlock(&log_state.lock);
        errno = saved;
}
