/*
 * The reference: chapters, each a heading, perhaps a line of text, and a table that a room keeps for its loader.
 * Nothing is said here that a table could say; what needs more than a row stands in the introduction of
 * rules/README.md.
 */
#include "command/reference.h"

#include "base/span.h"
#include "config/site_internal.h"
#include "correlate/field.h"
#include "correlate/rule_load.h"
#include "decode/load.h"
#include "decode/stamp_pattern.h"
#include "decode/unit.h"
#include "notify/channels.h"
#include "notify/template.h"
#include "records/kinds_load.h"
#include "response/incident.h"
#include "response/rules_load.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void put_table(struct buf *out, const char *title, const char *text, const char *const *columns, size_t n) {
        buf_printf(out, "\n#### %s\n\n", title);
        if (text)
                buf_printf(out, "%s\n\n", text);
        for (size_t i = 0; i < n; i++)
                buf_printf(out, "| %s%s", columns[i], *columns[i] ? " " : "");
        buf_puts(out, "|\n");
        for (size_t i = 0; i < n; i++)
                buf_puts(out, "| --- ");
        buf_puts(out, "|\n");
}

/* ---- rules ---- */

static const struct {
        const char *title, *text;
        const char *columns[4];
        const struct word *words;
        const size_t *n;
} word_tables[] = {
        { "A rule", NULL, { "word", "takes", "without it", "" }, word_rule, &word_rule_n },
        { "A selection",
          "Any other word is a field of the event, with a value, a list of values (any of them) or `\"@name\"` of a "
          "list.",
          { "word", "takes", "without it", "" },
          word_select,
          &word_select_n },
        { "`clear`", NULL, { "word", "takes", "without it", "" }, word_clear, &word_clear_n },
        { "A row of `regrade`", NULL, { "word", "takes", "without it", "" }, word_regrade, &word_regrade_n },
        { "`mute`", NULL, { "word", "takes", "without it", "" }, word_mute, &word_mute_n },
        { "`match` in `mute`", NULL, { "word", "takes", "without it", "" }, word_match, &word_match_n },
        { "`raise`", NULL, { "word", "takes", "without it", "" }, word_raise, &word_raise_n },
        { "`limits`",
          "Each limit that is reached raises a system alarm that names the rule; what goes or is refused there is "
          "counted in "
          "its metrics (`wardwatch metrics --table`).",
          { "word", "takes", "without it", "" },
          word_limits,
          &word_limits_n },
        { "An example", NULL, { "word", "takes", "without it", "" }, word_example, &word_example_n },
        { "Acts in an example",
          "A selection of the rule that has the name of an act goes before it.",
          { "act", "row", "", "" },
          word_act,
          &word_act_n },
        { "Functions that count, and guards", NULL, { "function", "gives", "in", "" }, word_call, &word_call_n },
};

static const char *word_standard(const struct word *w) {
        return !w->standard ? "" : strcmp(w->standard, "must") == 0 ? "**must be there**" : w->standard;
}

static void put_word(struct buf *out, const struct word *w, bool standard) {
        buf_printf(out, "| `%s` | %s | ", w->name, word_takes(w));
        if (standard)
                buf_printf(out, "%s | ", word_standard(w));
        buf_printf(out, "%s%s |\n", w->help, w->supported ? "" : " (not supported by this version)");
}

static void put_words(struct buf *out) {
        for (size_t i = 0; i < COUNT(word_tables); i++) {
                bool standard = *word_tables[i].columns[2];

                put_table(out, word_tables[i].title, word_tables[i].text, word_tables[i].columns, standard ? 4 : 3);
                for (size_t k = 0; k < *word_tables[i].n; k++)
                        put_word(out, &word_tables[i].words[k], standard);
        }
}

static void put_bounds(struct buf *out) {
        static const char *const columns[] = { "at most", "" };
        char span[32];

        put_table(out, "Limits of one rule", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < word_bounds_n; i++)
                buf_printf(out, "| %u | %s |\n", word_bounds[i].most, word_bounds[i].what);
        span_format(RULE_SPAN_MAX, span);
        buf_printf(out, "| %s | for every span |\n", span);
}

/* ---- what a rule raises ---- */

