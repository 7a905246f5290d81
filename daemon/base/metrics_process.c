/* What the kernel knows of this process. What cannot be read is left out. */
#include "base/clock.h"
#include "base/metrics.h"
#include "wardwatch-build.h"
#include <wardwatch/time.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double resident_bytes(void) {
        FILE *f = fopen("/proc/self/statm", "re");
        long all, resident = -1;

        if (!f)
                return NAN;
        if (fscanf(f, "%ld %ld", &all, &resident) != 2)
                resident = -1;
        (void)fclose(f);
        return resident < 0 ? NAN : (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void) {
        DIR *dir = opendir("/proc/self/fd");
        double n = -3; /* ".", ".." and the folder itself */

        if (!dir)
                return NAN;
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

/* In ticks since the machine began: the 22nd word, the 20th behind the name, which may hold anything. */
static double start_time(void) {
        FILE *f = fopen("/proc/self/stat", "re");
        unsigned long long ticks = 0;
        char line[1024], *at;
        size_t n;

        if (!f)
                return NAN;
        n = fread(line, 1, sizeof line - 1, f);
        (void)fclose(f);
        line[n] = '\0';
        at = strrchr(line, ')');
        for (int i = 0; at && i < 20; i++)
                at = strchr(at + 1, ' ');
        if (!at || sscanf(at, "%llu", &ticks) != 1)
                return NAN;
        return (double)(clock_wall() - clock_boot()) / WW_SECOND + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double seconds(struct timeval t) {
        return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void metrics_put_process(struct metrics *m) {
        struct rlimit files;
        struct rusage usage;

        metrics_put_of(m, METRICS_BUILD_INFO, WW_STR(WARDWATCH_VERSION), 1);
        metrics_put(m, METRICS_PROCESS_START, start_time());
        if (getrusage(RUSAGE_SELF, &usage) == 0)
                metrics_put(m, METRICS_PROCESS_CPU, seconds(usage.ru_utime) + seconds(usage.ru_stime));
        metrics_put(m, METRICS_PROCESS_MEMORY, resident_bytes());
        metrics_put(m, METRICS_PROCESS_FILES, open_files());
        if (getrlimit(RLIMIT_NOFILE, &files) == 0)
                metrics_put(m, METRICS_PROCESS_FILES_MAX, (double)files.rlim_cur);
}
