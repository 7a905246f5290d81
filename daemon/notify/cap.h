#pragma once
/*
 * CAP 1.2 (OASIS, ITU-T X.1303): a notification as an alert that warning systems understand.
 *
 *   identifier   the notification's key: the same for each attempt, so that a receiver knows a repeat
 *   sent         when it fell due: the same for each attempt
 *   msgType      Alert for the first one of an incident on this way, Update with references to all before it for the
 *                later ones, Cancel when the incident is closed
 *   status       Exercise in a drill, else Actual
 *
 * A key becomes an identifier by cap_name_put: what CAP forbids in one (blanks, commas, `<`, `&`) becomes `_`.
 */
#include "notify/notification.h"

struct cap {
        const struct notification *notification;
        struct ww_str sender, title, text, link;
        int64_t sent; /* wall clock, for a notification that does not say when it fell due */
};

/** Appends the document, UTF-8 with XML declaration. 0 or -ENOMEM. */
int cap_put(const struct cap *cap, struct buf *out);

/** May it be a sender or an identifier? */
bool cap_name_good(struct ww_str name);
void cap_name_put(struct ww_str name, struct buf *out);
/** "2026-01-31T09:00:00-00:00": seconds, and UTC as CAP writes it. */
void cap_time(int64_t time, char out[static 32]);