static void put_priorities(struct buf *out) {
        static const char *const columns[] = { "priority", "weight in a `score`" };

        put_table(out, "Priorities", NULL, columns, COUNT(columns));
        for (enum ww_priority p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++)
                buf_printf(out, "| `%s` | %g |\n", ww_priority_name(p), rule_weights[p]);
}

static void put_hazards(struct buf *out) {
        buf_puts(out, "\n#### Hazards\n\n");
        for (enum ww_hazard h = 0; h < WW_HAZARD_MAX_; h++)
                buf_printf(out, "%s`%s`", h ? ", " : "", ww_hazard_name(h));
        buf_puts(out, "\n");
}

static void put_classes(struct buf *out) {
        static const char *const columns[] = { "class", "muted, shelved", "a rule that selects these has to name it" };
        const struct ww_kinds *kinds = ww_kinds_builtin();

        put_table(out, "Classes", NULL, columns, COUNT(columns));
        for (enum ww_class c = 0; c < WW_CLASS_MAX_; c++) {
                const char *comma = "";

                buf_printf(out, "| `%s` | %s | ", ww_class_name(c), ww_class_protected(c) ? "never" : "can be");
                for (size_t i = 0; c != WW_CLASS_GENERAL && i < kinds->n; i++)
                        if (kinds->rows[i].implies == c) {
                                buf_printf(out, "%s`%s`", comma, kinds->rows[i].family);
                                comma = ", ";
                        }
                buf_puts(out, " |\n");
        }
}

/* ---- expressions ---- */

static void put_fields(struct buf *out) {
        static const char *const columns[] = { "field", "" };

        put_table(
                out, "Fields of every event",
                "Beside them: types of zones (`ward`), attributes that sensor types give (`badge`), classes of assets "
                "(`door`), fields of assets (`door.exit`).",
                columns, COUNT(columns));
        for (size_t i = 0; i < field_words_n; i++)
                buf_printf(out, "| `%s` | %s |\n", field_words[i].name, field_words[i].help);
}

static void put_flags(struct buf *out) {
        const char *const *names;
        size_t n;

        names = rule_load_flag_names(&n);
        buf_puts(out, "\n#### Flags of an event\n\n");
        for (size_t i = 0; i < n; i++)
                buf_printf(out, "%s`%s`", i ? ", " : "", names[i]);
        buf_puts(out, "\n");
}

static void put_operators(struct buf *out) {
        static const char *const columns[] = { "operator", "" };

        put_table(out, "Operators", "The loosest first; `( )` goes before all.", columns, COUNT(columns));
        for (size_t i = 0; i < expr_operators_n; i++)
                if (expr_operators[i].help)
                        buf_printf(out, "| `%s` | %s |\n", expr_operators[i].text, expr_operators[i].help);
}

static void put_functions(struct buf *out) {
        static const char *const columns[] = { "function", "" };

        put_table(out, "Functions of every expression", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < expr_functions_n; i++)
                buf_printf(out, "| `%s` | %s |\n", expr_functions[i].signature, expr_functions[i].help);
        for (size_t i = 0; i < FIELD_CALLS; i++)
                buf_printf(out, "| `%s` | in a `where` of a rule: %s |\n", field_calls[i].name, field_calls[i].help);
}

static void put_kinds(struct buf *out) {
        static const char *const columns[] = { "kind", "values", "" };
        const struct ww_kinds *kinds = ww_kinds_builtin();

        put_table(out, "Kinds", "A state has two values, a pulse has none, a measurement carries a number in `value`.",
                  columns, COUNT(columns));
        for (size_t i = 0; i < kinds->n; i++) {
                const struct ww_kind *k = &kinds->rows[i];

                if (k->nature == WW_NATURE_STATE)
                        buf_printf(out, "| `%s` | `%s`, `%s` | %s |\n", k->family, k->active, k->normal, k->help);
                else if (k->nature == WW_NATURE_PULSE)
                        buf_printf(out, "| `%s` | pulse | %s |\n", k->family, k->help);
                else
                        buf_printf(out, "| `%s` | number%s%s | %s |\n", k->family, k->unit ? ", " : "",
                                   k->unit ? k->unit : "", k->help);
        }
}

/* ---- sites and sensor types ---- */

