/*
 * What a message says: its events.
 *
 * A state is an event when it differs from what was heard last of this (sensor type, device, kind), and the first time
 * (flag `initial`). The table always takes the newest arrival: an older one that comes late is told and remembered like
 * any other, because the worst that this can do is one event too many, while the opposite swallows a change.
 *
 * Exercise has its own entries: a detector that was tested in a drill must still be a change when it burns. A suspect
 * message is told but not remembered: what it claims must not make the true report look like a repeat.
 *
 * Where a state's value is part of it (`changes_with_value`: armed_home, armed_away), another value is a change, too;
 * the entry keeps the value's hash.
 *
 * A retained pulse or measurement is nothing new. A pulse with `repeat_within` remembers when it was told; so does the
 * sign of life: a device whose asset is supervised gives a device.heartbeat with its messages, at most four in one
 * supervision time, because silence is judged by that kind.
 */
#include "decode/run.h"
#include "base/hash.h"
#include "decode/trace.h"

#include <stdarg.h>
#include <stdio.h>

void run_fail(struct decode *d, int outcome, const char *format, ...) {
        va_list args;

        if (d->outcome)
                return;
        d->outcome = outcome;
        va_start(args, format);
        vsnprintf(d->detail, sizeof d->detail, format, args);
        va_end(args);
}

static struct ww_str name_of(const struct decode *d, ww_family family, enum ww_state state) {
        return d->types->kind_names[family][state];
}

/* The attributes that the message carries, into d->attrs. */
static size_t read_attrs(struct decode *d, const struct type_event *e) {
        size_t n = 0;

        for (size_t i = 0; i < e->n_attrs; i++) {
                struct ww_attr *attr = &d->attrs[n];

                if (!source_read(e->attrs[i].source, &d->context, &attr->value))
                        run_fail(d, DECODE_E_BAD_FIELD, "attribute `%.*s` cannot be read",
                                 WW_STR_ARG(e->attrs[i].name));
                if (attr->value.type == WW_MISSING)
                        continue;
                attr->name = e->attrs[i].name;
                attr->symbol = e->attrs[i].symbol;
                n++;
        }
        return n;
}

static void place(const struct decode *d, uint32_t asset, struct ww_event *event) {
        event->asset_index = asset;
        if (asset == SITE_NONE)
                return;
        event->asset = d->placement->readings[asset].id;
        event->zone = d->placement->readings[asset].zone;
}

/* A number that the site says the kind of is in that kind's unit. */
static struct ww_str unit_of(const struct decode *d, const struct telling *t) {
        const struct ww_kind *kind = &d->types->kinds->rows[t->family];

        return t->family != t->event->family && kind->nature == WW_NATURE_MEASUREMENT ? ww_str(kind->unit)
                                                                                      : t->event->unit;
}

int run_tell(struct decode *d, const struct telling *t) {
        const struct type_event *e = t->event;
        struct ww_event event = {
                .seq = d->message->seq,
                .index = d->index,
                .time = d->time,
                .received = d->message->received,
                .device_time = d->device_time,
                .family = t->family,
                .kind = name_of(d, t->family, t->state),
                .state = t->state,
                .flags = d->flags | t->flags,
                .site = site_name(d->placement->site),
                .device = t->device,
                .sensor = d->type->sensor,
                .value = t->value,
                .attrs = d->attrs,
                .n_attrs = t->n_attrs,
        };

        if (e) {
                event.unit = t->value.type == WW_MISSING ? WW_STR_NONE : unit_of(d, t);
                event.n_attrs = read_attrs(d, e);
        }
        place(d, t->asset, &event);
        d->lived |= t->family == d->types->heartbeat;
        d->index++;
        d->figures.events++;
        return d->sink(d->userdata, &event);
}

static struct states_key states_of(const struct decode *d, struct ww_str device) {
        return states_device(d->type->owner, device, d->message->exercise);
}

