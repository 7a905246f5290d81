#pragma once
/*
 * What people and procedures do, as records: one shape for an incident, a step, a note, a dispatch, a notification.
 *
 * A subject is one such thing. A change says how it stands after something happened to it: `body` is the whole of it,
 * as a compact JSON object with its members in alphabetical order, so that a reader needs no older record, and equal
 * subjects have equal bytes. Texts of people and devices inside are data, never markup.
 */
#include <wardwatch/value.h>

/* on disk: do not renumber */
enum ww_subject {
        WW_SUBJECT_INCIDENT = 1,
        WW_SUBJECT_STEP = 2,
        WW_SUBJECT_NOTE = 3,
        WW_SUBJECT_DISPOSITION = 4,
        WW_SUBJECT_APPROVAL = 5,
        WW_SUBJECT_DISPATCH = 6,
        WW_SUBJECT_OPERATOR = 7,
        WW_SUBJECT_GUARD = 8,
        WW_SUBJECT_SHIFT = 9,
        WW_SUBJECT_HANDOVER = 10,
        WW_SUBJECT_ESCALATION = 11,
        WW_SUBJECT_NOTIFICATION = 12,
        WW_SUBJECT_FLOOD = 13,
        WW_SUBJECT_MEMBER = 14, /* an alarm of an incident */
        WW_SUBJECT_RECORD = 15, /* of a kind that the site's files describe */
        WW_SUBJECT_POST = 16,   /* one that is to be manned */
        WW_SUBJECT_MAX_,
};

const char *ww_subject_name(enum ww_subject subject); /* "incident" */
bool ww_subject_find(struct ww_str name, enum ww_subject *ret);

struct ww_change {
        enum ww_subject subject;
        uint64_t id;          /* counts from 1 for each subject, never used twice in one journal */
        uint64_t version;     /* 1 at the first change of this id, and one more at each */
        uint64_t incident;    /* to which it belongs; an incident names itself; 0 = none */
        bool exercise;        /* of a drill: kept apart */
        bool ended;           /* nothing of it is live any more */
        int64_t time;         /* journal time */
        struct ww_str what;   /* "opened", "taken", "step-done" … */
        struct ww_str actor;  /* the person, "timer", "rule:NAME", "procedure" */
        struct ww_str reason; /* the person's, "" = none */
        struct ww_str body;   /* JSON object: the subject after the change */
};

/* The key of a subject among the live records: alarms have the numbers below. */
#define WW_SUBJECT_SHIFT_BITS 56
static inline uint64_t ww_change_key(enum ww_subject subject, uint64_t id) {
        return (uint64_t)subject << WW_SUBJECT_SHIFT_BITS | id;
}
static inline enum ww_subject ww_change_key_subject(uint64_t key) { /* 0: it is an alarm's */
        return (enum ww_subject)(key >> WW_SUBJECT_SHIFT_BITS);
}
static inline uint64_t ww_change_key_id(uint64_t key) {
        return key & ((UINT64_C(1) << WW_SUBJECT_SHIFT_BITS) - 1);
}
