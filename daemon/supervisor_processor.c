#include "supervisor_processor.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define NEARLY_ALL 0.75

static int read_numbers(pid_t pid, const char *file, const char *format, ...) {
        char path[64];
        va_list ap;
        FILE *f;
        int n;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        f = fopen(path, "re");
        if (!f)
                return 0;
        va_start(ap, format);
        n = vfscanf(f, format, ap);
        va_end(ap);
        fclose(f);
        return n;
}

void supervisor_processor_read(pid_t pid, struct supervisor_processor *ret) {
        int64_t ran, queued; /* ns */
        char state;

        *ret = (struct supervisor_processor){ 0 };
        if (read_numbers(pid, "schedstat", "%" SCNd64 " %" SCNd64, &ran, &queued) != 2)
                return;
        ret->ran = ran / 1000;
        ret->queued = queued / 1000;
        ret->ready = read_numbers(pid, "stat", "%*d (%*[^)]) %c", &state) == 1 && state == 'R';
}

bool supervisor_processor_starved(pid_t pid, const struct supervisor_processor *before, int64_t silence) {
        double nearly_all = NEARLY_ALL * (double)silence;
        struct supervisor_processor now;

        supervisor_processor_read(pid, &now);
        return (double)(now.queued - before->queued) >= nearly_all ||
               (now.ready && (double)(silence - (now.ran - before->ran)) >= nearly_all);
}
