/*
 * What is legal in sensor types, and hardly meant. A message that asks for nothing takes all of its topics, so that
 * what stands behind it is never reached; a topic that no MQTT filter lets in is never heard.
 */
#include "config/topic_filter.h"
#include "decode/type.h"

/* ---- topics that nothing subscribes to ---- */

/* The filter that lets all of a pattern's topics in; what stands behind many levels is left out. */
static void put_filter(const struct topic_pattern *p, struct buf *out) {
        for (size_t i = 0; i < p->n; i++) {
                const struct topic_level *level = &p->levels[i];

                buf_puts(out, i ? "/" : "");
                if (level->kind == TOPIC_MULTI) {
                        buf_puts(out, "#");
                        return;
                }
                if (level->kind == TOPIC_LITERAL)
                        buf_put(out, level->text.p, level->text.n);
                else
                        buf_puts(out, "+");
        }
}

static bool let_in(const struct type_topic *topic, const char *const *filters, size_t n) {
        for (size_t i = 0; i < topic->n; i++) {
                _cleanup_buf_ struct buf filter = BUF_INIT;

                put_filter(&topic->patterns[i], &filter);
                for (size_t j = 0; j < n; j++)
                        if (filter.error || topic_filter_overlap(buf_str(&filter), ww_str(filters[j])))
                                return true;
        }
        return false;
}

static bool heard(const struct type_message *m, const char *const *filters, size_t n) {
        for (size_t i = 0; i < m->n_topics; i++)
                if (let_in(&m->topics[i], filters, n))
                        return true;
        return !m->n_topics;
}

/* One of a message's topics is enough: the others are other ways to the same. */
static void advise_topics(const struct type *type, const char *const *filters, size_t n, struct diag *d) {
        static const char help[] = "add a filter that lets them in to mqtt.urgent or mqtt.bulk";
        size_t silent = 0;

        for (size_t i = 0; i < type->n_messages; i++)
                silent += !heard(&type->messages[i], filters, n);
        if (silent && silent == type->n_messages) {
                diag_warning(d, type->pos, "add a filter for them to mqtt.urgent or mqtt.bulk, or take the type out",
                             "sensor `%s`: the daemon subscribes to none of its topics", type->name.p);
                return;
        }
        for (size_t i = 0; silent && i < type->n_messages; i++)
                if (!heard(&type->messages[i], filters, n))
                        diag_warning(d, type->messages[i].topics[0].pos, help,
                                     "sensor `%s`: the daemon subscribes to no topic of message `%.*s`", type->name.p,
                                     WW_STR_ARG(type->messages[i].name));
}

/* ---- messages that are never reached ---- */

static bool takes_all(const struct type_message *m) {
        return !m->n_has && !m->n_lacks && !m->n_matches && !m->where;
}

static bool formats_within(const struct type_message *special, const struct type_message *general) {
        for (size_t i = 0; i < special->n_formats; i++)
                if (!memchr(general->formats, special->formats[i], general->n_formats))
                        return false;
        return true;
}

/* the same topics, whatever they are called */
static bool same_pattern(const struct topic_pattern *a, const struct topic_pattern *b) {
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++) {
                const struct topic_level *x = &a->levels[i], *y = &b->levels[i];

                if (x->kind != y->kind || x->kind == TOPIC_PARTIAL ||
                    (x->kind == TOPIC_LITERAL && !ww_str_equal(x->text, y->text)))
                        return false;
        }
        return true;
}

static bool topic_within(const struct topic_pattern *pattern, const struct type_message *general) {
        for (size_t i = 0; i < general->n_topics; i++)
                for (size_t j = 0; j < general->topics[i].n; j++)
                        if (same_pattern(pattern, &general->topics[i].patterns[j]))
                                return true;
        return false;
}

static bool covers(const struct type_message *general, const struct type_message *special) {
        if (!takes_all(general) || !formats_within(special, general))
                return false;
        for (size_t i = 0; i < special->n_topics; i++)
                for (size_t j = 0; j < special->topics[i].n; j++)
                        if (!topic_within(&special->topics[i].patterns[j], general))
                                return false;
        return true;
}

/* Types are asked in the order of their files where their patterns are equal; messages in the order of their type. */
static void advise_reach(const struct decode_types *t, size_t type, size_t message, struct diag *d) {
        const struct type_message *m = &t->types[type].messages[message];

        for (size_t i = 0; i <= type; i++)
                for (size_t j = 0; j < (i == type ? message : t->types[i].n_messages); j++)
                        if (covers(&t->types[i].messages[j], m)) {
                                diag_warning(d, m->pos,
                                             "put what asks for more first, or let the other ask with `has`, "
                                             "`match` or `where`",
                                             "sensor `%s`: message `%.*s` is never reached: `%.*s` of `%s` takes its "
                                             "topics before",
                                             t->types[type].name.p, WW_STR_ARG(m->name),
                                             WW_STR_ARG(t->types[i].messages[j].name), t->types[i].name.p);
                                return;
                        }
}

void decode_types_advise(const struct decode_types *t, const char *const *filters, size_t n, struct diag *d) {
        for (size_t i = 0; i < t->n; i++) {
                advise_topics(&t->types[i], filters, n, d);
                for (size_t j = 0; j < t->types[i].n_messages; j++)
                        advise_reach(t, i, j, d);
        }
}

/* ---- fields ---- */

static bool event_is(const struct type_event *e, ww_family family) {
        for (size_t i = 0; i < e->n_classes; i++)
                if (e->classes[i].family == family)
                        return true;
        return e->family == family;
}

static bool event_has(const struct type_event *e, struct ww_str field) {
        for (size_t i = 0; i < e->n_attrs; i++)
                if (ww_str_equal(e->attrs[i].name, field))
                        return true;
        if (e->children && ww_str_is(field, "gateway"))
                return true;
        return (ww_str_is(field, "value") && e->value) || (ww_str_is(field, "unit") && e->unit.n);
}

/* Pulses with a value are told apart by it; several messages may tell of one device. */
int64_t decode_types_repeat(const struct decode_types *t, ww_family family) {
        const struct type_event *only = NULL;

        for (size_t i = 0; i < t->n; i++)
                for (size_t j = 0; j < t->types[i].n_messages; j++)
                        for (size_t k = 0; k < t->types[i].messages[j].n_events; k++) {
                                const struct type_event *e = &t->types[i].messages[j].events[k];

                                if (!event_is(e, family))
                                        continue;
                                if (only || (e->nature == WW_NATURE_PULSE && e->value))
                                        return 0;
                                only = e;
                        }
        return only ? only->repeat_within : 0;
}

enum decode_gives decode_types_gives(const struct decode_types *t, ww_family family, struct ww_str field,
                                     struct decode_giver *ret) {
        size_t with = 0, without = 0;

        for (size_t i = 0; i < t->n; i++)
                for (size_t j = 0; j < t->types[i].n_messages; j++) {
                        const struct type_message *m = &t->types[i].messages[j];

                        for (size_t k = 0; k < m->n_events; k++) {
                                if (!event_is(&m->events[k], family))
                                        continue;
                                if (event_has(&m->events[k], field))
                                        with++;
                                else if (!without++)
                                        *ret = (struct decode_giver){ t->types[i].name, m->name };
                        }
                }
        if (!with && !without)
                return DECODE_GIVES_NO_KIND;
        return !without ? DECODE_GIVES_ALL : with ? DECODE_GIVES_SOME : DECODE_GIVES_NONE;
}
