#include "supervisor_notify.h"
#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void supervisor_notify_ready(void) {
        sd_notify(0, "READY=1");
}

void supervisor_notify_reloading(void) {
        struct timespec t;

        /* Type=notify-reload wants to know that this answer is younger than its signal */
        clock_gettime(CLOCK_MONOTONIC, &t);
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

void supervisor_notify_stopping(void) {
        sd_notify(0, "STOPPING=1");
}

void supervisor_notify_extend(int64_t usec) {
        sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIi64, usec);
}

void supervisor_notify_watchdog(void) {
        sd_notify(0, "WATCHDOG=1");
}

void supervisor_notify_status(const char *text) {
        sd_notifyf(0, "STATUS=%s", text);
}

int64_t supervisor_notify_interval(void) {
        uint64_t usec = 0;

        return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 2) : 0;
}
