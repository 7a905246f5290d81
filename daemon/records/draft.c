/* An act, prepared: what it brings is put on top of a copy of the fields, and the copy is checked whole. */
#include "records/records_internal.h"

#include "base/diag.h"
#include "journal/record_json.h"

#include <stdio.h>

#define ENTRY_WORD_BYTES 500

void record_draft_deinit(struct record_draft *d) {
        json_decref(d->fields);
        json_decref(d->made);
        *d = RECORD_DRAFT_INIT;
}

static int wrong(struct field_why *why, const char *name, const char *text, const char *more) {
        (void)snprintf(why->text, sizeof why->text, "`%s` %s%s", name, text, more ? more : "");
        return FIELD_E_WRONG;
}

static bool is_among(const struct ww_str *names, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (ww_str_is(names[i], name))
                        return true;
        return false;
}

static int no_field(const struct record_kind *kind, const char *name, struct field_why *why) {
        const char *names[KIND_FIELDS_MAX];

        for (size_t i = 0; i < kind->n_fields && i < KIND_FIELDS_MAX; i++)
                names[i] = kind->fields[i].name.p;
        (void)snprintf(why->text, sizeof why->text, "there is no field `%.60s`; %s", name,
                       diag_suggest(ww_str(name), names, kind->n_fields));
        return FIELD_E_WRONG;
}

/* May this act bring it? Without an act it is `amend`. */
static int may_bring(const struct record_draft *d, const struct record_field *f, struct field_why *why) {
        const struct record_act *a = d->act;

        if (a && (a->takes_listed ? !is_among(a->takes, a->n_takes, f->name.p) : f->fixed && !a->opens))
                return wrong(why, f->name.p, "is not brought by this act", NULL);
        if (!a && (f->fixed || f->type == RECORD_CHECKLIST))
                return wrong(why, f->name.p, "cannot be amended", NULL);
        return 0;
}

static int put_field(const struct records *r, const struct record_kind *kind, json_t *fields, const char *name,
                     const json_t *value, int64_t now, struct field_why *why) {
        size_t at = record_kind_field(kind, ww_str(name));
        json_t *canon;
        int e;

        if (at == SIZE_MAX)
                return no_field(kind, name, why);
        e = field_canon(r, &kind->fields[at], value, now, &canon, why);
        if (e)
                return e;
        return json_object_set_new(fields, name, canon) ? -ENOMEM : 0;
}

/* --- a log's entry, an item's answer --- */

static int no_word(const struct record_act *a, const char *name, struct field_why *why) {
        const char *names[RECORD_ENTRY_WORDS];

        for (size_t i = 0; i < a->n_words; i++)
                names[i] = a->words[i].p;
        (void)snprintf(why->text, sizeof why->text, "an entry has no `%.60s`; %s", name,
                       diag_suggest(ww_str(name), names, a->n_words));
        return FIELD_E_WRONG;
}

static int put_word(const struct record_act *a, json_t *entry, const char *name, json_t *value, struct field_why *why) {
        if (a->n_words && !is_among(a->words, a->n_words, name))
                return no_word(a, name, why);
        if (!json_is_string(value) || json_string_length(value) > ENTRY_WORD_BYTES)
                return wrong(why, name, "must be a text of at most 500 bytes", NULL);
        if (json_object_size(entry) >= RECORD_ENTRY_WORDS || strlen(name) > 40)
                return wrong(why, name, "is too much for one entry: 8 words, each name at most 40 bytes", NULL);
        return json_object_set(entry, name, value) ? -ENOMEM : 0;
}

static int add_entry(struct record_draft *d, json_t *entry, const struct record_by *by, struct field_why *why) {
        const struct record_field *f = &d->kind->fields[record_kind_field(d->kind, d->act->log)];
        json_t *log = json_object_get(d->fields, f->name.p), *whole;

        if (d->act->n_words && !json_string_length(json_object_get(entry, d->act->words[0].p)))
                return wrong(why, d->act->words[0].p, "is missing", NULL);
        if (!json_object_size(entry))
                return wrong(why, f->name.p, "has nothing to add: say `text=…`", NULL);
        if (!json_is_array(log)) {
                log = json_array();
                if (!log || json_object_set_new(d->fields, f->name.p, log))
                        return -ENOMEM;
        }
        if (json_array_size(log) >= (f->max ? (size_t)f->max : RECORD_LIST_ENTRIES))
                return wrong(why, f->name.p, "is full: go on in a new record", NULL);
        whole = json_pack("{s:o, s:o}", "at", record_json_time(by->now), "by", record_json_str(by->actor));
        if (!whole || json_object_update_missing(whole, entry)) {
                json_decref(whole);
                return -ENOMEM;
        }
        return json_array_append_new(log, whole) ? -ENOMEM : 0;
}

