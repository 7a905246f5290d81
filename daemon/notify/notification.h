#pragma once
/* One notification as the journal tells it: the body of a WW_SUBJECT_NOTIFICATION, and what is made of it. */
#include "base/buf.h"

#include <jansson.h>
#include <wardwatch/change.h>

enum notification_news {
        NOTIFICATION_FIRST,  /* of this incident, to this recipient, by this channel */
        NOTIFICATION_AGAIN,  /* not the first one */
        NOTIFICATION_CLOSED, /* the incident is over */
};

struct notification {
        uint64_t id, version;
        json_t *body;
};

/** 0; -EBADMSG: not what a notification looks like (no key, no channel); -ENOMEM. */
int notification_init(struct notification *n, const struct ww_change *change);
void notification_deinit(struct notification *n);

/** A text of the body; "" if it is not there. */
const char *notification_text(const struct notification *n, const char *name);
uint64_t notification_number(const struct notification *n, const char *name);
bool notification_exercise(const struct notification *n);
/** Nothing of it may be heard or shown where the threat could notice. */
bool notification_covert(const struct notification *n);
int64_t notification_due(const struct notification *n); /* WW_TIME_NONE if it does not say */
/** What it tells of, if that is a record: {"fields": [{"field", "title", "value"}], "kind", "number", …}; NULL. */
const json_t *notification_record(const struct notification *n);
/** The record's number, or "". */
const char *notification_record_number(const struct notification *n);
/** Appends the record's fields, each as a line of its own: `Title: value`. -ENOMEM is latched in `out`. */
void notification_put_record(const struct notification *n, struct buf *out);
enum notification_news notification_news(const struct notification *n);
unsigned notification_rank(const struct notification *n); /* of the priority; the most urgent one has the highest */

/** The notification as programs get it: a compact JSON object, members in alphabetical order, `title`, `text` and
 * `link` as the channel's templates have made them. -ENOMEM is latched in `out`. */
void notification_json(const struct notification *n, unsigned attempt, struct ww_str title, struct ww_str text,
                       struct ww_str link, struct buf *out);
