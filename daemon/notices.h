#pragma once
/*
 * What the system has to say about itself: one table of names, and whether each is a level (it begins and ends), an
 * instant that stays until somebody resets it, or only a line in the record. The pipeline turns them into alarms of
 * hazard `system`, so that a lost broker is seen in the same queue as a fire.
 *
 * A new one wants its advice (notices_advice.c), and its Chinese (console/web/src/text/notices.ts).
 */
#include <wardwatch/alarm.h>

enum notice_form {
        NOTICE_RECORD,  /* a notice record, no alarm */
        NOTICE_INSTANT, /* raises an alarm that is latched until reset */
        NOTICE_BEGINS,  /* raises an alarm … */
        NOTICE_ENDS,    /* … that this one clears */
};

struct notice_kind {
        const char *name;
        enum notice_form form;
        const char *rule; /* of the alarm: BEGINS and ENDS share it; NULL for RECORD */
        enum ww_priority priority;
        const char *title; /* of the alarm */
        unsigned workers;  /* set of enum reporter: who may say it over the command socket */
};

extern const struct notice_kind notice_kinds[];
extern const size_t notice_kinds_n;

const struct notice_kind *notice_find(struct ww_str name); /* NULL if there is none */

/* What whoever is on duty should know. */
struct notice_advice {
        const char *name;  /* of the notice: what begins or stays; an end is told with its beginning */
        const char *means; /* one paragraph */
        const char *act;   /* what to do: a line each */
};

extern const struct notice_advice notice_advices[]; /* alarms first */
extern const size_t notice_advices_n;

/** Of an end, that of its beginning; NULL = there is none. */
const struct notice_advice *notice_advice(const struct notice_kind *kind);
/** What raises alarms of that rule ("system/intake-lost"); NULL if none does. */
const struct notice_kind *notice_of_rule(struct ww_str rule);
