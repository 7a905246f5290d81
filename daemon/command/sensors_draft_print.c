/* A draft as YAML. It must load as it stands: what is not known becomes a comment that begins with `# ?`. */
#include "command/sensors_draft.h"

#include "base/span.h"

#include <stdio.h>

/* ---- comments ---- */

/* One line, whatever a device has written. */
static void put_ascii(const json_t *value, struct buf *out) {
        _cleanup_free_ char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT |
                                                              JSON_REAL_PRECISION(15));
        size_t n = text ? strlen(text) : 0;

        buf_printf(out, "%.*s%s", n > 60 ? 60 : (int)n, text ? text : "", n > 60 ? "…" : "");
}

static void put_ascii_text(const char *text, struct buf *out) {
        for (; *text; text++)
                buf_printf(out, "%c", (unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f ? '?' : *text);
}

static void put_seen(const struct draft_field *f, struct buf *out) {
        const json_t *value;
        size_t i;

        json_array_foreach(f->values, i, value) {
                buf_puts(out, i ? ", " : "");
                put_ascii(value, out);
        }
        if (json_array_size(f->values) == DRAFT_VALUES_MAX)
                buf_puts(out, " …");
}

/* ---- fields ---- */

static void put_path(const struct draft_field *f, struct buf *out) {
        sensors_yaml_text(ww_str(f->path), out);
}

/* true and false, 1 and 0: not words that say by themselves which is which */
static bool is_bare_truth(const json_t *values) {
        const json_t *value;
        size_t i;

        json_array_foreach(values, i, value) {
                const char *text = json_string_value(value);

                if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0 && strcmp(text, "0") != 0 &&
                    strcmp(text, "1") != 0)
                        return false;
        }
        return true;
}

static bool is_usual(const json_t *values) {
        const json_t *value;
        size_t i;

        json_array_foreach(values, i, value) {
                if (!draft_state_usual(value))
                        return false;
        }
        return true;
}

static void put_map(const struct draft_field *f, struct buf *out) {
        const json_t *value;
        size_t i;

        buf_puts(out, "{path: ");
        put_path(f, out);
        buf_puts(out, ", map: {");
        json_array_foreach(f->values, i, value) {
                _cleanup_free_ char *text = json_is_string(value)
                                                    ? strdup(json_string_value(value))
                                                    : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

                if (!text || json_is_null(value))
                        continue;
                sensors_yaml_text(*text ? ww_str(text) : WW_STR("\"\""), out);
                buf_printf(out, ": %s, ", draft_state_word(text));
        }
        buf_puts(out, "'*': unknown}}");
}

/* True if somebody has to look at it. */
static bool put_state(const struct draft_field *f, const struct draft_guess *g, struct buf *out) {
        bool inverted = g->inverted && is_bare_truth(f->values);

        buf_printf(out, "      - {kind: %s, state: ", g->kind);
        if (!is_usual(f->values)) {
                put_map(f, out);
        } else if (inverted) {
                buf_puts(out, "{path: ");
                put_path(f, out);
                buf_puts(out, ", invert: true}");
        } else {
                put_path(f, out);
        }
        buf_puts(out, "}");
        return inverted || !is_usual(f->values) || !g->sure;
}

static bool is_of_element(const struct draft_field *f) {
        return strncmp(f->path, "item.", 5) == 0;
}

static bool is_identity(const char *kind) {
        return strcmp(kind, "credential") == 0 || strcmp(kind, "vehicle.plate") == 0;
}

/* What makes the pulse: that its field is there, or is true. A message without it must not give one. */
static void put_when(const struct draft_field *f, struct buf *out) {
        const char *path = strncmp(f->path, "payload.", 8) == 0 ? f->path + 8 : f->path;

        if (strcmp(f->path, "payload") == 0)
                return;
        buf_printf(out,
                   json_is_boolean(json_array_get(f->values, 0)) ? ", where: '%s%s == true'"
                                                                 : ", where: 'not missing(%s%s)'",
                   is_of_element(f) ? "" : "payload.", path);
}

/* An expression has no quoted keys. */
static bool can_ask(const struct draft_field *f) {
        return !strpbrk(f->path, "\"[-");
}

static bool put_pulse(const struct draft_field *f, const struct draft_guess *g, struct buf *out) {
        buf_printf(out, "      - {kind: %s", g->kind);
        if (is_identity(g->kind)) {
                buf_puts(out, ", value: {path: ");
                put_path(f, out);
                buf_puts(out, ", as: string}");
        }
        put_when(f, out);
        buf_puts(out, "}");
        return true;
}

