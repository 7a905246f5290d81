/*
 * `number`: reading it from YAML, and what it means for a message.
 *
 * The counter is the device's, so it is kept by device; the exercise does not matter. Of a message with several
 * elements each element of the device comes with the same number: `mark` tells that it is still the same message.
 *
 * A retained message may have been published before what is known: it can be seen before or go ahead, but where it
 * goes back the device did not begin anew. A suspect one moves no counter: a forged number would hide the true ones.
 */
#include "decode/load.h"
#include "decode/numbering.h"
#include "decode/run.h"

const struct load_key load_number_keys[] = {
        { "path", "where the number stands; a list: the first that is there" },
        { "modulo", "the number after which it begins at 0 again: 256 for one byte; 2 to 4294967296, the default" },
        { "within",
          "how long a number that was here makes a message a duplicate; later, a number that goes back is the "
          "device's new beginning. Default 10m; 1s to 31d" },
};
const size_t load_number_keys_n = sizeof load_number_keys / sizeof *load_number_keys;

static bool is_of_element(const struct source *s) {
        for (size_t i = 0; i < s->n_paths; i++)
                if ((s->paths[i].root == PATH_ITEM || s->paths[i].root == PATH_KEY) && s->paths[i].index == 0)
                        return true;
        return false;
}

int load_number(struct load *l, const struct yaml_node *n, struct type_number *number) {
        struct source *s = arena_new(l->arena, struct source);
        const struct yaml_node *path = n->type == YAML_MAPPING ? yaml_get(n, "path") : n, *x;
        int64_t modulo = NUMBERING_MODULO_MAX;
        int r = 0;

        if (!s)
                return -ENOMEM;
        *s = (struct source){ .scale = 1, .pos = n->pos, .as = SOURCE_AS_NUMBER };
        number->within = TYPE_NUMBER_WITHIN;
        if (!path)
                return diag_error(l->d, n->pos, "add `path: …`", "%s: a number has no path", l->what);
        if (n->type == YAML_MAPPING) {
                r = load_keys_check(l, n, l->what, load_number_keys, load_number_keys_n);
                if (!r && (x = yaml_get(n, "modulo")))
                        r = yaml_integer(x, "modulo", NUMBERING_MODULO_MIN, NUMBERING_MODULO_MAX, l->d, &modulo);
                if (!r && (x = yaml_get(n, "within")))
                        r = yaml_span(x, "within", WW_SECOND, 31 * WW_DAY, l->d, &number->within);
        }
        r = r ? r : load_paths(l, path, &s->paths, &s->n_paths);
        number->source = s;
        number->modulo = (uint64_t)modulo;
        number->of_element = !r && is_of_element(s);
        return r;
}

/* False: there is none, or it is no such number, which is reported. */
static bool read_number(struct decode *d, const struct type_number *number, uint32_t *ret) {
        struct ww_value v;
        bool readable = source_read(number->source, &d->context, &v);

        if (readable && (v.type == WW_MISSING || v.type == WW_NULL))
                return false;
        if (v.type != WW_NUMBER || !(v.number >= 0) || v.number >= (double)number->modulo) {
                run_fail(d, DECODE_E_BAD_FIELD, "the device's number is none below %llu",
                         (unsigned long long)number->modulo);
                return false;
        }
        *ret = (uint32_t)v.number;
        if (*ret != v.number)
                run_fail(d, DECODE_E_BAD_FIELD, "the device's number is not a whole one");
        return *ret == v.number;
}

static int tell_gap(struct decode *d, const struct type_number *number, uint32_t last, uint64_t missing) {
        struct telling t = { .family = d->types->gap,
                             .state = WW_STATE_PULSE,
                             .device = d->device,
                             .asset = d->asset,
                             .value = ww_number((double)missing),
                             .n_attrs = 2 };
        const uint64_t ends[] = { (last + UINT64_C(1)) % number->modulo, (last + missing) % number->modulo };

        if (t.family == WW_FAMILY_NONE || d->index - d->first >= RUN_EVENTS_MAX)
                return 0;
        for (size_t i = 0; i < 2; i++) {
                d->attrs[i] = d->types->own_attrs[TYPE_ATTR_FIRST + i];
                d->attrs[i].value = ww_number((double)ends[i]);
        }
        return run_tell(d, &t);
}

static int number_known(struct decode *d, const struct type_number *number, struct states_entry *entry, uint32_t value,
                        bool *ret_seen) {
        struct numbering n = numbering_unpack(entry->word);
        bool fresh = d->message->time - entry->heard < number->within;
        uint32_t last = n.last;
        uint64_t missing;
        enum numbering_verdict verdict = numbering_judge(&n, value, number->modulo, fresh, &missing);

        if (verdict == NUMBERING_SEEN) {
                *ret_seen = true;
                d->figures.repeats++;
                return 0;
        }
        if (verdict == NUMBERING_RESTART && d->message->retained)
                return 0;
        numbering_take(&n, value, number->modulo, verdict);
        entry->word = numbering_pack(n);
        entry->heard = d->message->time;
        entry->mark = STATES_MARK(d->message->seq);
        return missing ? tell_gap(d, number, last, missing) : 0;
}

int number_check(struct decode *d, const struct type_message *m, bool *ret_seen) {
        struct states_key key = states_key(states_device(d->type->owner, d->device, false), d->types->number_states);
        struct states_entry *entry;
        uint32_t value;
        bool fresh;
        int r;

        *ret_seen = false;
        if ((d->flags & WW_EVENT_SUSPECT) || !read_number(d, &m->number, &value))
                return 0;
        r = run_entry(d, key, &entry, &fresh);
        if (r < 0)
                return r;
        if (!fresh && !m->number.of_element && entry->mark == STATES_MARK(d->message->seq))
                return 0;
        if (!fresh)
                return number_known(d, &m->number, entry, value, ret_seen);
        entry->word = numbering_pack(numbering_first(value));
        entry->heard = d->message->time;
        entry->state = WW_STATE_PULSE;
        entry->mark = STATES_MARK(d->message->seq);
        return 0;
}
