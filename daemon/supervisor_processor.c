#include "supervisor_processor.h"
#include "base/error.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define NEARLY_ALL 0.75
#define TEXT_MAX   512

static int open_of(pid_t pid, const char *file) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        return open(path, O_RDONLY | O_CLOEXEC);
}

void supervisor_processor_open(pid_t pid, struct supervisor_processor_files *ret) {
        ret->schedstat = open_of(pid, "schedstat");
        ret->stat = open_of(pid, "stat");
}

void supervisor_processor_close(struct supervisor_processor_files *files) {
        cleanup_closep(&files->schedstat);
        cleanup_closep(&files->stat);
        *files = SUPERVISOR_PROCESSOR_FILES_NONE;
}

static int read_numbers(int fd, const char *format, ...) {
        char text[TEXT_MAX];
        ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
        va_list ap;
        int n;

        if (size <= 0)
                return 0;
        text[size] = '\0';
        va_start(ap, format);
        n = vsscanf(text, format, ap);
        va_end(ap);
        return n;
}

void supervisor_processor_read(const struct supervisor_processor_files *files, struct supervisor_processor *ret) {
        int64_t ran, queued; /* ns */
        char state;

        *ret = (struct supervisor_processor){ 0 };
        if (read_numbers(files->schedstat, "%" SCNd64 " %" SCNd64, &ran, &queued) != 2)
                return;
        ret->ran = ran / 1000;
        ret->queued = queued / 1000;
        ret->ready = read_numbers(files->stat, "%*d (%*[^)]) %c", &state) == 1 && state == 'R';
}

bool supervisor_processor_starved(const struct supervisor_processor_files *files,
                                  const struct supervisor_processor *before, int64_t silence) {
        double nearly_all = NEARLY_ALL * (double)silence;
        struct supervisor_processor now;

        supervisor_processor_read(files, &now);
        return (double)(now.queued - before->queued) >= nearly_all ||
               (now.ready && (double)(silence - (now.ran - before->ran)) >= nearly_all);
}
