/*
 * `wardwatch check`: everything that a start or a reload would refuse, told beforehand. The configuration first; then
 * the site, because sensor types and rules refer to it; then types and rules, both, with their own examples.
 */
#include "base/clock.h"
#include "command/command_internal.h"
#include "config/config.h"
#include "config/yaml.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "keyring.h"
#include "notify/channels.h"
#include "ruleset.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
        OPTION_PRINT,
};

static const struct command_option check_options[] = {
        [OPTION_PRINT] = { "--print", 0, NULL, "print the configuration in force, defaults included" },
        { 0 },
};

struct check {
        struct config config;
        const char *file; /* of the configuration, as it was given; its text as it may be shown */
        struct buf shown;
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct decode_types *types;
        struct correlate_rules *rules;
        struct response_rules *response;
        struct record_kinds *records;
        struct channels *channels; /* NULL: none are configured, or we may not read them */
        size_t examples;
        struct diag diag;
};

static void check_deinit(struct check *c) {
        diag_deinit(&c->diag);
        record_kinds_free(c->records);
        response_rules_free(c->response);
        if (c->channels)
                channels_deinit(c->channels);
        free(c->channels);
        correlate_rules_free(c->rules);
        decode_types_free(c->types);
        site_free(c->site);
        symtab_free(c->symbols);
        bundle_deinit(&c->bundle);
        config_deinit(&c->config);
        buf_deinit(&c->shown);
}

/* the line under a message */
static struct ww_str check_source(void *userdata, struct ww_str file) {
        struct check *c = userdata;

        if (!ww_str_is(file, c->file))
                return bundle_source(&c->bundle, file);
        if (!c->shown.n && config_shown(c->file, &c->shown) < 0)
                return WW_STR_NONE;
        return buf_str(&c->shown);
}

/* Legal, but hardly meant. */
static void check_emptiness(struct check *c) {
        const struct diag_pos pos = { .file = ww_str(c->config.file) };

        if (c->types && decode_types_count(c->types) == 0)
                diag_warning(&c->diag, pos, "look at paths.sensors", "no sensor types: no message will be understood");
        if (c->rules && correlate_rules_count(c->rules) == 0)
                diag_warning(&c->diag, pos, "look at paths.rules", "no rules: nothing will ever raise an alarm");
}

/* What holds of a schedule for ever needs no clock; that its dates are over does. */
static void check_schedules(struct check *c) {
        int64_t now = clock_wall();

        for (uint32_t i = 0; i < site_schedule_count(c->site); i++)
                if (!site_schedule_open(c->site, i, now) && site_schedule_opening(c->site, i, now) == WW_TIME_NEVER)
                        diag_warning(&c->diag, site_schedule_pos(c->site, i), "give it dates to come, or weekdays",
                                     "schedule `%.*s` does not open again: its dates are over",
                                     WW_STR_ARG(site_schedule_name(c->site, i)));
}

/* 0 or -ENOMEM. Topics of sensor types against what the daemon subscribes to. */
static int check_topics(struct check *c) {
        const struct config_list *urgent = &c->config.mqtt.urgent, *bulk = &c->config.mqtt.bulk;
        _cleanup_free_ const char **filters = calloc(urgent->n + bulk->n + 1, sizeof *filters);

        if (!filters)
                return -ENOMEM;
        for (size_t i = 0; i < urgent->n; i++)
                filters[i] = urgent->items[i];
        for (size_t i = 0; i < bulk->n; i++)
                filters[urgent->n + i] = bulk->items[i];
        decode_types_advise(c->types, filters, urgent->n + bulk->n, &c->diag);
        return 0;
}

/* An escalation that names what nobody configured goes to the fallback, every time. */
static void check_ways(struct check *c) {
        struct diag_pos pos;
        struct ww_str name;

        for (size_t i = 0; c->channels && c->channels->n && response_rules_channel(c->response, i, &name, &pos); i++) {
                _cleanup_free_ char *text = ww_str_copy(name);

                if (text && !channels_find(c->channels, text))
                        diag_warning(&c->diag, pos, "add it there; `kind: screen` if the console is all there is",
                                     "channel `%s` is not in the file of notify.channels", text);
        }
}

