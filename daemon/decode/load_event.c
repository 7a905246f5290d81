#include "decode/load.h"
#include "decode/unit.h"

#include <stdio.h>

const struct load_key load_event_keys[] = {
        { "kind", "what happened: a kind (`smoke`), or a state's value (`device.offline`)" },
        { "kind_by_class", "the kind for assets of a class: {door: door, cabinet: cabinet}; the asset's own "
                           "`kind` and `inverted` go first. `{}`: only those" },
        { "state", "of a state: the value that says active or normal" },
        { "value", "the number of a measurement; of other kinds any value to keep" },
        { "unit",
          "in which the device speaks; without it a measurement's is its kind's own, and others of the same quantity "
          "become that" },
        { "device", "whose event it is, if not the message's device" },
        { "where", "only if this expression is true" },
        { "momentary", "true: the device never tells the end of this state, so each message of it is an event" },
        { "changes_with_value",
          "true: the same state with another value is an event, too (armed_home, then armed_away); a "
          "message without the value changes nothing of it" },
        { "restores_after",
          "of a state that its device never ends: it is normal again that long after it was heard last; "
          "1s to 31d" },
        { "repeat_within",
          "a pulse heard again within this time is a repeat; of a measurement: at most one in this time" },
        { "children",
          "true, of a gateway's `device.link`: devices of assets below it go offline and come back with it" },
        { "required", "true: a message without it is reported as undecoded" },
        { "attributes", "names with values, beside the message's own" },
};
const size_t load_event_keys_n = sizeof load_event_keys / sizeof *load_event_keys;

static int kind_error(struct load *l, const struct yaml_node *n, struct ww_str name, const char *what) {
        const char *nearest = placement_nearest_kind(l->types->kinds, name);
        char help[160];

        snprintf(help, sizeof help,
                 nearest && !ww_str_is(name, nearest) ? "did you mean `%s`?" : "rules/README.md lists them", nearest);
        return diag_error(l->d, n->pos, help, "%s: %s `%.*s`", l->what, what, WW_STR_ARG(name));
}

static int load_kind(struct load *l, const struct yaml_node *n, struct type_event *e) {
        const struct yaml_node *kind = yaml_get(n, "kind");
        struct ww_str name;
        int r;

        if (!kind)
                return diag_error(l->d, n->pos, "add `kind: …`", "%s: an event has no kind", l->what);
        r = yaml_string(kind, "kind", l->d, &name);
        if (r)
                return r;
        if (!ww_kind_find(l->types->kinds, name, &e->family, &e->fixed))
                return kind_error(l, kind, name, "unknown kind");
        e->nature = l->types->kinds->rows[e->family].nature;
        if (e->nature != WW_NATURE_STATE)
                e->fixed = WW_STATE_PULSE;
        return 0;
}

/* A number that has no unit of its own may turn out to be of any kind; one in degrees may not. */
static bool may_turn_out(const struct load *l, const struct type_event *e) {
        if (e->nature == WW_NATURE_MEASUREMENT)
                return !l->types->kinds->rows[e->family].unit;
        return e->nature == WW_NATURE_PULSE || e->fixed == WW_STATE_UNKNOWN;
}