static json_t *item_find(json_t *list, const char *name, size_t *ret_before) {
        json_t *item;
        size_t i;

        *ret_before = 0;
        json_array_foreach(list, i, item) {
                const char *is = json_string_value(json_object_get(item, "item"));
                const char *result = json_string_value(json_object_get(item, "result"));

                if (is && name && strcmp(is, name) == 0)
                        return item;
                *ret_before += result && strcmp(result, "none") == 0;
        }
        return NULL;
}

/* `skipped`: how many before it had no answer yet; a round in its order has none. */
static int answer_item(struct record_draft *d, const json_t *entry, const struct record_by *by, struct field_why *why) {
        static const char *const results[] = { "ok", "bad", "none" };
        json_t *list = json_object_getn(d->fields, d->act->ticks.p, d->act->ticks.n);
        const char *name = json_string_value(json_object_get(entry, "item"));
        const char *result = json_string_value(json_object_get(entry, "result"));
        const char *note = json_string_value(json_object_get(entry, "note"));
        size_t before, known = 0;
        json_t *item = item_find(list, name, &before);

        if (!item)
                return wrong(why, "item", "must be an item of the list", NULL);
        result = result ? result : "ok";
        for (size_t i = 0; i < sizeof results / sizeof *results; i++)
                known += strcmp(result, results[i]) == 0;
        if (!known)
                return wrong(why, "result", "must be ok, bad or none", NULL);
        if (json_object_set_new(item, "at", record_json_time(by->now)) ||
            json_object_set_new(item, "by", record_json_str(by->actor)) ||
            json_object_set_new(item, "note", json_string(note ? note : "")) ||
            json_object_set_new(item, "result", json_string(result)) ||
            json_object_set_new(item, "skipped", json_integer((json_int_t)before)))
                return -ENOMEM;
        return 0;
}

static bool all_answered(const struct record_draft *d) {
        const json_t *list = json_object_getn(d->fields, d->act->ticks.p, d->act->ticks.n);
        size_t before;

        (void)item_find((json_t *)(uintptr_t)list, NULL, &before);
        return json_array_size(list) && before == 0;
}

/* --- the record that it makes --- */

static int fill_made(const struct records *r, struct record_draft *d, const struct record *before, int64_t now,
                     struct field_why *why) {
        const struct record_makes *m = &d->act->makes;

        for (size_t i = 0; i < m->fields.n; i++) {
                const struct record_pair *p = &m->fields.pairs[i];
                json_t *value;
                int e;

                if (json_object_get(d->made, m->kind->fields[p->field].name.p)) /* the person has said it */
                        continue;
                value = json_deep_copy(json_object_getn(d->fields, p->source.p, p->source.n));
                if (!value && before)
                        value = source_record(before, p->source, now);
                e = source_fill(r, m->kind, d->made, p->field, value, now);
                if (e)
                        return e;
        }
        if (!record_room(r, m->kind))
                return wrong(why, m->name.p, "cannot be made: too many are open", NULL);
        return field_whole(m->kind, d->made, 0, true, why) ? 0 : FIELD_E_WRONG;
}

/* --- the whole --- */

static int put_one(const struct records *r, struct record_draft *d, json_t *entry, const char *name, json_t *value,
                   int64_t now, struct field_why *why) {
        const struct record_act *a = d->act;
        size_t at = record_kind_field(d->kind, ww_str(name));
        int e;

        if (a && a->makes.kind && is_among(a->makes.given, a->makes.n_given, name))
                return put_field(r, a->makes.kind, d->made, name, value, now, why);
        if (at == SIZE_MAX && a && (a->log.n || a->ticks.n))
                return put_word(a, entry, name, value, why);
        e = at == SIZE_MAX ? 0 : may_bring(d, &d->kind->fields[at], why);
        return e ? e : put_field(r, d->kind, d->fields, name, value, now, why);
}

static int fill_words(const struct record_kind *kind, json_t *fields) {
        for (size_t i = 0; i < kind->n_fields; i++) {
                const struct record_field *f = &kind->fields[i];
                json_t *list;

                if (f->type != RECORD_CHECKLIST || !f->n_words)
                        continue;
                list = json_array();
                for (size_t w = 0; w < f->n_words; w++)
                        (void)json_array_append_new(list, json_pack("{s:n, s:s, s:s%, s:s, s:s}", "at", "by", "",
                                                                    "item", f->words[w].p, f->words[w].n, "note", "",
                                                                    "result", "none"));
                if (!list || json_object_set_new(fields, f->name.p, list))
                        return -ENOMEM;
        }
        return 0;
}