/* A part of the device has states of its own. */
static struct states_key key_of(struct decode *d, struct ww_str device, ww_family family) {
        if (device.p != d->device.p || device.n != d->device.n)
                return states_key(states_of(d, device), d->types->family_states[family]);
        if (!d->device_states_known)
                d->device_states = states_of(d, device);
        d->device_states_known = true;
        return states_key(d->device_states, d->types->family_states[family]);
}

/* The entry for `key`, made if there is none; *ret_new tells. */
int run_entry(struct decode *d, struct states_key key, struct states_entry **ret, bool *ret_new) {
        *ret = states_find(&d->states, key);
        *ret_new = !*ret;
        if (!*ret)
                *ret = states_add(&d->states, key);
        if (!*ret)
                return -ENOMEM;
        (*ret)->owner = d->type->owner;
        return 0;
}

/* An active state that ends by itself has a deadline; any other has none. `entry` still has the state before it. */
static int set_end(struct decode *d, const struct telling *t, struct states_entry *entry) {
        if (t->event->restores_after && t->state == WW_STATE_ACTIVE)
                return restored_set(d, t, entry);
        restores_drop(&d->restores, entry);
        return 0;
}

static uint64_t hash_value(const struct ww_value *v) {
        uint64_t bits = v->type == WW_BOOL && v->boolean;

        if (v->type == WW_STRING)
                return hash_text(v->string);
        if (v->type == WW_NUMBER)
                memcpy(&bits, &v->number, sizeof bits);
        return bits + v->type;
}

/* What an entry's word is behind this message. The value counts where the type says so. Of several entries for one
 * state some may not say so: those leave what the others heard. A link has none, its word is its gateway's. */
static uint64_t word_of(const struct decode *d, const struct telling *t, const struct states_entry *entry) {
        if (t->event->with_value && t->value.type != WW_MISSING)
                return hash_value(&t->value) | 1;
        return entry && entry->state == t->state && t->family != d->types->link ? entry->word : 0;
}

static bool is_repeat(const struct decode *d, const struct telling *t, const struct states_entry *entry,
                      uint64_t word) {
        return entry && entry->state == t->state && (!t->event->momentary || d->message->retained) &&
               (!t->event->with_value || entry->word == word);
}

static int tell_state(struct decode *d, struct telling *t) {
        struct states_key key = key_of(d, t->device, t->family);
        struct states_entry *entry = states_find(&d->states, key);
        const uint64_t word = word_of(d, t, entry);
        bool fresh;
        int r;

        if (is_repeat(d, t, entry, word)) {
                entry->heard = d->message->time;
                if (!(d->flags & WW_EVENT_SUSPECT))
                        entry->word = word;
                d->figures.repeats++;
                return d->message->retained || (d->flags & WW_EVENT_SUSPECT) ? 0 : set_end(d, t, entry);
        }
        if (children_outlives(d, t, entry)) {
                d->figures.repeats++;
                return 0;
        }
        if (!entry)
                t->flags |= WW_EVENT_INITIAL;
        if (!(d->flags & WW_EVENT_SUSPECT)) {
                r = run_entry(d, key, &entry, &fresh);
                if (r < 0)
                        return r;
                entry->heard = d->message->time;
                entry->word = word;
                r = set_end(d, t, entry);
                if (r < 0)
                        return r;
                entry->state = (uint8_t)t->state;
        }
        r = run_tell(d, t);
        return r == 0 && t->event->children ? children_tell(d, t) : r;
}

/* Repeats of a pulse are told apart by its value (which badge); a measurement's value always differs. */
static struct states_key pulse_key(struct decode *d, const struct telling *t) {
        struct states_key key = key_of(d, t->device, t->family);

        if (t->event->nature == WW_NATURE_PULSE && t->value.type == WW_STRING)
                key.low ^= hash_text(t->value.string) | 1;
        return key;
}

/* |a - b| < span; either way round, because the repeat's device time may be the earlier one. Half-open. */
static bool is_near(int64_t a, int64_t b, int64_t span) {
        int64_t distance;

        return !__builtin_sub_overflow(a, b, &distance) && distance < span && distance > -span;
}

