#include "correlate/index.h"

#define FLAGS_NAMED (WW_EVENT_DUPLICATE | WW_EVENT_SUSPECT)

struct where_env {
        const struct correlate_rules *set;
        const struct ww_event *event;
};

static struct ww_value where_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct where_env *e = userdata;

        return field_load(e->set->fields[slot], e->set->site, e->event);
}

static bool where_list_has(void *userdata, uint32_t list, struct ww_str member) {
        const struct where_env *e = userdata;

        return site_list_has(e->set->site, list, member);
}

static bool where_true(const struct correlate_rules *set, const struct expr *where, const struct ww_event *event) {
        struct where_env userdata = { set, event };
        struct arena scratch = ARENA_INIT;
        struct expr_env env = {
                .userdata = &userdata, .load = where_load, .list_has = where_list_has, .arena = &scratch
        };
        bool ok = expr_true(where, &env);

        arena_deinit(&scratch);
        return ok;
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

static bool equality_holds(const struct correlate_rules *set, const struct equality *e, const struct ww_event *event) {
        struct ww_value v = field_load(e->field, set->site, event);

        for (size_t i = 0; i < e->n; i++)
                if (value_equal(e->values[i], e->texts[i], v))
                        return true;
        for (size_t i = 0; i < e->n_lists; i++)
                if (v.type == WW_STRING && site_list_has(set->site, e->lists[i], v.string))
                        return true;
        return false;
}

static bool kind_holds(const struct selection *s, const struct ww_event *event) {
        for (size_t i = 0; i < s->n_kinds; i++)
                if (s->kinds[i].family == event->family &&
                    (s->kinds[i].state == WW_STATE_UNKNOWN || s->kinds[i].state == event->state))
                        return !s->level || event->state != WW_STATE_UNKNOWN;
        return false;
}

bool selection_matches(const struct correlate_rules *set, const struct selection *s, const struct ww_event *event) {
        if (s->flags ? !(event->flags & s->flags) : (event->flags & FLAGS_NAMED) != 0)
                return false;
        if (event->flags & FLAGS_NAMED & ~s->flags)
                return false;
        if (!kind_holds(s, event))
                return false;
        for (size_t i = 0; i < s->n_equalities; i++)
                if (!equality_holds(set, &s->equalities[i], event))
                        return false;
        return !s->where || where_true(set, s->where, event);
}