static int draft_begin(struct record_draft *d, const struct record *before) {
        d->fields = before ? json_deep_copy(record_fields(before)) : json_object();
        d->made = d->act && d->act->makes.kind ? json_object() : NULL;
        if (!d->fields || (d->act && d->act->makes.kind && !d->made))
                return -ENOMEM;
        return before ? 0 : fill_words(d->kind, d->fields);
}

static int draft_finish(const struct records *r, struct record_draft *d, const struct record *before, json_t *entry,
                        const struct record_by *by, struct field_why *why) {
        const struct record_act *a = d->act;
        size_t to;
        int e = 0;

        if (a && a->log.n)
                e = add_entry(d, entry, by, why);
        if (!e && a && a->ticks.n)
                e = answer_item(d, entry, by, why);
        if (!e && a && a->sign.n)
                e = json_object_set_new(
                            d->fields, a->sign.p,
                            json_pack("{s:o, s:o}", "at", record_json_time(by->now), "by", record_json_str(by->actor)))
                            ? -ENOMEM
                            : 0;
        if (e)
                return e;
        to = a && a->to != SIZE_MAX ? a->to : before ? record_state(before) : 0;
        if (!field_whole(d->kind, d->fields, to, !before, why))
                return FIELD_E_WRONG;
        for (size_t i = 0; a && i < a->n_must; i++) {
                const struct record_field *f = &d->kind->fields[record_kind_field(d->kind, a->must[i])];

                if (!field_is_set(d->fields, f))
                        return wrong(why, f->name.p, "is missing: ", f->title.p);
        }
        if (json_dumpb(d->fields, NULL, 0, JSON_COMPACT) > RECORD_BODY_BYTES)
                return wrong(why, "fields", "are too much for one record", NULL);
        return d->made ? fill_made(r, d, before, by->now, why) : 0;
}

/* Somebody who takes a thing over has to be named: that it lies with somebody already is no answer. */
static int brought(const struct record_draft *d, const json_t *given, struct field_why *why) {
        const struct record_act *a = d->act;

        for (size_t i = 0; a && i < a->n_brings; i++) {
                const struct record_field *f = &d->kind->fields[record_kind_field(d->kind, a->brings[i])];

                if (!json_object_get(given, f->name.p) || !field_is_set(d->fields, f))
                        return wrong(why, f->name.p, "is missing: ", f->title.p);
        }
        return 0;
}

int record_draft_fill(const struct records *r, struct record_draft *d, const struct record *before, json_t *given,
                      const struct record_by *by, struct field_why *why) {
        json_t *entry = json_object(), *value;
        const char *name;
        int e = entry ? draft_begin(d, before) : -ENOMEM;

        json_object_foreach(given, name, value) {
                if (e)
                        break;
                e = put_one(r, d, entry, name, value, by->now, why);
        }
        if (!e)
                e = brought(d, given, why);
        if (!e)
                e = draft_finish(r, d, before, entry, by, why);
        json_decref(entry);
        return e;
}

static int do_made(struct records *r, struct record_draft *d, const struct record *rec, const struct record_by *by) {
        struct record *made = record_begin(r, d->act->makes.kind, d->made, 0, by);

        d->made = NULL;
        if (!made || json_object_set_new(made->body, "origin", json_string(rec->number)))
                return -ENOMEM;
        made->exercise = rec->exercise;
        return record_changed(r, made, "opened", by);
}

int record_draft_do(struct records *r, struct record_draft *d, struct record *rec, const struct record_by *by,
                    bool exercise, struct record **ret) {
        const struct record_act *a = d->act;
        bool answered = a && a->ticks.n && a->done != SIZE_MAX && all_answered(d);
        bool fresh = !rec;
        int e;

        if (fresh) {
                rec = record_begin(r, d->kind, d->fields, a->to == SIZE_MAX ? 0 : a->to, by);
                if (!rec)
                        return -ENOMEM;
                rec->exercise = exercise;
        } else if (json_object_set_new(rec->body, "fields", d->fields)) {
                return -ENOMEM;
        }
        d->fields = NULL;
        *ret = rec;
        e = a ? record_enter(rec, answered ? a->done : a->to, by->now) : 0;
        if (!e && a &&
            json_object_set_new(
                    json_object_get(rec->body, "by"), a->name.p,
                    json_pack("{s:o, s:o}", "at", record_json_time(by->now), "by", record_json_str(by->actor))))
                e = -ENOMEM;
        if (!e)
                e = record_changed(r, rec, a ? a->name.p : "amended", by);
        if (!e && a && a->publish.n)
                e = tell_publish(r, rec, a->publish);
        if (!e && a && a->notify.n_by)
                e = tell_notify(r, rec, &a->notify);
        return e || !d->made ? e : do_made(r, d, rec, by);
}
