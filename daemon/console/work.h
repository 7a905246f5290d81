#pragma once
/*
 * Long work: a subcommand of this program as a process of its own, whose standard output is kept in a file that has no
 * name. So it can neither hold the loop up nor take its memory with it, and whoever asked can be told how far it is,
 * and stop it.
 *
 * Bounds: WORKS_RUNNING run at once, the others wait; WORKS_MAX are there in all, with their files; a file holds at
 * most WORK_BYTES_MAX, and none is begun while the disk has no room for it and more; after WORK_TIME it is ended.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct metrics;
struct work;
struct works;

#define WORKS_MAX      12
#define WORKS_RUNNING  2
#define WORK_BYTES_MAX ((int64_t)128 * 1024 * 1024)
#define WORK_TIME      (10 * WW_MINUTE)
#define WORK_WORDS_MAX 32
#define WORK_TEXT_SIZE 240
#define WORK_EXIT      "exit %d" /* the last line on its standard error */

enum work_result {
        WORK_DONE,    /* its file holds what it wrote */
        WORK_REFUSED, /* it said what was wrong with what was asked */
        WORK_FAILED,
};

struct work_handlers {
        void *userdata;
        void (*progress)(void *userdata, uint64_t done, uint64_t total); /* NULL: nobody minds */
        /* Once, from the loop; it may free the work. What was wrong and what helps, "" = nothing was said. */
        void (*end)(void *userdata, enum work_result result, const char *text, const char *cure);
};

/** `helper`: of work_helper_start; `dir_fd`: of the folder where the files are; both borrowed. 0, -ENOMEM. */
int works_new(struct works **ret, struct event_base *base, int helper, int dir_fd);
struct works *works_free(struct works *w); /* all must be freed before */
/** Ends what takes too long. Every second or so. */
void works_turn(struct works *w);
void works_metrics(const struct works *w, struct metrics *m);

/** `words`: the subcommand and its words, an array (stolen); `person`: who asks. NULL: there are too many, or there is
 * no room. */
struct work *work_begin(struct works *w, const char *person, json_t *words, const struct work_handlers *handlers);
/** Its file and how long it is, once it is done; borrowed. */
int work_file(const struct work *k, int64_t *ret_size);
/** Ends it if it is not over: then no `end` is called. NULL is fine; returns NULL. */
struct work *work_free(struct work *k);
