#include "correlate/index.h"

#define FLAGS_NAMED (WW_EVENT_DUPLICATE | WW_EVENT_SUSPECT)

struct where_env {
        const struct correlate_rules *set;
        const struct standing *standing;
        const struct ww_event *event;
};

static struct ww_value where_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct where_env *e = userdata;

        return field_load(e->set->fields[slot], e->set->site, e->event);
}

static bool where_list_has(void *userdata, uint32_t list, struct ww_str member) {
        const struct where_env *e = userdata;

        return standing_list_has(e->standing, list, member, e->event->time);
}

static struct ww_value where_call(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n) {
        const struct where_env *e = userdata;

        return field_call((enum field_call)slot, e->set->site, args);
}

static bool where_true(const struct correlate_rules *set, const struct standing *standing, const struct expr *where,
                       const struct ww_event *event) {
        struct where_env userdata = { set, standing, event };
        _cleanup_arena_ struct arena scratch = ARENA_INIT;
        struct expr_env env = { .userdata = &userdata,
                                .load = where_load,
                                .call = where_call,
                                .list_has = where_list_has,
                                .arena = &scratch };

        return expr_true(where, &env);
}

static bool value_equal(struct ww_value want, struct ww_str text, struct ww_value v) {
        switch (v.type) {
        case WW_STRING:
                return ww_str_equal(text, v.string);
        case WW_NUMBER:
                return want.type == WW_NUMBER && want.number == v.number;
        case WW_BOOL:
                return want.type == WW_BOOL && want.boolean == v.boolean;
        case WW_MISSING:
        case WW_NULL:
        case WW_TIME:
        case WW_SPAN:
                return false;
        }
        return false;
}

static bool equality_accepts(const struct standing *standing, const struct equality *e, struct ww_value v,
                             int64_t time) {
        for (size_t i = 0; i < e->n; i++)
                if (value_equal(e->values[i], e->texts[i], v))
                        return true;
        for (size_t i = 0; i < e->n_lists; i++)
                if (v.type == WW_STRING && standing_list_has(standing, e->lists[i], v.string, time))
                        return true;
        return false;
}

static bool equality_holds(const struct correlate_rules *set, const struct standing *standing, const struct equality *e,
                           const struct ww_event *event) {
        return equality_accepts(standing, e, field_load(e->field, set->site, event), event->time);
}

static bool kind_holds(const struct selection *s, const struct ww_event *event) {
        for (size_t i = 0; i < s->n_kinds; i++)
                if (s->kinds[i].family == event->family &&
                    (s->kinds[i].state == WW_STATE_UNKNOWN || s->kinds[i].state == event->state))
                        return !s->level || event->state != WW_STATE_UNKNOWN;
        return false;
}

enum selection_miss selection_miss(const struct correlate_rules *set, const struct standing *standing,
                                   const struct selection *s, const struct ww_event *event,
                                   const struct equality **ret_field) {
        if (!kind_holds(s, event))
                return SELECTION_KIND;
        if ((s->flags && !(event->flags & s->flags)) || (event->flags & FLAGS_NAMED & ~s->flags))
                return SELECTION_FLAGS;
        for (size_t i = 0; i < s->n_equalities; i++)
                if (!equality_holds(set, standing, &s->equalities[i], event)) {
                        *ret_field = &s->equalities[i];
                        return SELECTION_FIELD;
                }
        return s->where && !where_true(set, standing, s->where, event) ? SELECTION_WHERE : SELECTION_FITS;
}

bool selection_matches(const struct correlate_rules *set, const struct standing *standing, const struct selection *s,
                       const struct ww_event *event) {
        const struct equality *field;

        return selection_miss(set, standing, s, event, &field) == SELECTION_FITS;
}

/* ---- what written fields alone say ---- */

struct written_env {
        const struct correlate_rules *set;
        const struct standing *standing;
        int64_t time;
        const struct selection_field *fields;
        size_t n;
        bool any, all; /* of the references visited: written */
};

static const struct selection_field *written_find(const struct written_env *w, const struct field *f) {
        for (size_t i = 0; i < w->n; i++)
                if (ww_str_equal(w->fields[i].name, f->name))
                        return &w->fields[i];
        return NULL;
}

/* the event's own words are texts, however they look */
static struct ww_value written_value(const struct selection_field *written, const struct field *f) {
        bool typed = f->source == FIELD_VALUE || f->source == FIELD_NAMED || f->source == FIELD_OF_ASSET;

        return typed ? written->value : ww_string(written->text);
}

static struct ww_value written_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct written_env *w = userdata;
        const struct field *f = w->set->fields[slot];
        const struct selection_field *written = written_find(w, f);

        return written ? written_value(written, f) : ww_missing();
}

static bool written_list_has(void *userdata, uint32_t list, struct ww_str member) {
        const struct written_env *w = userdata;

        return standing_list_has(w->standing, list, member, w->time);
}

static void written_visit(void *userdata, struct expr_ref ref, bool is_call) {
        struct written_env *w = userdata;

        if (!is_call && written_find(w, w->set->fields[ref.slot]))
                w->any = true;
        else
                w->all = false;
}

static bool where_allows(struct written_env *w, const struct expr *where) {
        _cleanup_arena_ struct arena scratch = ARENA_INIT;
        struct expr_env env = { .userdata = w, .load = written_load, .list_has = written_list_has, .arena = &scratch };

        if (expr_op_of(where) == EXPR_OP_AND)
                return where_allows(w, expr_child(where, 0)) && where_allows(w, expr_child(where, 1));
        w->any = false;
        w->all = true;
        expr_each_ref(where, written_visit, w);
        return !w->any || !w->all || expr_true(where, &env);
}

bool selection_allows(const struct correlate_rules *set, const struct standing *standing, const struct selection *s,
                      const struct selection_field *fields, size_t n, int64_t time) {
        struct written_env w = { .set = set, .standing = standing, .time = time, .fields = fields, .n = n };

        for (size_t i = 0; i < s->n_equalities; i++) {
                const struct equality *e = &s->equalities[i];
                const struct selection_field *written = written_find(&w, e->field);

                if (written && !equality_accepts(standing, e, written->value, time) &&
                    !equality_accepts(standing, e, ww_string(written->text), time))
                        return false;
        }
        return !s->where || where_allows(&w, s->where);
}