static void put_site(struct buf *out) {
        static const struct {
                const char *title, *columns[2];
                const struct site_key *keys;
                const size_t *n;
        } tables[] = {
                { "A site", { "word", "" }, site_file_keys, &site_file_keys_n },
                { "A zone", { "word", "" }, site_zone_keys, &site_zone_keys_n },
                { "An asset", { "word", "" }, site_asset_keys, &site_asset_keys_n },
                { "A plan", { "word", "" }, site_plan_keys, &site_plan_keys_n },
                { "A client", { "word", "" }, site_client_keys, &site_client_keys_n },
                { "A mode", { "word", "" }, site_mode_keys, &site_mode_keys_n },
                { "`alarms` of a site", { "word", "" }, site_alarms_keys, &site_alarms_keys_n },
                { "A kind", { "word", "" }, site_kind_keys, &site_kind_keys_n },
                { "Days of a schedule", { "days", "" }, site_day_keys, &site_day_keys_n },
                { "Hours of a schedule", { "hours", "" }, site_hours_words, &site_hours_words_n },
        };

        for (size_t i = 0; i < COUNT(tables); i++) {
                put_table(out, tables[i].title, NULL, tables[i].columns, 2);
                for (size_t k = 0; k < *tables[i].n; k++)
                        buf_printf(out, "| `%s` | %s |\n", tables[i].keys[k].name, tables[i].keys[k].help);
        }
}

static void put_formats(struct buf *out) {
        static const char *const columns[] = { "format", "" };

        put_table(out, "Formats of a payload", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < format_count; i++)
                buf_printf(out, "| `%s` | %s |\n", format_table[i].name, format_table[i].help);
}

static void put_directives(struct buf *out) {
        static const char *const columns[] = { "letter", "" };

        put_table(out, "Letters behind a % in the `form` of a time", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < stamp_directives_n; i++)
                buf_printf(out, "| `%%%c` | %s |\n", stamp_directives[i].letter, stamp_directives[i].help);
}

/* One line for each unit of a kind: those that become it. */
static void put_units(struct buf *out) {
        static const char *const columns[] = { "becomes", "units" };

        put_table(out, "Units that are converted", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < units_n; i++) {
                bool first = i == 0 || strcmp(units[i].to, units[i - 1].to) != 0;

                if (first)
                        buf_printf(out, "%s| `%s` |", i ? " |\n" : "", units[i].to);
                buf_printf(out, "%s `%s`", first ? "" : ",", units[i].name);
        }
        buf_puts(out, " |\n");
}

static void put_sensors(struct buf *out) {
        static const struct {
                const char *title;
                const struct load_key *keys;
                const size_t *n;
        } tables[] = {
                { "A sensor type", load_type_keys, &load_type_keys_n },
                { "A message", load_message_keys, &load_message_keys_n },
                { "An event", load_event_keys, &load_event_keys_n },
                { "A value", load_source_keys, &load_source_keys_n },
                { "A time", load_time_keys, &load_time_keys_n },
                { "A number", load_number_keys, &load_number_keys_n },
                { "`split` of a value", load_split_keys, &load_split_keys_n },
                { "`bytes`", load_bytes_keys, &load_bytes_keys_n },
                { "A field of `bytes`", load_byte_field_keys, &load_byte_field_keys_n },
                { "`records` of `bytes`", load_records_keys, &load_records_keys_n },
                { "Format `pairs`", load_pairs_keys, &load_pairs_keys_n },
                { "Format `csv`", load_csv_keys, &load_csv_keys_n },
        };
        static const char *const columns[] = { "word", "" };

        for (size_t i = 0; i < COUNT(tables); i++) {
                put_table(out, tables[i].title, NULL, columns, COUNT(columns));
                for (size_t k = 0; k < *tables[i].n; k++)
                        buf_printf(out, "| `%s` | %s |\n", tables[i].keys[k].name, tables[i].keys[k].help);
        }
        buf_printf(out,
                   "\n#### Words of a state without a `map`\n\n| state | in any letter case |\n| --- | --- |\n"
                   "| active | %s |\n| normal | %s |\n",
                   valuemap_true_words, valuemap_false_words);
}

/* ---- the response ---- */

static void put_keys(struct buf *out, const struct rules_keys *tables, size_t n) {
        static const char *const columns[] = { "word", "" };

        for (size_t i = 0; i < n; i++) {
                put_table(out, tables[i].title, NULL, columns, COUNT(columns));
                for (size_t k = 0; k < *tables[i].n; k++)
                        buf_printf(out, "| `%s` | %s%s |\n", tables[i].keys[k].name, tables[i].keys[k].help,
                                   tables[i].keys[k].must ? "; **must be there**" : "");
        }
}

