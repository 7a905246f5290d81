#pragma once
/*
 * The records stage: what a security department keeps beside its alarms, as kinds that YAML describes. Inspections,
 * hidden dangers, patrols, visitors, tips, cases, reports to authorities, evidence: fields, states, acts, clocks.
 *
 *   command  ──► an act of a kind: may this person do this now, and is it whole? ──► change (subject `record`), an
 * answer event    ──► an act that waits for it, or a new record incident ──► a record that it makes due time     ──►
 * clocks run out, plans make the next one
 *
 * Each change goes to the sink at once. What follows from it elsewhere (events that rules can select, members of lists,
 * messages, notifications) is queued and told by records_tell() when no stage is at work: a change may have come of a
 * transition in the middle of a correlation.
 *
 * Pure: time is an argument (journal time, µs). An error from the sink, or a lack of memory, leaves the state ahead of
 * what was told: the caller ends the process.
 */
#include "base/buf.h"
#include "config/bundle.h"
#include "config/site.h"
#include <jansson.h>
#include <wardwatch/change.h>
#include <wardwatch/event.h>

#define RECORD_FIELD_BYTES 8000  /* the most that a text may have */
#define RECORD_BODY_BYTES  65536 /* and a record as a whole */

struct record_kinds; /* compiled, immutable */

/** Compiles all BUNDLE_RECORDS files; none at all is legal. `site` is borrowed and must outlive it. What events of
 *  records carry is interned in `symbols`: before the rules are compiled, which may select by it. 0, DIAG_E_USER,
 *  -ENOMEM. */
int record_kinds_compile(struct record_kinds **ret, const struct bundle *bundle, const struct site *site,
                         struct symtab *symbols, struct diag *d);
struct record_kinds *record_kinds_free(struct record_kinds *kinds);
DEFINE_CLEANUP(struct record_kinds *, record_kinds_free)
size_t record_kinds_count(const struct record_kinds *kinds);
/** Plays the files' own examples, while the files that they were compiled of are there. 0, DIAG_E_USER (told in `d`),
 * -errno. */
int record_kinds_examples(struct record_kinds *kinds, struct diag *d, size_t *ret_run);

struct records_sink {
        void *userdata;
        int (*change)(void *userdata, const struct ww_change *change);
        /* Told by records_tell(): an event without seq, index, site, family; a member of a list, WW_TIME_NEVER; a
         * message. Each 0 or -errno. */
        int (*event)(void *userdata, struct ww_event *event);
        int (*member)(void *userdata, struct ww_str list, struct ww_str member, bool in);
        int (*publish)(void *userdata, struct ww_str topic, struct ww_str payload);
        /* People are to be told of a record, or need not be any more; see response_report(). */
        int (*notify)(void *userdata, const json_t *report);
        /* Is it in that list of the site at `now`? */
        bool (*listed)(void *userdata, struct ww_str list, struct ww_str member, int64_t now);
};

struct records;

/** `kinds` and `site` are borrowed until the next swap. 0 or -ENOMEM. */
int records_new(struct records **ret, const struct record_kinds *kinds, const struct site *site,
                const struct records_sink *sink);
struct records *records_free(struct records *r);
DEFINE_CLEANUP(struct records *, records_free)

/** Who asks, and when. */
struct records_who {
        struct ww_str actor;
        unsigned roles; /* set of enum alarm_role */
        bool exercise;  /* a drill goes on: what is opened is of it */
        int64_t now;
};
/** `request`: {"cmd": "record", "kind", "act", "record": id or number, "fields": {…}, "reason", "version"}, or {"cmd":
 *  "record-read", "record"}. 0 with *ret_answer, a new reference: {"ok": true, "changes": […], "number"} or {"ok":
 *  false, "error": {name, text, cure}}, nothing changed then; -errno. */
int records_command(struct records *r, json_t *request, const struct records_who *who, json_t **ret_answer);

/** An event of a device or a person. Costs a look-up unless some kind waits for its family. 0 or -errno. */
int records_event(struct records *r, const struct ww_event *event, int64_t now);
/** A change of an incident; of a disposition its code and `incident` as it stands. 0 or -errno. */
int records_incident(struct records *r, const struct ww_change *change, const struct ww_change *incident, int64_t now);

/** A notification of a record has ended: delivered, or by no channel. Others: nothing. 0 or -errno. */
int records_notified(struct records *r, const struct ww_change *notification);

/** What is due until `now`, in the order of its deadline. 0 or -errno. */
int records_time(struct records *r, int64_t now);
int64_t records_deadline(const struct records *r); /* WW_TIME_NEVER if none */
/** Tells what is queued, until nothing is. Only when no stage is at work. 0 or -errno. */
int records_tell(struct records *r, int64_t now);

/** Other kinds: records stay; those whose kind is gone rest. 0 or -errno. */
int records_swap(struct records *r, const struct record_kinds *kinds, const struct site *site, int64_t now);

int records_save(const struct records *r, struct buf *out);
int records_load(struct records *r, struct rd *in); /* into a new one. 0, -EBADMSG, -ENOMEM */

/** Every open record as its last change left it, by ww_change_key(), from `from` on; strings are borrowed for the call.
 *  `visit` returns 0 to go on. Returns what it returned last, or -ENOMEM. */
typedef int (*records_visit)(void *userdata, const struct ww_change *change);
int records_each(const struct records *r, uint64_t from, records_visit visit, void *userdata);
/** One of them. 0; -ENOENT: it is not open; -ENOMEM; what `visit` returned. */
int records_find(const struct records *r, uint64_t key, records_visit visit, void *userdata);

/** Of a change as JSON: what of a restricted record may not be shown to everybody is taken out. */
void records_veil(json_t *change);

struct records_figures {
        size_t open, overdue;
        uint64_t changes, refused, full; /* `full`: not opened because too many of its kind are open */
};
void records_figures(const struct records *r, struct records_figures *ret);