/* What a device says of itself is news when it differs from what it said last, be it retained or not. */
static int tell_described(struct decode *d, struct telling *t) {
        size_t n = read_attrs(d, t->event);
        uint64_t content = hash_value(&t->value);
        struct states_entry *entry;
        bool fresh;
        int r;

        for (size_t i = 0; i < n; i++)
                content = (content ^ hash_text(d->attrs[i].name)) * UINT64_C(0x9E3779B97F4A7C15) +
                          hash_value(&d->attrs[i].value);
        r = run_entry(d, key_of(d, t->device, t->family), &entry, &fresh);
        if (r < 0)
                return r;
        if (!fresh && entry->word == content) {
                entry->heard = d->message->time;
                d->figures.repeats++;
                return 0;
        }
        if (!(d->flags & WW_EVENT_SUSPECT))
                *entry = (struct states_entry){ .key = entry->key,
                                                .heard = d->message->time,
                                                .word = content,
                                                .owner = entry->owner,
                                                .state = WW_STATE_PULSE };
        return run_tell(d, t);
}

static int tell_pulse(struct decode *d, struct telling *t) {
        struct states_entry *entry;
        bool fresh;
        int r;

        if (t->family == d->types->described)
                return tell_described(d, t);
        if (d->message->retained) {
                d->figures.repeats++;
                return 0;
        }
        if (t->event->repeat_within) {
                r = run_entry(d, pulse_key(d, t), &entry, &fresh);
                if (r < 0)
                        return r;
                if (!fresh && is_near(d->time, entry->heard, t->event->repeat_within)) {
                        d->figures.repeats++;
                        return 0;
                }
                entry->heard = d->time;
                entry->state = WW_STATE_PULSE;
        }
        return run_tell(d, t);
}

/* What the site says about the asset decides over the type's own kind. */
static void read_by_asset(const struct decode *d, struct telling *t) {
        const struct type_event *e = t->event;
        const struct asset_reading *reading;
        struct ww_str class_name;

        if (t->asset == SITE_NONE)
                return;
        reading = &d->placement->readings[t->asset];
        class_name = site_asset(d->placement->site, t->asset)->class_name;
        if (reading->inverted && t->state == WW_STATE_ACTIVE)
                t->state = WW_STATE_NORMAL;
        else if (reading->inverted && t->state == WW_STATE_NORMAL)
                t->state = WW_STATE_ACTIVE;
        if (reading->family != WW_FAMILY_NONE && d->types->kinds->rows[reading->family].nature == e->nature) {
                t->family = reading->family;
                return;
        }
        for (size_t i = 0; i < e->n_classes; i++)
                if (ww_str_equal(e->classes[i].name, class_name)) {
                        t->family = e->classes[i].family;
                        return;
                }
}

/* The value, as an event keeps it: a number, a text, or nothing. False: nothing to tell. */
static bool read_value(struct decode *d, struct telling *t) {
        const struct type_event *e = t->event;
        bool measured = e->nature == WW_NATURE_MEASUREMENT, readable = true;

        t->value = ww_missing();
        if (e->value)
                readable = source_read(e->value, &d->context, &t->value);
        if (!readable)
                run_fail(d, DECODE_E_BAD_FIELD, "the value of `%.*s` cannot be read",
                         WW_STR_ARG(name_of(d, e->family, WW_STATE_PULSE)));
        if (t->value.type == WW_BOOL)
                t->value = ww_string(t->value.boolean ? WW_STR("true") : WW_STR("false"));
        if (t->value.type != WW_NUMBER && t->value.type != WW_STRING)
                t->value = ww_missing();
        return !measured || t->value.type == WW_NUMBER;
}

