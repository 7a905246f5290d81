/*
 * What is in force, as the engine tells it, page by page. The site is kept and asked for anew when the hash in the
 * engine's status is another one; rules and sensor types are asked for when somebody wants them.
 */
#include "console/console_internal.h"

#include "base/buf.h"
#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PICTURE_MAX ((size_t)1024 * 1024) /* of the check of site files, too */

static const char *const parts[] = { "zones",        "assets",     "modes", "schedules", "plans",
                                     "dispositions", "procedures", "posts", "kinds" };
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
        f->site = json_pack("{s:s}", "site", c->config->site.name);
        for (size_t i = 0; i < PARTS; i++)
                (void)json_object_set_new(f->site, parts[i], json_array());
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

json_t *site_part(struct call *call, const char *part) {
        json_t *list = json_object_get(call->console->site, part);

        if (!list)
                api_refuse(call, 503, "engine-away", "the site is not known yet", "try again in a while");
        return list;
}

json_t *site_find(const json_t *list, const char *key, const char *name) {
        json_t *one;
        size_t i;

        json_array_foreach(list, i, one) {
                const char *is = json_string_value(json_object_get(one, key));

                if (is && strcmp(is, name) == 0)
                        return one;
        }
        return NULL;
}

/* Without what others have routes of their own for, and without where files lie on this machine. */
void on_site(struct call *call) {
        const json_t *plans = site_part(call, "plans"), *one;
        json_t *site, *told;
        size_t i;

        if (!plans)
                return;
        site = json_copy(call->console->site);
        told = json_array();
        json_array_foreach(plans, i, one) {
                json_t *plan = json_copy((json_t *)one);

                (void)json_object_del(plan, "path");
                (void)json_array_append_new(told, plan);
        }
        (void)json_object_set_new(site, "plans", told);
        (void)json_object_del(site, "kinds");
        api_answer(call, 200, site);
}

/* --- plans --- */

static bool read_picture(const char *path, struct buf *out) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        char part[16384];
        ssize_t n = fd < 0 ? -1 : 0;

        while (fd >= 0 && out->n <= PICTURE_MAX && (n = read(fd, part, sizeof part)) > 0)
                buf_put(out, part, (size_t)n);
        return n == 0 && !out->error;
}

/* A picture may hold scripts: where one is opened by its address, it is nobody's page, and nothing in it runs. */
void on_plan(struct call *call) {
        const json_t *plans = site_part(call, "plans"), *plan = site_find(plans, "plan", call->param);
        const char *path = json_string_value(json_object_get(plan, "path"));
        _cleanup_buf_ struct buf picture = BUF_INIT;

        if (!plans)
                return;
        if (!path || !read_picture(path, &picture)) {
                api_refuse(call, 404, "unknown", path ? "the picture cannot be read" : "there is no such plan",
                           path ? "look whether users.console may read it" : "see `plans` in GET /api/v1/site");
                return;
        }
        (void)evhttp_add_header(evhttp_request_get_output_headers(call->request), "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
        api_text(call, 200, "image/svg+xml", (const char *)picture.p, picture.n);
}

/* --- rules --- */

struct gather {
        struct call *call;
        json_t *items;
};

static void rules_ask(struct gather *g, json_int_t from);

static void on_rules_page(void *userdata, const json_t *answer) {
        struct gather *g = userdata;
        const json_t *next = json_object_get(answer, "next");
        struct call *call = g->call;

        if (json_is_true(json_object_get(answer, "ok")))
                (void)json_array_extend(g->items, json_object_get(answer, "items"));
        if (json_is_integer(next)) {
                rules_ask(g, json_integer_value(next));
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

/* With `rule` that one alone. */
static void rules_ask(struct gather *g, json_int_t from) {
        engine_link_ask(g->call->console->engine,
                        json_pack("{s:s, s:b, s:I, s:s*}", "cmd", "rules", "built_in", 1, "from", from, "rule",
                                  api_query(g->call, "rule")),
                        on_rules_page, g);
}

void on_rules(struct call *call) {
        struct gather *g = calloc(1, sizeof *g);

        if (!g) {
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
                return;
        }
        g->call = call;
        g->items = json_array();
        rules_ask(g, 0);
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
