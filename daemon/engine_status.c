/*
 * `wardwatch status`: what the engine knows of itself, its sessions, its journal, its readers and its siblings. Numbers
 * are those of the metrics (base/metrics_table.h); here are the words.
 */
#include "engine_feed.h"

#include "journal/record_json.h"
#include "version.h"

/* The object of that name, made by the metrics, or now. */
static json_t *below(json_t *at, const char *name) {
        if (!json_object_get(at, name))
                json_object_set_new(at, name, json_object());
        return json_object_get(at, name);
}

static void status_sessions(const struct engine *e, json_t *o) {
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                struct ingress_figures f;

                if (!e->sessions[lane].ingress)
                        continue;
                ingress_figures(e->sessions[lane].ingress, clock_boot(), &f);
                json_object_set_new(below(o, engine_lane_name(lane)), "last_error",
                                    json_string(f.last_error ? f.last_error : ""));
        }
}

/* The modes of the site, as they are called. */
static void status_modes(const struct engine *e, json_t *o) {
        const struct site *site = pipeline_ruleset(e->pipeline)->site;

        for (uint32_t i = 0; i < site_mode_count(site); i++) {
                const struct site_mode *mode = site_mode(site, i);
                json_t *one = json_object_getn(o, mode->name.p, mode->name.n);

                json_object_set_new(one, "exercise", json_boolean(mode->exercise));
                json_object_set_new(one, "title", record_json_str(mode->title));
        }
}

json_t *engine_status(struct engine *e) {
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        json_t *o = json_object();

        json_object_set_new(o, "version", json_string(version_running()));
        json_object_set_new(o, "pid", json_integer(getpid()));
        engine_metrics_collect(e, &m);
        (void)metrics_status(&m, o); /* without memory there is less to see */
        status_sessions(e, below(o, "sessions"));
        status_modes(e, below(o, "modes"));
        json_object_set_new(below(o, "journal"), "id", json_string(journal_id(e->journal)));
        json_object_set_new(below(o, "feed"), "readers", engine_feed_readers(e));
        if (e->workers)
                json_object_set(o, "workers", e->workers);
        return o;
}

void engine_status_workers(void *userdata, json_t *workers) {
        struct engine *e = userdata;

        json_decref(e->workers);
        e->workers = json_incref(workers);
}