/* False: it is no event. */
static bool put_event(const struct draft_field *f, struct buf *out) {
        const struct draft_guess g = draft_guess(f);
        bool look = !g.sure;

        if (g.role == DRAFT_PULSE && !can_ask(f)) /* without a guard every message would be one */
                return false;

        switch (g.role) {
        case DRAFT_STATE:
                look = put_state(f, &g, out);
                break;
        case DRAFT_PULSE:
                look = put_pulse(f, &g, out);
                break;
        case DRAFT_MEASURE:
                buf_printf(out, "      - {kind: %s, value: ", g.kind);
                put_path(f, out);
                buf_puts(out, "}");
                break;
        case DRAFT_NOTHING:
        case DRAFT_TIME:
        case DRAFT_DEVICE:
        case DRAFT_ATTRIBUTE:
                return false;
        }
        buf_puts(out, look ? "  # ? seen: " : "  # seen: ");
        put_seen(f, out);
        buf_puts(out, "\n");
        return true;
}

/* A bare value that no word says anything of. */
static bool put_bare(const struct draft_field *f, struct buf *out) {
        bool numbers = json_array_size(f->values) > 0;
        const json_t *value;
        size_t i;

        json_array_foreach(f->values, i, value) numbers &= draft_is_number(value);
        if (strcmp(f->path, "payload") != 0 || f->list || (!numbers && !is_usual(f->values)))
                return false;
        buf_printf(out, "      - {kind: %s: payload}  # ? seen: ",
                   numbers && !is_usual(f->values) ? "measurement, value" : "input, state");
        put_seen(f, out);
        buf_puts(out, "\n");
        return true;
}

/* True if it took a field that has no kind by its name. */
static bool put_events(const struct draft_group *g, struct buf *out) {
        bool any = false, bare = false;

        buf_puts(out, "    events:\n");
        for (size_t i = 0; i < g->n_fields; i++)
                any |= put_event(&g->fields[i], out);
        if (!any && g->n_fields && g->format == DRAFT_TEXT)
                bare = put_bare(&g->fields[0], out);
        if (!any && !bare)
                buf_puts(
                        out,
                        "      - {kind: unknown}  # ? what does it tell? `wardwatch help kinds` lists what there is\n");
        return bare;
}

static void put_rest(const struct draft_group *g, struct buf *out) {
        const struct draft_field *time = draft_field_of(g, DRAFT_TIME);

        for (size_t i = 0; i < g->n_fields; i++) {
                const struct draft_field *f = &g->fields[i];
                enum draft_role role = draft_guess(f).role;

                if (g->list && strcmp(f->path, g->list) == 0) {
                        continue;
                } else if (f->list) {
                        buf_puts(out, "      # ? ");
                        put_ascii_text(f->path, out);
                        buf_puts(out, ": a list; `for_each` makes each of its elements an event\n");
                } else if (role == DRAFT_NOTHING || (role == DRAFT_TIME && f != time) ||
                           (role == DRAFT_PULSE && !can_ask(f))) {
                        buf_puts(out, "      # ? ");
                        put_ascii_text(f->path, out);
                        buf_puts(out, ": ");
                        put_seen(f, out);
                        buf_puts(out, "\n");
                }
        }
}

/* ---- messages ---- */

static bool own_device(const struct draft_group *g) {
        const struct draft_field *f = draft_field_of(g, DRAFT_DEVICE);

        if (f && is_of_element(f))
                f = NULL;
        for (size_t i = 0; i < g->n_levels; i++)
                if (g->levels[i].capture && strcmp(g->levels[i].capture, "device") == 0)
                        return f && g->levels[i].guessed;
        return f != NULL;
}

static void put_topic(const struct draft_group *g, struct buf *out) {
        _cleanup_buf_ struct buf topic = BUF_INIT;
        bool guessed = false, own = own_device(g);

        for (size_t i = 0; i < g->n_levels; i++) {
                const struct draft_level *level = &g->levels[i];
                bool device = level->capture && strcmp(level->capture, "device") == 0;

                buf_puts(&topic, i ? "/" : "");
                if (level->capture && !(device && own))
                        buf_printf(&topic, "{%s}", level->capture);
                else
                        buf_put(&topic, level->text.p, level->text.n);
                guessed |= level->guessed && level->capture && !(device && own);
        }
        buf_puts(out, "    topics: [");
        sensors_yaml_text(buf_str(&topic), out);
        buf_printf(out, "]%s\n", guessed ? "  # ? one topic was seen: is this the level that varies?" : "");
}