static int check_advice(struct check *c) {
        check_ways(c);
        check_schedules(c);
        correlate_rules_advise(c->rules, c->types, &c->diag);
        return check_topics(c);
}

static int check_records(struct check *c) {
        size_t ran;
        int r = record_kinds_examples(c->records, &c->diag, &ran);

        c->examples += ran;
        return r;
}

/* 0, DIAG_E_USER, -errno. What is wrong with the types does not hide what is wrong with the rules. */
static int check_rules(struct check *c) {
        const struct ww_kinds *kinds = site_kinds(c->site);
        int types, rules, response, records;

        types = decode_types_compile(&c->types, &c->bundle, c->site, c->symbols, kinds, true, &c->diag);
        if (types < 0)
                return types;
        records = record_kinds_compile(&c->records, &c->bundle, c->site, c->symbols, &c->diag);
        rules = correlate_rules_compile(&c->rules, &c->bundle, c->site, c->symbols, kinds, &c->diag);
        response = response_rules_compile(&c->response, &c->bundle, c->site, &c->diag);
        if (!response && !rules)
                response = ruleset_procedures(c->rules, c->response, kinds, &c->diag);
        if (!response && !records)
                records = ruleset_notify(c->records, c->response, &c->diag);
        if (rules == 0)
                rules = ruleset_examples(c->rules, &c->diag, &c->examples);
        if (records == 0)
                records = check_records(c);
        response = records < 0 || !response ? records : response;
        if (rules < 0 || response < 0)
                return rules < 0 ? rules : response;
        check_emptiness(c);
        if (!rules && !types && !response)
                return check_advice(c);
        return rules ? rules : types ? types : response;
}

/* Without a site neither types nor rules can be judged; that a file of them cannot be read is told all the same. */
static int check_readable(struct check *c) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        int r = 0;

        for (size_t i = 0; i < c->bundle.n && r >= 0; i++) {
                const struct bundle_file *file = &c->bundle.files[i];
                struct yaml_node *tree;

                if (file->role == BUNDLE_SENSORS || file->role == BUNDLE_RULES || file->role == BUNDLE_RESPONSE ||
                    file->role == BUNDLE_RECORDS)
                        r = yaml_parse(&arena, file->path, file->text, &c->diag, &tree);
        }
        return r < 0 ? r : DIAG_E_USER;
}

/* 0, DIAG_E_USER, -errno. Whose file it is not, is told by config_load. */
static int check_channels(struct check *c) {
        const char *file = c->config.notify.channels;
        int r;

        if (!*file || access(file, R_OK) < 0)
                return 0;
        c->channels = calloc(1, sizeof *c->channels);
        r = c->channels ? channels_load(c->channels, file, c->config.site.name, &c->diag) : -ENOMEM;
        return r;
}

/* Read and let go: only the engine has a use for it. */
static int check_signatures(struct check *c) {
        const char *file = c->config.mqtt.signatures;
        struct keyring keyring = { 0 };
        int r;

        if (!*file || access(file, R_OK) < 0)
                return 0;
        r = keyring_load(&keyring, file, &c->diag);
        keyring_deinit(&keyring);
        return r;
}

static int check_all(struct check *c, const char *file) {
        int r, channels, signatures;

        c->file = file;
        c->diag.source = check_source;
        c->diag.userdata = c;
        r = config_load(&c->config, file, &c->diag);
        if (r == 0)
                r = config_bundle(&c->config, &c->bundle, &c->diag);
        if (r)
                return r;
        channels = check_channels(c);
        if (channels < 0)
                return channels;
        signatures = check_signatures(c);
        if (signatures < 0)
                return signatures;
        r = symtab_new(&c->symbols);
        if (r == 0)
                r = site_compile(&c->site, &c->bundle, c->symbols, &c->diag);
        if (r == DIAG_E_USER)
                return check_readable(c);
        if (r == 0)
                r = check_rules(c);
        return r ? r : channels ? channels : signatures;
}