static int load_classes(struct load *l, const struct yaml_node *n, struct type_event *e) {
        static const char *const not_one[] = { [WW_NATURE_STATE] = "not a state:",
                                               [WW_NATURE_PULSE] = "not a pulse:",
                                               [WW_NATURE_MEASUREMENT] = "not a measurement:" };
        struct type_class *classes;
        enum ww_state state;
        struct ww_str name;
        size_t i = 0;
        int r;

        if (n->type != YAML_MAPPING || !may_turn_out(l, e))
                return diag_error(
                        l->d, n->pos,
                        "write kind_by_class: {door: door}, beside a pulse, `measurement` or a kind with `state:`",
                        "%s: kind_by_class leads from classes of assets to kinds", l->what);
        classes = arena_array(l->arena, struct type_class, n->n + 1);
        if (!classes)
                return -ENOMEM;
        yaml_each(item, n) {
                r = yaml_string(item, "kind", l->d, &name);
                if (r)
                        return r;
                classes[i].name = item->key;
                if (!ww_kind_find(l->types->kinds, name, &classes[i].family, &state) ||
                    l->types->kinds->rows[classes[i].family].nature != e->nature ||
                    (e->nature == WW_NATURE_STATE && state != WW_STATE_UNKNOWN))
                        return kind_error(l, item, name, not_one[e->nature]);
                i++;
        }
        e->classes = classes;
        e->n_classes = i;
        e->by_asset = true;
        return 0;
}

static int load_state(struct load *l, const struct yaml_node *n, struct type_event *e) {
        const struct yaml_node *state = yaml_get(n, "state");
        bool wanted = e->nature == WW_NATURE_STATE && e->fixed == WW_STATE_UNKNOWN;

        if (wanted && !state)
                return diag_error(l->d, n->pos, "add `state: PATH`, or name one value: `kind: smoke.detected`",
                                  "%s: `%s` is a state, but nothing says which", l->what,
                                  l->types->kinds->rows[e->family].family);
        if (state && !wanted)
                return diag_error(l->d, state->pos, "say when it happens with `where:`",
                                  "%s: `%s` leaves no state open", l->what,
                                  ww_kind_name(l->types->kinds, e->family, e->fixed));
        return state ? load_source(l, state, LOAD_STATE, &e->state) : 0;
}

/* A number in another unit of its kind becomes one in the kind's own. A unit that is none of them is left as it is. */
static int load_unit(struct load *l, struct type_event *e) {
        const char *own = l->types->kinds->rows[e->family].unit;
        const struct unit *unit = own ? unit_find(e->unit, ww_str(own)) : NULL;
        struct source *s;

        if (!unit)
                return 0;
        s = arena_new(l->arena, struct source);
        if (!s)
                return -ENOMEM;
        *s = *e->value;
        s->scaled = true;
        s->scale *= unit->scale;
        s->offset = s->offset * unit->scale + unit->offset;
        e->value = s;
        e->unit = ww_str(own);
        return 0;
}

static int load_value(struct load *l, const struct yaml_node *n, struct type_event *e) {
        const struct yaml_node *value = yaml_get(n, "value"), *unit = yaml_get(n, "unit");
        bool measured = e->nature == WW_NATURE_MEASUREMENT;
        int r = 0;

        if (measured && !value)
                return diag_error(l->d, n->pos, "add `value: PATH`", "%s: `%s` is a measurement without a value",
                                  l->what, l->types->kinds->rows[e->family].family);
        if (unit)
                r = yaml_string(unit, "unit", l->d, &e->unit);
        else if (measured)
                e->unit = ww_str(l->types->kinds->rows[e->family].unit);
        if (!r && value)
                r = load_source(l, value, measured ? LOAD_NUMBER : LOAD_VALUE, &e->value);
        return r || !measured || !unit ? r : load_unit(l, e);
}

static int load_restore(struct load *l, const struct yaml_node *n, struct type_event *e) {
        if (e->nature != WW_NATURE_STATE || e->fixed == WW_STATE_NORMAL)
                return diag_error(l->d, n->pos, "leave it out, or name the state that ends: `kind: motion.detected`",
                                  "%s: `%s` is nothing that ends", l->what,
                                  ww_kind_name(l->types->kinds, e->family, e->fixed));
        return yaml_span(n, "restores_after", WW_SECOND, 31 * WW_DAY, l->d, &e->restores_after);
}

static int load_children(struct load *l, const struct yaml_node *n, struct type_event *e) {
        if (e->family != l->types->link)
                return diag_error(l->d, n->pos, "leave it out: only a link takes others along",
                                  "%s: `%s` has no children", l->what,
                                  ww_kind_name(l->types->kinds, e->family, e->fixed));
        return yaml_bool(n, "children", l->d, &e->children);
}

