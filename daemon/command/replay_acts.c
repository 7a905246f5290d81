/*
 * Alarms are numbered as they are raised; another run may number them otherwise. An act means an alarm that the
 * operator saw, so it finds the one with the same rule and key; where there is none it is refused, as by the engine.
 */
#include "command/replay_side.h"

#include <jansson.h>

#define NO_ALARM INT64_MAX

struct wanted {
        struct replay_alarm name;
        const struct ww_alarm *found;
};

static bool is_named(const struct ww_alarm *alarm, const struct replay_alarm *name) {
        return alarm->exercise == name->exercise && ww_str_equal(alarm->rule, name->rule) &&
               ww_str_equal(alarm->key, name->key);
}

static int look(void *userdata, const struct ww_alarm *alarm) {
        struct wanted *w = userdata;

        if (is_named(alarm, &w->name))
                w->found = alarm;
        return w->found != NULL;
}

static int rewrite(json_t *body, struct arena *arena, struct ww_input *input) {
        char *text = json_dumps(body, JSON_COMPACT);

        if (!text)
                return -ENOMEM;
        input->payload = arena_copy(arena, ww_str(text));
        free(text);
        return input->payload.p ? 0 : -ENOMEM;
}

/* The version that was seen is of the recording's alarm: one that this alarm has not reached is not its own. */
static void aim(json_t *body, json_int_t id, const struct ww_alarm *alarm) {
        const json_t *version = json_object_get(body, "version");

        if (version && ((json_int_t)alarm->id != id || (json_int_t)alarm->version < json_integer_value(version)))
                json_object_set_new(body, "version", json_integer((json_int_t)alarm->version));
        json_object_set_new(body, "alarm", json_integer((json_int_t)alarm->id));
}

static int act_on(const struct pipeline *p, const struct replay_source *source, struct arena *arena,
                  struct ww_input *input, json_t *body) {
        json_int_t id = json_integer_value(json_object_get(body, "alarm"));
        const struct ww_alarm *same = alarms_find(pipeline_alarms(p), (uint64_t)id);
        struct wanted w = { .found = NULL };
        int r = source->alarm(source->userdata, (uint64_t)id, &w.name);

        if (r)
                return r == REPLAY_E_END ? 0 : r;
        if (same && is_named(same, &w.name))
                w.found = same;
        else
                (void)alarms_each(pipeline_alarms(p), look, &w);
        if (w.found)
                aim(body, id, w.found);
        else if (same)
                json_object_set_new(body, "alarm", json_integer(NO_ALARM));
        return rewrite(body, arena, input);
}

int replay_act(const struct pipeline *p, const struct replay_source *source, struct arena *arena,
               struct ww_input *input) {
        json_t *body = input->type == WW_INPUT_COMMAND ? json_loadb(input->payload.p, input->payload.n, 0, NULL) : NULL;
        int r = 0;

        if (json_is_integer(json_object_get(body, "alarm")))
                r = act_on(p, source, arena, input, body);
        json_decref(body);
        return r;
}