static void put_response(struct buf *out) {
        put_keys(out, rules_keys, rules_keys_n);
}

/* ---- records ---- */

static void put_records(struct buf *out) {
        static const char *const columns[] = { "type", "" };

        put_keys(out, kinds_keys, kinds_keys_n);
        put_table(out, "Types of fields", NULL, columns, COUNT(columns));
        for (size_t i = 0; i < RECORD_TYPE_MAX_; i++)
                buf_printf(out, "| `%s` | %s |\n", record_types[i].name, record_types[i].help);
}

static void put_channels(struct buf *out) {
        static const char *const columns[] = { "key", "of", "" }, *const words[] = { "word", "" };

        put_table(out, "The file of notify.channels", "`channels:`, a list of groups with these keys.", columns,
                  COUNT(columns));
        channels_reference(out);
        put_table(out, "Words of its templates", "In braces; `{{` is a brace.", words, COUNT(words));
        for (size_t i = 0; i < template_words_n; i++)
                buf_printf(out, "| `%s` | %s |\n", template_words[i].name, template_words[i].help);
}

static void put_roles(unsigned roles, struct buf *out) {
        static const struct {
                unsigned role;
                const char *name;
        } names[] = {
                { ALARM_ROLE_OPERATOR, "operator" },
                { ALARM_ROLE_SUPERVISOR, "supervisor" },
                { ALARM_ROLE_MAINTENANCE, "maintenance" },
                { ALARM_ROLE_AUDITOR, "auditor" },
                { ALARM_ROLE_INTEGRATOR, "integrator" },
                { ALARM_ROLE_ADMINISTRATOR, "administrator" },
                { ROLE_SYSTEM, "by itself" },
        };
        const char *comma = "";

        for (size_t i = 0; i < COUNT(names); i++)
                if (roles & names[i].role) {
                        buf_printf(out, "%s%s", comma, names[i].name);
                        comma = ", ";
                }
}

static void put_incident_states(struct buf *out) {
        static const char *const columns[] = { "state", "act", "then", "who" };

        put_table(out, "States of an incident", "What is not here is refused.", columns, COUNT(columns));
        for (enum incident_state s = 0; s < INCIDENT_STATES; s++)
                for (enum incident_event e = 0; e < INCIDENT_EVENTS; e++) {
                        if (!incident_edges[s][e].roles)
                                continue;
                        buf_printf(out, "| %s | %s | %s | ", incident_state_name(s), incident_event_name(e),
                                   incident_state_name(incident_edges[s][e].to));
                        put_roles(incident_edges[s][e].roles, out);
                        buf_puts(out, " |\n");
                }
}

static void put_verbs(struct buf *out) {
        static const char *const columns[] = { "act", "names", "", "who" };

        put_table(out, "Acts",
                  "`wardwatch act ACT VALUE …`, in this order or as NAME=VALUE; a name in brackets may be left out.",
                  columns, COUNT(columns));
        for (size_t i = 0; i < response_verbs_n; i++) {
                if (!response_verbs[i].roles)
                        continue;
                buf_printf(out, "| `%s` | %s | %s%s | ", response_verbs[i].name, response_verbs[i].args,
                           response_verbs[i].help, response_verbs[i].reason ? "; with a reason" : "");
                put_roles(response_verbs[i].roles, out);
                buf_puts(out, " |\n");
        }
}

static const struct {
        const char *title;
        void (*put[7])(struct buf *out);
} parts[] = {
        { "Of rules", { put_words, put_priorities, put_hazards, put_classes, put_bounds } },
        { "Of events and expressions", { put_fields, put_flags, put_operators, put_functions, put_kinds } },
        { "Of the site model", { put_site } },
        { "Of sensor types", { put_sensors, put_directives, put_units, put_formats } },
        { "Of the response", { put_response, put_channels, put_incident_states, put_verbs } },
        { "Of records", { put_records } },
};

void reference_put(struct buf *out) {
        for (size_t i = 0; i < COUNT(parts); i++) {
                buf_printf(out, "%s### %s\n", i ? "\n" : "", parts[i].title);
                for (size_t k = 0; k < COUNT(parts[i].put) && parts[i].put[k]; k++)
                        parts[i].put[k](out);
        }
}