/* A part of a device may be an asset of its own; else it stands where the device stands. */
static bool read_device(struct decode *d, struct telling *t) {
        t->device = d->device;
        t->asset = d->asset;
        if (!t->event->device)
                return true;
        if (!source_text(t->event->device, &d->context, &t->device) || !t->device.n || t->device.n > TYPE_DEVICE_MAX) {
                run_fail(d, DECODE_E_BAD_FIELD, "the device of an event is missing or too long");
                return false;
        }
        t->asset = placement_asset(d->placement, d->type->name, t->device);
        if (t->asset == SITE_NONE)
                t->asset = d->asset;
        return true;
}

/* True if the entry has something to tell; then `t` is filled. */
static bool read_event(struct decode *d, const struct type_event *e, struct telling *t) {
        int state = (int)e->fixed;

        if (e->where && !expr_true(e->where, &d->env))
                return false;
        if (e->state)
                state = source_state(e->state, &d->context);
        /* member by member: most entries of a message have nothing to tell, and clearing all of it costs more than that
         */
        t->event = e;
        t->family = e->family;
        t->state = (enum ww_state)state;
        t->flags = 0;
        t->n_attrs = 0;
        if (state == VALUEMAP_IGNORE || !read_value(d, t)) {
                if (e->required)
                        run_fail(d, DECODE_E_BAD_FIELD, "`%s` is required, and is not there",
                                 d->types->kinds->rows[e->family].family);
                return false;
        }
        if (!read_device(d, t))
                return false;
        if (e->by_asset)
                read_by_asset(d, t);
        return true;
}

/* A message of a supervised device shows that it lives. */
static int tell_life(struct decode *d, const struct type_message *m) {
        struct telling t = { .family = d->types->heartbeat, .state = WW_STATE_PULSE, .asset = d->asset };
        struct states_entry *entry;
        int64_t supervision;
        bool fresh;
        int r;

        if (!m->alive || d->message->retained || d->asset == SITE_NONE || t.family == WW_FAMILY_NONE)
                return 0;
        supervision = d->placement->readings[d->asset].supervision;
        if (supervision <= 0 || (d->flags & WW_EVENT_SUSPECT))
                return 0;
        r = run_entry(d, key_of(d, d->device, t.family), &entry, &fresh);
        if (r < 0)
                return r;
        if (!fresh && !d->lived && is_near(d->message->time, entry->heard, supervision / 4))
                return 0;
        entry->heard = d->message->time;
        entry->state = WW_STATE_PULSE;
        if (d->lived)
                return 0;
        t.device = d->device;
        return run_tell(d, &t);
}

static bool is_exhausted(struct decode *d) {
        if (d->steps == 0)
                run_fail(d, DECODE_E_BAD_PAYLOAD, "too many keys to look through");
        return d->steps == 0;
}

static bool is_full(struct decode *d) {
        if (d->index - d->first < RUN_EVENTS_MAX)
                return false;
        run_fail(d, DECODE_E_BAD_PAYLOAD, "more than %d events in one message", RUN_EVENTS_MAX);
        return true;
}

/* One element of a for_each, or the whole message. */
static int run_element(struct decode *d, const struct type_message *m) {
        struct telling t;
        bool seen;
        int r;

        if (!source_text(m->device, &d->context, &d->device) || !d->device.n || d->device.n > TYPE_DEVICE_MAX) {
                run_fail(d, DECODE_E_BAD_FIELD, "message `%.*s`: the device is missing, empty or longer than %d bytes",
                         WW_STR_ARG(m->name), TYPE_DEVICE_MAX);
                return 0;
        }
        d->asset = placement_asset(d->placement, d->type->name, d->device);
        d->device_states_known = false;
        d->lived = false;
        if (m->number.source) {
                r = number_check(d, m, &seen);
                if (r < 0 || seen)
                        return r;
        }
        for (size_t i = 0; i < m->n_events; i++) {
                const struct type_event *e = &m->events[i];
                uint32_t before = d->index;
                bool told = read_event(d, e, &t);

                /* asked before a state is remembered: what is not told must not become a repeat */
                if (is_exhausted(d) || (told && is_full(d)))
                        return 0;
                r = !told ? 0 : e->nature == WW_NATURE_STATE ? tell_state(d, &t) : tell_pulse(d, &t);
                if (r < 0)
                        return r;
                if (DECODE_TRACED(d))
                        decode_trace_entry(d, m, e, told ? t.device : d->device, told, d->index != before);
        }
        return d->index - d->first < RUN_EVENTS_MAX ? tell_life(d, m) : 0;
}

