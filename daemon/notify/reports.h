#pragma once
/*
 * The notifier's connection to the engine's command socket: it is told the journal's head, and tells what became of the
 * attempts. Each report is kept until the engine has answered it, and sent again on a new connection; the engine knows
 * a repeat by its id. Comes back by itself when the engine does.
 */
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct courier_report;
struct event_base;
struct metrics;
struct reports;

#define REPORTS_MAX 20000 /* that wait for their answer */

struct reports_handlers {
        void *userdata;
        void (*head)(void *userdata, uint64_t seq);
        /* How far the journal was read; false: not known yet. *ret_figures: for people. */
        bool (*position)(void *userdata, uint64_t *ret_seq, json_t **ret_figures);
        void (*forgotten)(void *userdata, const char *key); /* the engine knows no such notification */
};

int reports_new(struct reports **ret, struct event_base *base, const char *path,
                const struct reports_handlers *handlers);
struct reports *reports_free(struct reports *r);
DEFINE_CLEANUP(struct reports *, reports_free)

void reports_put(struct reports *r, const struct courier_report *report);
bool reports_room(const struct reports *r);
/** The journal was read further: tells the engine now and not with the next second. */
void reports_cursor(struct reports *r);
void reports_metrics(const struct reports *r, struct metrics *m);
