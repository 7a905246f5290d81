/* How a record changes, and what follows from each change. */
#include "records/records_internal.h"

#include "base/calendar.h"
#include "base/span.h"
#include "config/timezone.h"
#include "journal/record_json.h"

#include <stdio.h>

/* --- the body --- */

json_t *record_fields(const struct record *rec) {
        return json_object_get(rec->body, "fields");
}

const char *record_text(const struct record *rec, const char *name) {
        const char *text = json_string_value(json_object_get(rec->body, name));

        return text ? text : "";
}

int64_t record_time_of(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));
        int64_t time;

        return text && instant_parse(ww_str(text), 0, &time) == 0 ? time : WW_TIME_NONE;
}

size_t record_state(const struct record *rec) {
        return rec->kind ? record_kind_state(rec->kind, ww_str(record_text(rec, "state"))) : SIZE_MAX;
}

int record_enter(struct record *rec, size_t state, int64_t now) {
        if (state == SIZE_MAX || state == record_state(rec))
                return 0;
        if (json_object_set_new(rec->body, "state", record_json_str(rec->kind->states[state].name)) ||
            json_object_set_new(rec->body, "since", record_json_time(now)))
                return -ENOMEM;
        return 0;
}

/* --- a new one --- */

bool record_room(const struct records *r, const struct record_kind *kind) {
        struct record_count *c;

        HASH_FIND(hh, r->counts, kind->name.p, kind->name.n, c);
        return !c || c->open < (size_t)kind->max;
}

/* `HZ-{year}-{n}`. */
static int number_of(const struct records *r, const struct record_kind *kind, uint64_t n, int64_t now,
                     struct buf *out) {
        int64_t day = timezone_wall(site_timezone(r->site), now) / WW_DAY;
        struct ww_str form = kind->number;

        if (!form.n)
                buf_printf(out, "%.*s-%llu", WW_STR_ARG(kind->name), (unsigned long long)n);
        for (size_t i = 0; i < form.n; i++) {
                struct ww_str rest = { form.p + i, form.n - i };

                if (rest.n >= 3 && memcmp(rest.p, "{n}", 3) == 0) {
                        buf_printf(out, "%llu", (unsigned long long)n);
                        i += 2;
                } else if (rest.n >= 6 && memcmp(rest.p, "{year}", 6) == 0) {
                        buf_printf(out, "%lld", (long long)calendar_date(day).year);
                        i += 5;
                } else {
                        buf_put_u8(out, (uint8_t)form.p[i]);
                }
        }
        buf_put_u8(out, 0);
        return out->error;
}

static json_t *read_list(unsigned roles) {
        static const char *const names[] = { "operator", "supervisor", "maintenance",
                                             "auditor",  "integrator", "administrator" };
        json_t *list = json_array();

        for (size_t i = 0; list && i < sizeof names / sizeof *names; i++)
                if (roles & 1U << i)
                        (void)json_array_append_new(list, json_string(names[i]));
        return list;
}

/* Steals `fields`. */
static json_t *body_new(const struct record_kind *kind, const char *number, json_t *fields, size_t state,
                        const struct record_by *by) {
        return json_pack("{s:{}, s:{}, s:o, s:o, s:{}, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:s}", "by", "clocks",
                         "fields", fields, "kind", record_json_str(kind->name), "next", "number", number, "opened_at",
                         record_json_time(by->now), "opened_by", record_json_str(by->actor), "read",
                         read_list(kind->read), "restricted", kind->read != 0, "since", record_json_time(by->now),
                         "state", record_json_str(kind->states[state].name), "title", "");
}

struct record *record_begin(struct records *r, const struct record_kind *kind, json_t *fields, size_t state,
                            const struct record_by *by) {
        struct record_count *count = record_count_of(r, kind->name);
        _cleanup_buf_ struct buf number = BUF_INIT;
        struct record *rec;
        json_t *body;

        if (!count || number_of(r, kind, count->n + 1, by->now, &number)) {
                json_decref(fields);
                return NULL;
        }
        body = body_new(kind, (const char *)number.p, fields, state, by);
        rec = body ? record_restore(r, r->next_id + 1, (const char *)number.p, kind, kind->name) : NULL;
        if (!rec) {
                json_decref(body);
                return NULL;
        }
        json_decref(rec->body);
        rec->body = body;
        r->next_id++;
        count->n++;
        return rec;
}

/* --- a change --- */

static int keep_text(char **to, struct ww_str text) {
        char *copy = ww_str_copy(text);

        if (!copy)
                return -ENOMEM;
        free(*to);
        *to = copy;
        return 0;
}

int record_as_change(const struct record *rec, struct ww_change *ret, char **ret_text) {
        char *text = json_dumps(rec->body, JSON_COMPACT | JSON_SORT_KEYS);

        if (!text)
                return -ENOMEM;
        *ret = (struct ww_change){
                .subject = WW_SUBJECT_RECORD,
                .id = rec->id,
                .version = rec->version,
                .incident = rec->incident,
                .exercise = rec->exercise,
                .ended = rec->over,
                .time = rec->changed_at,
                .what = ww_str(rec->what),
                .actor = ww_str(rec->actor),
                .reason = ww_str(rec->reason),
                .body = ww_str(text),
        };
        *ret_text = text;
        return 0;
}