/* What tells elements of a list apart; NULL: only where they stand. */
static const struct draft_field *element_name(const struct draft_group *g) {
        static const char *const names[] = { "id", "zoneid", "number", "no", "nr", "index", "name" };
        const struct draft_field *f = draft_field_of(g, DRAFT_DEVICE);

        if (f && is_of_element(f) && !strchr(f->path, '"'))
                return f;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
                for (size_t i = 0; i < g->n_fields; i++)
                        if (is_of_element(&g->fields[i]) && strcmp(g->fields[i].key, names[k]) == 0 &&
                            !strchr(g->fields[i].path + 5, '.') && !strchr(g->fields[i].path, '"'))
                                return &g->fields[i];
        return NULL;
}

static void put_element_device(const struct draft_group *g, struct buf *out) {
        const struct draft_field *f = element_name(g), *outer = draft_field_of(g, DRAFT_DEVICE);
        _cleanup_buf_ struct buf name = BUF_INIT;

        if (own_device(g) && !strchr(outer->path, '"'))
                buf_printf(&name, "{%s}/", outer->path);
        else if (g->device && !own_device(g))
                buf_puts(&name, "{topic.device}/");
        else
                buf_printf(&name, "%s/", g->name);
        buf_printf(&name, "{%s}", f ? f->path : "key");
        buf_puts(out, "    device: ");
        sensors_yaml_text(buf_str(&name), out);
        buf_puts(out, f ? "  # seen: " : "  # ? by its place in the list: does an element have a name?\n");
        if (!f)
                return;
        put_seen(f, out);
        buf_puts(out, "\n");
}

static void put_device(const struct draft_group *g, struct buf *out) {
        const struct draft_field *f = draft_field_of(g, DRAFT_DEVICE);

        if (g->list) {
                put_element_device(g, out);
        } else if (own_device(g)) {
                buf_puts(out, "    device: ");
                put_path(f, out);
                buf_puts(out, "  # seen: ");
                put_seen(f, out);
                buf_puts(out, "\n");
        } else if (!g->device) {
                buf_puts(out, "    device: {const: ");
                sensors_yaml_text(ww_str(g->name), out);
                buf_puts(out, "}  # ? nothing in topic or payload looks like a device's name\n");
        } else if (f) {
                buf_puts(out, "    # ? ");
                put_ascii_text(f->path, out);
                buf_puts(out, " may be the device's own name: ");
                put_seen(f, out);
                buf_puts(out, "\n");
        }
}

static void put_time(const struct draft_group *g, struct buf *out) {
        const struct draft_field *f = draft_field_of(g, DRAFT_TIME);

        if (!f)
                return;
        buf_puts(out, "    time: ");
        put_path(f, out);
        buf_puts(out, "  # seen: ");
        put_seen(f, out);
        buf_puts(out, "\n");
}

static void put_attribute(struct buf *out, bool *any, const char *name, const struct draft_field *f) {
        buf_puts(out, *any ? "" : "    attributes:\n");
        *any = true;
        buf_printf(out, "      %s: ", name);
        if (!f) {
                buf_printf(out, "topic.%s  # ? what this level says\n", name);
        } else if (strcmp(name, "badge") == 0 || strcmp(name, "plate") == 0) {
                buf_puts(out, "{path: ");
                put_path(f, out);
                buf_puts(out, ", as: string}\n");
        } else {
                put_path(f, out);
                buf_puts(out, "\n");
        }
}

static const char *attribute_of(const struct draft_field *f) {
        const struct draft_guess g = draft_guess(f);

        if (g.role == DRAFT_ATTRIBUTE)
                return g.kind;
        if (g.role != DRAFT_PULSE || !is_identity(g.kind))
                return NULL;
        return strcmp(g.kind, "credential") == 0 ? "badge" : "plate";
}

static void put_attributes(const struct draft_group *g, struct buf *out) {
        bool any = false, place = false;

        for (size_t i = 0; i < g->n_levels; i++)
                if (g->levels[i].capture && strcmp(g->levels[i].capture, "device") != 0) {
                        put_attribute(out, &any, g->levels[i].capture, NULL);
                        place = true;
                }
        for (size_t i = 0; i < g->n_fields; i++) {
                const char *name = attribute_of(&g->fields[i]);
                bool twice = !name || (place && strcmp(name, "place") == 0);

                for (size_t k = 0; k < i && !twice; k++)
                        twice = attribute_of(&g->fields[k]) && strcmp(attribute_of(&g->fields[k]), name) == 0;
                if (!twice)
                        put_attribute(out, &any, name, &g->fields[i]);
        }
}