static void read_time(struct decode *d, const struct type_message *m) {
        struct ww_value v = ww_missing();
        bool skew = false;

        d->device_time = WW_TIME_NONE;
        if (m->time.source)
                source_read(m->time.source, &d->context, &v);
        if (v.type != WW_MISSING && v.type != WW_NULL && !(v.type == WW_STRING && !v.string.n))
                skew = !stamp_read(v, &m->time.how, site_timezone(d->placement->site), &d->device_time);
        if (skew)
                d->device_time = WW_TIME_NONE;
        d->time = d->message->received;
        if (!skew)
                d->time = stamp_event_time(d->device_time, d->message->received, m->delay, &skew);
        if (skew)
                d->flags |= WW_EVENT_CLOCK_SKEW;
}

static void begin(struct decode *d, const struct type_message *m) {
        d->flags = (d->message->retained ? WW_EVENT_RETAINED : 0) | (d->message->exercise ? WW_EVENT_EXERCISE : 0);
        if (m->check && !expr_true(m->check, &d->env))
                d->flags |= WW_EVENT_SUSPECT;
        read_time(d, m);
}

static int run_one(struct decode *d, const struct type_message *m) {
        source_next_element(&d->context);
        if (m->only && !expr_true(m->only, &d->env)) {
                if (DECODE_TRACED(d))
                        decode_trace_element(d, m);
                return 0;
        }
        begin(d, m);
        return run_element(d, m);
}

static int run_level(struct decode *d, const struct type_message *m, size_t level);

/* The element at node `value` is the innermost now; those around it have moved outwards. */
static int enter(struct decode *d, const struct type_message *m, size_t level, struct ww_str key, uint32_t value) {
        d->context.keys_of[0] = key;
        d->context.items[0] = value;
        return level + 1 < m->n_for_each ? run_level(d, m, level + 1) : run_one(d, m);
}

static void move_outwards(struct source_context *x, bool outwards) {
        const size_t n = PATH_LEVELS_MAX - 1;

        memmove(x->items + outwards, x->items + !outwards, n * sizeof *x->items);
        memmove(x->keys_of + outwards, x->keys_of + !outwards, n * sizeof *x->keys_of);
}

/* Paths of one level and what is inside them; they are three at most, so this goes no deeper. */
static int run_level(struct decode *d, const struct type_message *m, size_t level) {
        struct source_context *x = &d->context;
        const struct document *doc = x->doc;
        uint32_t node = doc ? path_follow(&m->for_each[level], 0, doc, level ? x->items[0] : 0) : DOCUMENT_NONE;
        uint32_t number = 0;
        bool object;
        int r = 0;

        if (node == DOCUMENT_NONE || doc->nodes[node].type < DOCUMENT_OBJECT)
                return 0;
        object = doc->nodes[node].type == DOCUMENT_OBJECT;
        move_outwards(x, true);
        for (uint32_t i = node + 1; r >= 0 && i < doc->nodes[node].next && d->steps; number++) {
                struct ww_str key = object ? document_string(doc, i) : ww_str(arena_printf(&d->arena, "%u", number));
                uint32_t value = i + object;

                i = doc->nodes[value].next;
                r = enter(d, m, level, key, value);
        }
        move_outwards(x, false);
        return r;
}

int run_message(struct decode *d, const struct type_message *m) {
        int r;

        if (m->n_for_each) {
                r = run_level(d, m, 0);
                is_exhausted(d);
        } else {
                begin(d, m);
                r = run_element(d, m);
        }
        return r < 0 ? r : d->outcome;
}
