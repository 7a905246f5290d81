/*
 * What is in force, as the engine tells it, page by page. The site is kept and asked for anew when the hash in the
 * engine's status is another one; rules and sensor types are asked for when somebody wants them.
 */
#include "console/console_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const parts[] = { "zones", "assets", "modes", "schedules" };
#define PARTS (sizeof parts / sizeof *parts)

/* --- the site --- */

struct fetch {
        struct console *console;
        json_t *site;
        char hash[33];
        size_t part;
};

static void fetch_next(struct fetch *f, json_int_t from);

static void fetch_end(struct fetch *f, bool whole) {
        struct console *c = f->console;

        if (whole) {
                json_decref(c->site);
                c->site = json_incref(f->site);
                (void)snprintf(c->site_hash, sizeof c->site_hash, "%s", f->hash);
        }
        json_decref(f->site);
        free(f);
}

static void on_page(void *userdata, const json_t *answer) {
        struct fetch *f = userdata;
        const char *hash = json_string_value(json_object_get(answer, "hash"));
        const json_t *next = json_object_get(answer, "next");

        if (!hash || (*f->hash && strcmp(f->hash, hash) != 0)) { /* away, or another set between two pages */
                fetch_end(f, false);
                return;
        }
        (void)snprintf(f->hash, sizeof f->hash, "%s", hash);
        (void)json_array_extend(json_object_get(f->site, parts[f->part]), json_object_get(answer, "items"));
        if (json_is_integer(next))
                fetch_next(f, json_integer_value(next));
        else if (++f->part < PARTS)
                fetch_next(f, 0);
        else
                fetch_end(f, true);
}

static void fetch_next(struct fetch *f, json_int_t from) {
        engine_link_ask(f->console->engine,
                        json_pack("{s:s, s:s, s:I}", "cmd", "site", "part", parts[f->part], "from", from), on_page, f);
}

static const char *hash_in_force(const struct console *c) {
        return json_string_value(json_object_get(json_object_get(engine_link_status(c->engine), "rules"), "hash"));
}

void site_refresh(struct console *c) {
        const char *hash = hash_in_force(c);
        struct fetch *f;

        if (!hash || strcmp(hash, c->site_hash) == 0 || !(f = calloc(1, sizeof *f)))
                return;
        f->console = c;
        f->site = json_pack("{s:s, s:[], s:[], s:[], s:[], s:[]}", "site", c->config->site.name, "zones", "assets",
                            "modes", "schedules", "plans");
        fetch_next(f, 0);
}

static bool is_in(const json_t *list, const char *name) {
        const json_t *entry;
        size_t i;

        json_array_foreach(list, i, entry) if (strcmp(json_string_value(entry), name) == 0) return true;
        return false;
}

/* Zones stand in their files' order, a part perhaps before the whole: until nothing is added. */
json_t *site_below(const struct console *c, const char *zone) {
        json_t *list = json_pack("[s]", zone), *one;
        size_t before = 0, i;

        while (list && json_array_size(list) > before) {
                before = json_array_size(list);
                json_array_foreach(json_object_get(c->site, "zones"), i, one) {
                        const char *in = json_string_value(json_object_get(one, "in"));
                        const char *name = json_string_value(json_object_get(one, "zone"));

                        if (in && name && is_in(list, in) && !is_in(list, name))
                                (void)json_array_append_new(list, json_string(name));
                }
        }
        return list;
}

void on_site(struct call *call) {
        if (call->console->site)
                api_answer(call, 200, json_incref(call->console->site));
        else
                api_refuse(call, 503, "engine-away", "the site is not known yet", "try again in a while");
}

/* --- rules --- */

struct gather {
        struct call *call;
        json_t *items;
};

static void on_rules_page(void *userdata, const json_t *answer) {
        struct gather *g = userdata;
        const json_t *next = json_object_get(answer, "next");
        struct call *call = g->call;

        if (json_is_true(json_object_get(answer, "ok")))
                (void)json_array_extend(g->items, json_object_get(answer, "items"));
        if (json_is_integer(next)) {
                engine_link_ask(call->console->engine, json_pack("{s:s, s:O}", "cmd", "rules", "from", next),
                                on_rules_page, g);
                return;
        }
        if (json_is_true(json_object_get(answer, "ok")))
                api_answer(call, 200,
                           json_pack("{s:O, s:O}", "hash", json_object_get(answer, "hash"), "rules", g->items));
        else
                api_refuse(call, 503, "engine-away", "the engine does not answer", "try again in a while");
        json_decref(g->items);
        free(g);
}

void on_rules(struct call *call) {
        struct gather *g = calloc(1, sizeof *g);

        if (!g) {
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
                return;
        }
        g->call = call;
        g->items = json_array();
        engine_link_ask(call->console->engine, json_pack("{s:s}", "cmd", "rules"), on_rules_page, g);
}

/* --- what the status says --- */

void on_sensors(struct call *call) {
        const json_t *status = engine_link_status(call->console->engine);
        json_t *sensors = json_object_get(status, "sensors"), *one, *list = json_array();
        const char *name;

        json_object_foreach(sensors, name, one) {
                json_t *copy = json_is_object(one) ? json_copy(one) : json_object();

                (void)json_object_set_new(copy, "sensor", json_string(name));
                (void)json_array_append_new(list, copy);
        }
        if (status) {
                api_answer(call, 200, json_pack("{s:o}", "sensors", list));
        } else {
                json_decref(list);
                api_refuse(call, 503, "engine-away", "the engine does not answer", "try again in a while");
        }
}