static void put_message(const struct draft_group *g, struct buf *out) {
        static const char *const formats[] = {
                [DRAFT_JSON] = "json",   [DRAFT_PAIRS] = "pairs", [DRAFT_TEXT] = "text",
                [DRAFT_EMPTY] = "empty", [DRAFT_BYTES] = "any",
        };

        buf_printf(out, "  - message: %s  # %zu seen\n", g->name, g->n);
        put_topic(g, out);
        buf_printf(out, "    format: %s\n", formats[g->format]);
        if (g->format == DRAFT_BYTES || g->format == DRAFT_EMPTY) {
                buf_printf(out, "    ignore: true  # ? %s\n",
                           g->format == DRAFT_EMPTY ? "an empty payload: a retained message was deleted"
                                                    : "bytes that are no text: see `bytes:` in rules/README.md");
                return;
        }
        if (g->match_key) {
                buf_printf(out, "    match: {%s: ", g->match_key);
                sensors_yaml_text(ww_str(g->match_word), out);
                buf_puts(out, "}\n");
        }
        if (g->list) {
                buf_puts(out, "    for_each: ");
                sensors_yaml_text(ww_str(g->list), out);
                buf_puts(out, "\n");
        }
        put_device(g, out);
        put_time(g, out);
        put_attributes(g, out);
        if (!put_events(g, out))
                put_rest(g, out);
}

/* ---- examples ---- */

/* The value at a path of plain words. */
static const json_t *value_at(const json_t *value, const char *path) {
        while (*path && value) {
                size_t n = strcspn(path, ".");

                value = json_object_getn(value, path, n);
                path += n + (path[n] == '.');
        }
        return value;
}

int64_t draft_time_of(const struct draft_group *g, const struct draft_sample *sample) {
        const struct draft_field *f = draft_field_of(g, DRAFT_TIME);
        const json_t *value = f ? value_at(sample->body, f->path) : NULL;
        int64_t time;

        return value && draft_is_time(value, &time) ? time : WW_TIME_NONE;
}

void draft_print_given(const struct draft_group *g, const struct draft_sample *sample, int64_t at, struct buf *out) {
        char time[32];

        (void)g;
        instant_format(at, time);
        buf_puts(out, "      - {topic: ");
        sensors_yaml_text(sample->topic, out);
        buf_printf(out, ", at: \"%.19sZ\"%s,\n         payload: ", time, sample->retained ? ", retained: true" : "");
        sensors_yaml_text(sample->payload, out);
        buf_puts(out, "}\n");
}

void draft_print_event(const struct ww_event *e, struct buf *out) {
        buf_puts(out, "      - {device: ");
        sensors_yaml_text(e->device, out);
        buf_printf(out, ", kind: %.*s", WW_STR_ARG(e->kind));
        if (e->value.type != WW_MISSING) {
                buf_puts(out, ", value: ");
                sensors_yaml_value(e->value, out);
        }
        for (size_t i = 0; i < e->n_attrs; i++) {
                buf_printf(out, "%s%.*s: ", i ? ", " : ", attributes: {", WW_STR_ARG(e->attrs[i].name));
                sensors_yaml_value(e->attrs[i].value, out);
        }
        buf_printf(out, "%s}\n", e->n_attrs ? "}" : "");
}

/* ---- the whole ---- */

void draft_print(const struct draft *d, const char *const *examples, struct buf *out) {
        bool any = false;

        buf_printf(out,
                   "# A draft, from %zu message%s. It loads as it stands; what could not be known is marked `# ?`:\n"
                   "# answer each mark, or take the line away. The examples hold what the draft gives now: say there\n"
                   "# what must come, and `wardwatch sensors test %s` tells what comes instead.\n",
                   d->n_samples, d->n_samples == 1 ? "" : "s", d->sensor);
        buf_printf(out, "sensor: %s\nversion: 1\ntitle: Draft of %s  # ? maker and model\nmessages:\n", d->sensor,
                   d->sensor);
        for (size_t i = 0; i < d->n_groups; i++)
                put_message(&d->groups[i], out);
        for (size_t i = 0; examples && i < d->n_groups; i++) {
                if (!examples[i] || !*examples[i])
                        continue;
                buf_puts(out, any ? "" : "examples:\n");
                any = true;
                buf_puts(out, examples[i]);
        }
}