static int record_note_told(struct records *r, const struct record *rec) {
        if (!r->told)
                return 0;
        return json_array_append_new(r->told, json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:s}", "subject", "record",
                                                        "id", (json_int_t)rec->id, "kind", record_text(rec, "kind"),
                                                        "number", rec->number, "state", record_text(rec, "state"),
                                                        "version", (json_int_t)rec->version, "what", rec->what)) < 0
                       ? -ENOMEM
                       : 0;
}

/* What tells it from others of its kind, and where it belongs. */
static int record_derive(struct record *rec) {
        const struct record_kind *k = rec->kind;
        const json_t *label = k->label_field == SIZE_MAX
                                      ? NULL
                                      : json_object_get(record_fields(rec), k->fields[k->label_field].name.p);

        for (size_t i = 0; i < k->n_fields; i++)
                if (k->fields[i].type == RECORD_INCIDENT && field_is_set(record_fields(rec), &k->fields[i]))
                        rec->incident = (uint64_t)json_integer_value(
                                json_object_get(record_fields(rec), k->fields[i].name.p));
        return json_object_set_new(rec->body, "title",
                                   json_is_string(label) ? json_string(json_string_value(label))
                                                         : record_json_str(k->title));
}

/* What the state puts into lists: [{list, member}]. NULL without memory. */
static json_t *members_of(const struct record *rec, size_t state) {
        const struct record_state *s = state == SIZE_MAX ? NULL : &rec->kind->states[state];
        const struct record_field *fields = rec->kind->fields;
        json_t *members = json_array();

        for (size_t i = 0; members && s && i < s->n_lists; i++) {
                const struct record_membership *m = &s->lists[i];
                json_t *member = json_object_get(record_fields(rec), fields[m->member_field].name.p);

                if (json_string_length(member) &&
                    (m->if_field == SIZE_MAX ||
                     json_is_true(json_object_get(record_fields(rec), fields[m->if_field].name.p))))
                        (void)json_array_append_new(
                                members, json_pack("{s:s%, s:O}", "list", m->list.p, m->list.n, "member", member));
        }
        return members;
}

static bool is_member(const json_t *members, const json_t *one) {
        const json_t *other;
        size_t i;

        json_array_foreach(members, i, other) if (json_equal(other, one)) return true;
        return false;
}

/* Tells those of `members` that are not in `others`. */
static int tell_members(struct records *r, const json_t *members, const json_t *others, bool in) {
        const json_t *one;
        size_t i;
        int e = 0;

        json_array_foreach(members, i, one) {
                if (!e && !is_member(others, one))
                        e = tell_member(r, ww_str(json_string_value(json_object_get(one, "list"))),
                                        json_string_value(json_object_get(one, "member")), in);
        }
        return e;
}

/* The body's "members" are what was told last. */
static int record_members(struct records *r, struct record *rec, size_t state) {
        const json_t *was = json_object_get(rec->body, "members");
        json_t *is = members_of(rec, state);
        int e = is ? tell_members(r, was, is, false) : -ENOMEM;

        if (!e)
                e = tell_members(r, is, was, true);
        if (!e && json_array_size(is))
                e = json_object_set(rec->body, "members", is) ? -ENOMEM : 0;
        else if (!e && was)
                e = json_object_del(rec->body, "members") ? -ENOMEM : 0;
        json_decref(is);
        return e;
}

static int record_follow(struct records *r, struct record *rec, int64_t now) {
        size_t state = record_state(rec);
        int e = record_derive(rec) ? -ENOMEM : 0;

        rec->over = state != SIZE_MAX && rec->kind->states[state].over;
        if (!e)
                e = record_members(r, rec, rec->over ? SIZE_MAX : state);
        if (!e)
                e = clocks_set(r, rec, now);
        return e ? e : plans_set(r, rec, now);
}

int record_changed(struct records *r, struct record *rec, const char *what, const struct record_by *by) {
        _cleanup_free_ char *text = NULL;
        struct ww_change change;
        int e = record_follow(r, rec, by->now);

        if (e || keep_text(&rec->what, ww_str(what)) || keep_text(&rec->actor, by->actor) ||
            keep_text(&rec->reason, by->reason))
                return e ? e : -ENOMEM;
        rec->version++;
        rec->changed_at = by->now;
        e = record_as_change(rec, &change, &text);
        if (!e)
                e = record_note_told(r, rec);
        if (!e)
                e = tell_change(r, rec, what, by);
        if (e)
                return e;
        if (rec->over)
                e = tell_over(r, rec);
        if (e)
                return e;
        r->changes++;
        record_timer(r, rec);
        e = r->sink.change(r->sink.userdata, &change);
        if (rec->over)
                record_forget(r, rec);
        return e;
}