static int load_with_value(struct load *l, const struct yaml_node *n, struct type_event *e) {
        if (e->nature != WW_NATURE_STATE || e->family == l->types->link)
                return diag_error(l->d, n->pos, "leave it out: it is for states, and not for a link",
                                  "%s: `%s` changes with no value", l->what,
                                  ww_kind_name(l->types->kinds, e->family, e->fixed));
        if (!e->value)
                return diag_error(l->d, n->pos, "add `value: PATH`", "%s: `%s` has no value to change with", l->what,
                                  ww_kind_name(l->types->kinds, e->family, e->fixed));
        return yaml_bool(n, "changes_with_value", l->d, &e->with_value);
}

static int load_rest(struct load *l, const struct yaml_node *n, const struct type_message *message,
                     struct type_event *e) {
        const struct yaml_node *momentary = yaml_get(n, "momentary"), *repeat = yaml_get(n, "repeat_within"), *x;
        int r = 0;

        if ((x = yaml_get(n, "kind_by_class")))
                r = load_classes(l, x, e);
        if (!r && (x = yaml_get(n, "device")))
                r = load_source(l, x, LOAD_VALUE, &e->device);
        if (!r && (x = yaml_get(n, "where")))
                r = load_condition(l, x, &e->where);
        if (!r && (x = yaml_get(n, "children")))
                r = load_children(l, x, e);
        if (!r && (x = yaml_get(n, "required")))
                r = yaml_bool(x, "required", l->d, &e->required);
        if (!r && momentary)
                r = yaml_bool(momentary, "momentary", l->d, &e->momentary);
        if (!r && momentary && e->momentary && e->nature != WW_NATURE_STATE)
                r = diag_error(l->d, momentary->pos, "leave it out", "%s: a pulse is momentary anyway", l->what);
        if (!r && (x = yaml_get(n, "changes_with_value")))
                r = load_with_value(l, x, e);
        if (!r && (x = yaml_get(n, "restores_after")))
                r = load_restore(l, x, e);
        if (!r && repeat)
                r = yaml_span(repeat, "repeat_within", WW_MSEC, 31 * WW_DAY, l->d, &e->repeat_within);
        if (!r && repeat && e->nature == WW_NATURE_STATE)
                r = diag_error(l->d, repeat->pos, "leave it out", "%s: a state never repeats by itself", l->what);
        return r ? r
                 : load_attributes(l, yaml_get(n, "attributes"), message->attrs, message->n_attrs, &e->attrs,
                                   &e->n_attrs);
}

static int load_event(struct load *l, const struct yaml_node *n, const struct type_message *message,
                      struct type_event *e) {
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write {kind: …}", "%s: an event is a mapping", l->what);
        r = load_keys_check(l, n, l->what, load_event_keys, load_event_keys_n);
        r = r ? r : load_kind(l, n, e);
        r = r ? r : load_state(l, n, e);
        r = r ? r : load_value(l, n, e);
        return r ? r : load_rest(l, n, message, e);
}

int load_events(struct load *l, const struct yaml_node *n, struct type_message *message) {
        struct type_event *events;
        int r, result = 0;
        size_t i = 0;

        if (n->type != YAML_SEQUENCE || n->n == 0 || n->n > TYPE_EVENTS_MAX)
                return diag_error(l->d, n->pos, "write a list: `- kind: …`", "%s: between 1 and 64 events are needed",
                                  l->what);
        events = arena_array(l->arena, struct type_event, n->n);
        if (!events)
                return -ENOMEM;
        yaml_each(item, n) {
                r = load_event(l, item, message, &events[i++]);
                if (r < 0)
                        return r;
                result = r ? r : result;
        }
        message->events = events;
        message->n_events = i;
        return result;
}
