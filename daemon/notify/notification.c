#include "notify/notification.h"

#include "base/span.h"
#include "notify/template.h"

#include <wardwatch/alarm.h>

int notification_init(struct notification *n, const struct ww_change *change) {
        struct notification made = { .id = change->id, .version = change->version };

        made.body = json_loadb(change->body.p, change->body.n, JSON_REJECT_DUPLICATES, NULL);
        if (!made.body)
                return -EBADMSG;
        if (!notification_text(&made, "key")[0] || !notification_text(&made, "channel")[0]) {
                notification_deinit(&made);
                return -EBADMSG;
        }
        *n = made;
        return 0;
}

void notification_deinit(struct notification *n) {
        json_decref(n->body);
        n->body = NULL;
}

const char *notification_text(const struct notification *n, const char *name) {
        const char *text = json_string_value(json_object_get(n->body, name));

        return text ? text : "";
}

uint64_t notification_number(const struct notification *n, const char *name) {
        json_int_t number = json_integer_value(json_object_get(n->body, name));

        return number > 0 ? (uint64_t)number : 0;
}

bool notification_exercise(const struct notification *n) {
        return json_is_true(json_object_get(n->body, "exercise"));
}

bool notification_covert(const struct notification *n) {
        return json_is_true(json_object_get(n->body, "covert"));
}

int64_t notification_due(const struct notification *n) {
        int64_t time;

        return instant_parse(ww_str(notification_text(n, "due_at")), 0, &time) == 0 ? time : WW_TIME_NONE;
}

const json_t *notification_record(const struct notification *n) {
        json_t *record = json_object_get(n->body, "record");

        return json_is_object(record) ? record : NULL;
}

const char *notification_record_number(const struct notification *n) {
        const char *number = json_string_value(json_object_get(notification_record(n), "number"));

        return number ? number : "";
}

/* --- a record's fields for people --- */

#define VALUE_MAX 8000 /* bytes of a value: as many as a text may have */
#define DEPTH_MAX 4

static void put_value(const json_t *value, unsigned depth, struct buf *out) {
        const char *name;
        json_t *one;
        size_t i, n = 0;

        if (depth > DEPTH_MAX)
                return;
        json_array_foreach(value, i, one) {
                buf_puts(out, i ? "; " : "");
                put_value(one, depth + 1, out);
        }
        json_object_foreach((json_t *)(uintptr_t)value, name, one) {
                buf_printf(out, "%s%s ", n++ ? ", " : "", name);
                put_value(one, depth + 1, out);
        }
        if (json_is_string(value))
                template_put_value(ww_str(json_string_value(value)), VALUE_MAX, out);
        else if (json_is_integer(value))
                buf_printf(out, "%lld", (long long)json_integer_value(value));
        else if (json_is_real(value))
                buf_printf(out, "%g", json_real_value(value));
        else if (json_is_boolean(value))
                buf_puts(out, json_is_true(value) ? "yes" : "no");
}

void notification_put_record(const struct notification *n, struct buf *out) {
        const json_t *list = json_object_get(notification_record(n), "fields"), *one;
        size_t i;

        json_array_foreach(list, i, one) {
                const char *title = json_string_value(json_object_get(one, "title"));

                template_put_value(ww_str(title ? title : ""), TEMPLATE_VALUE_MAX, out);
                buf_puts(out, ": ");
                put_value(json_object_get(one, "value"), 0, out);
                buf_puts(out, "\n");
        }
}

/* --- for programs --- */

enum notification_news notification_news(const struct notification *n) {
        if (json_is_true(json_object_get(n->body, "closed")))
                return NOTIFICATION_CLOSED;
        return json_array_size(json_object_get(n->body, "earlier")) ? NOTIFICATION_AGAIN : NOTIFICATION_FIRST;
}

unsigned notification_rank(const struct notification *n) {
        enum ww_priority priority;

        return ww_priority_find(ww_str(notification_text(n, "priority")), &priority) ? (unsigned)priority : 0;
}

void notification_json(const struct notification *n, unsigned attempt, struct ww_str title, struct ww_str text,
                       struct ww_str link, struct buf *out) {
        static const char *const copied[] = { "address",   "channel", "closed",   "covert", "due_at", "escalation",
                                              "exercise",  "hazard",  "incident", "key",    "ladder", "priority",
                                              "recipient", "record",  "step",     "zone" };
        json_t *o = json_object();
        char *dump;

        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
                json_t *member = json_object_get(n->body, copied[i]);

                if (member)
                        (void)json_object_set(o, copied[i], member);
        }
        (void)json_object_set_new(o, "attempt", json_integer((json_int_t)attempt));
        (void)json_object_set_new(o, "title", json_stringn(title.p ? title.p : "", title.n));
        (void)json_object_set_new(o, "text", json_stringn(text.p ? text.p : "", text.n));
        (void)json_object_set_new(o, "link", json_stringn(link.p ? link.p : "", link.n));
        dump = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        json_decref(o);
        if (!dump)
                out->error = -ENOMEM;
        else
                buf_puts(out, dump);
        free(dump);
}
