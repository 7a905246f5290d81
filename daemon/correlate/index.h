#pragma once
/*
 * The selection index: which selections of which rules an event matches, at a cost that depends on how many could,
 * not on how many exist.
 */
#include "correlate/rule.h"
#include "correlate/standing.h"

struct index;

struct match {
        uint32_t rule;
        uint32_t alias;
};

struct meter;

struct matches {
        struct match *p;
        size_t n, capacity;
        struct meter *meter; /* told of each selection that is asked; NULL = nobody counts */
};

/** Keeps them sorted, each once. 0 or -ENOMEM. */
int matches_add(struct matches *out, struct match m);

int index_new(struct index **ret, const struct correlate_rules *set);
struct index *index_free(struct index *x);

/** All selections that `event` matches, sorted by (rule, alias), into `out` (grown as needed). 0 or -ENOMEM. */
int index_find(const struct index *x, const struct standing *standing, const struct ww_event *event,
               struct matches *out);
/** True if some selection is a level over this family: then every event of it matters to the levels in force. */
bool index_level_family(const struct index *x, ww_family family);
enum selection_miss {
        SELECTION_FITS,
        SELECTION_KIND,
        SELECTION_FLAGS, /* duplicate or suspect, and the selection does not ask for it; or the other way round */
        SELECTION_FIELD, /* *ret_field is another */
        SELECTION_WHERE,
};
/** The first reason why the event is not selected. */
enum selection_miss selection_miss(const struct correlate_rules *set, const struct standing *standing,
                                   const struct selection *s, const struct ww_event *event,
                                   const struct equality **ret_field);
/** True if `event` satisfies this selection, kind included. */
bool selection_matches(const struct correlate_rules *set, const struct standing *standing, const struct selection *s,
                       const struct ww_event *event);

/* a field as a person wrote it: `badge=17` */
struct selection_field {
        struct ww_str name;
        struct ww_str text;
        struct ww_value value; /* as YAML types the text */
};

/** False if a condition that reads nothing but written fields does not hold: an equality, or a part of `where` between
 * its `and`s. Conditions that read any other field are not judged. `time`: as of which lists are read. */
bool selection_allows(const struct correlate_rules *set, const struct standing *standing, const struct selection *s,
                      const struct selection_field *fields, size_t n, int64_t time);