static json_t *check_message_json(const struct diag_message *m) {
        json_t *j = json_pack("{s:s, s:s%, s:I, s:I, s:s}", "level", m->level == DIAG_ERROR ? "error" : "warning",
                              "file", m->pos.file.p ? m->pos.file.p : "", m->pos.file.n, "line",
                              (json_int_t)m->pos.line, "column", (json_int_t)m->pos.column, "text", m->text);

        if (j && m->help)
                (void)json_object_set_new(j, "help", json_string(m->help));
        return j;
}

static int check_put_json(const struct check *c, bool ok) {
        json_t *messages = json_array(), *out;

        for (size_t i = 0; i < c->diag.n; i++)
                (void)json_array_append_new(messages, check_message_json(&c->diag.messages[i]));
        out = json_pack("{s:b, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:s}", "ok", ok, "errors",
                        (json_int_t)c->diag.errors, "warnings", (json_int_t)c->diag.warnings, "messages", messages,
                        "sensor_types", (json_int_t)(c->types ? decode_types_count(c->types) : 0), "rules",
                        (json_int_t)(c->rules ? correlate_rules_count(c->rules) : 0), "examples",
                        (json_int_t)c->examples, "zones", (json_int_t)(c->site ? site_zone_count(c->site) : 0),
                        "assets", (json_int_t)(c->site ? site_asset_count(c->site) : 0), "hash", c->bundle.hash);
        return command_put_json(out, JSON_COMPACT);
}

static int check_put_text(const struct check *c, bool ok, bool summary) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        diag_render(&c->diag, &text);
        if (!ok)
                buf_printf(&text, "errors: %zu, warnings: %zu\n", c->diag.errors, c->diag.warnings);
        if (command_put(&text, true))
                return 1;
        if (ok && summary)
                (void)printf(
                        "good: %zu sensor types, %zu rules with %zu examples, %zu zones, %zu assets; warnings: %zu\n",
                        decode_types_count(c->types), correlate_rules_count(c->rules), c->examples,
                        site_zone_count(c->site), site_asset_count(c->site), c->diag.warnings);
        return 0;
}

static int check_put_config(const struct check *c) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        return config_print(&c->config, &text) < 0 ? 1 : command_put(&text, false);
}

static int check_run(const struct command_args *args) {
        _cleanup_(check_deinit) struct check c = { 0 };
        bool print;
        int r, put;

        if (args->argc) {
                (void)fprintf(stderr, "wardwatch check: unexpected word `%s`\n  help: name the file with --config\n",
                              args->argv[0]);
                return 2;
        }
        r = check_all(&c, args->config);
        if (r < 0) {
                (void)fprintf(stderr, "wardwatch check: %s\n", strerror(-r));
                return 1;
        }
        print = args->values[OPTION_PRINT] != NULL;
        if (print && c.config.file && check_put_config(&c))
                return 1;
        /* what --print prints is a file that loads: nothing else goes to stdout with it */
        put = args->json && !print ? check_put_json(&c, r == 0) : check_put_text(&c, r == 0, !print);
        return put || r ? 1 : 0;
}

const struct command command_check = {
        .name = "check",
        .synopsis = "check [-c FILE] [--print] [--json]",
        .help = "check configuration, site, sensor types and rules, and run their examples",
        .text = "Tells everything that a start or a reload would refuse, with file, line, column and cure, and "
                "warnings for what is legal and hardly meant: conditions that never hold, rules that say nothing new, "
                "keys that events do not have, topics that nothing subscribes to. Nothing is changed and nothing is "
                "connected to. With --print the configuration is printed with all defaults, as a file that loads to "
                "the same.",
        .options = check_options,
        .run = check_run,
};
