/*
 * A week of the example hospital with its people, lived by hand (lived.h). week.py starts this.
 *
 *     contrib/simulate --week --lines | bench-week CONFIG START END [RATE]      seconds since 1970
 *
 * RATE badge readings a second come beside the simulator's messages, of a thousand doors, each of another person: what
 * windows of a day then hold is more than ordinary life fills. At each midnight is told what the stages remember.
 *
 * The simulator sends the messages; the people are here. Three shifts of one operator hand over to each other. The one
 * on duty acknowledges what asks for it, sends guards where it is grave, takes the incidents, does the steps of their
 * procedures, says what it was and closes them, with a colleague's approval where one is needed; what is latched is
 * inspected and reset. How long each takes is drawn by the number of the alarm or incident, so a week is the same each
 * time.
 */
#include "lived.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#define SHIFT (8 * INT64_C(3600) * WW_SECOND)
#define ROLES "7" /* operator, supervisor, maintenance */

static const char *const people[] = { "chen", "li", "wang" };
static const char *const guards[] = { "guard-1", "guard-2", "guard-3", "guard-4" };
#define PEOPLE (sizeof people / sizeof *people)
#define GUARDS (sizeof guards / sizeof *guards)

enum errand_what { ACKNOWLEDGE, INSPECT, TAKE, SEND, ARRIVE, RELEASE, FINISH, APPROVE, CLOSE, CHANGE_SHIFT };

struct errand {
        struct errand *next;
        int64_t time;
        enum errand_what what;
        uint64_t id; /* of the alarm, incident, dispatch or approval */
};

struct step {
        uint64_t id, incident;
};

struct week {
        struct lived lived;
        struct errand *errands; /* the next one first */
        struct step *steps;     /* that are open */
        size_t n_steps, steps_capacity, on_duty, acts, refused;
        uint64_t handover, badges;
        int64_t now, midnight, badge_at, badge_every; /* badge_every 0 = none */
        unsigned day;
};

static uint64_t draw(uint64_t id, uint64_t salt) {
        uint64_t x = (id + 1) * UINT64_C(0x9E3779B97F4A7C15) + salt * UINT64_C(0xD1B54A32D192ED03);

        x ^= x >> 29;
        x *= UINT64_C(0xBF58476D1CE4E5B9);
        return x ^ x >> 32;
}

/* From `least` to `most` seconds, mostly nearer to the least. */
static int64_t delay(uint64_t id, uint64_t salt, int64_t least, int64_t most) {
        uint64_t a = draw(id, salt) % 1000, b = draw(id, salt + 100) % 1000;

        return (least + (most - least) * (int64_t)(a < b ? a : b) / 1000) * WW_SECOND;
}

static int plan(struct week *w, int64_t time, enum errand_what what, uint64_t id) {
        struct errand **at = &w->errands, *e = malloc(sizeof *e);

        if (!e)
                return -ENOMEM;
        while (*at && (*at)->time <= time)
                at = &(*at)->next;
        *e = (struct errand){ *at, time, what, id };
        *at = e;
        return 0;
}

/* --- what happens --- */

static int step_add(struct week *w, const struct ww_change *change) {
        if (w->n_steps == w->steps_capacity) {
                size_t capacity = w->steps_capacity ? w->steps_capacity * 2 : 256;
                struct step *grown = reallocarray(w->steps, capacity, sizeof *grown);

                if (!grown)
                        return -ENOMEM;
                w->steps = grown;
                w->steps_capacity = capacity;
        }
        w->steps[w->n_steps++] = (struct step){ change->id, change->incident };
        return 0;
}

static int on_incident(struct week *w, const struct ww_change *change) {
        int r;

        if (!ww_str_is(change->what, "opened"))
                return 0;
        r = plan(w, w->now + delay(change->id, 1, 20, 240), TAKE, change->id);
        return r ? r : plan(w, w->now + delay(change->id, 2, 600, 5400), FINISH, change->id);
}

static int on_change(struct week *w, const struct ww_change *change) {
        if (change->subject == WW_SUBJECT_INCIDENT)
                return on_incident(w, change);
        if (change->subject == WW_SUBJECT_STEP && change->version == 1)
                return step_add(w, change);
        if (change->subject == WW_SUBJECT_HANDOVER && change->version == 1)
                w->handover = change->id;
        if (change->subject == WW_SUBJECT_APPROVAL && change->version == 1)
                return plan(w, w->now + delay(change->id, 3, 60, 600), APPROVE, change->id);
        if (change->subject == WW_SUBJECT_DISPATCH && change->version == 1)
                return plan(w, w->now + delay(change->id, 4, 60, 420), ARRIVE, change->id);
        return 0;
}

/* What does not end by itself: latched and over, or an instant. */
static bool wants_reset(const struct ww_alarm *alarm) {
        return alarm->regions.acknowledged && (alarm->regions.active ? alarm->instant : alarm->regions.latched);
}

static int on_transition(struct week *w, const struct ww_transition *t) {
        bool urgent = t->alarm.priority >= WW_PRIORITY_HIGH;
        uint64_t id = t->alarm.id * 131 + t->alarm.version;

        if (t->annunciate)
                return plan(w, w->now + delay(id, 5, 4, urgent ? 45 : 150), ACKNOWLEDGE, t->alarm.id);
        return wants_reset(&t->alarm) ? plan(w, w->now + delay(id, 6, 300, 1800), INSPECT, t->alarm.id) : 0;
}

static int on_output(void *userdata, const struct ww_output *output) {
        struct week *w = userdata;

        if (output->type == WW_OUTPUT_REPLY)
                w->refused += !output->reply.ok;
        if (output->type == WW_OUTPUT_CHANGE)
                return on_change(w, &output->change);
        return output->type == WW_OUTPUT_TRANSITION ? on_transition(w, &output->transition) : 0;
}

/* --- what people do --- */

static _printf_(3, 4) void act(struct week *w, const char *person, const char *format, ...) {
        char actor[64], body[512], id[32];
        va_list args;
        int n = snprintf(body, sizeof body, "{\"roles\":" ROLES ",");

        va_start(args, format);
        (void)vsnprintf(body + n, sizeof body - (size_t)n, format, args);
        va_end(args);
        (void)snprintf(actor, sizeof actor, "unix:%s", person);
        (void)snprintf(id, sizeof id, "week-%zu", ++w->acts);
        lived_append(&w->lived, (struct ww_input){ .type = WW_INPUT_COMMAND,
                                                   .origin = WW_ORIGIN_SOCKET,
                                                   .time = w->now,
                                                   .topic = ww_str(actor),
                                                   .id = ww_str(id),
                                                   .payload = ww_str(body) });
}

static const char *operator_now(const struct week *w) {
        return people[w->on_duty];
}

static const struct ww_alarm *alarm_of(const struct week *w, uint64_t id) {
        return alarms_find(pipeline_alarms(w->lived.pipeline), id);
}

static void acknowledge(struct week *w, uint64_t id) {
        const struct ww_alarm *alarm = alarm_of(w, id);

        if (alarm && !alarm->regions.acknowledged)
                act(w, operator_now(w),
                    "\"cmd\":\"ack\",\"alarm\":%" PRIu64 ",\"version\":%" PRIu64
                    ",\"reason\":\"seen, being looked after\"}",
                    id, alarm->version);
}

static void inspect(struct week *w, uint64_t id) {
        const struct ww_alarm *alarm = alarm_of(w, id);

        if (alarm && wants_reset(alarm))
                act(w, operator_now(w),
                    "\"cmd\":\"reset\",\"alarm\":%" PRIu64 ",\"version\":%" PRIu64
                    ",\"reason\":\"inspected on the spot\"}",
                    id, alarm->version);
}

static int take_state(void *userdata, const struct ww_change *change) {
        json_t *body = json_loadb(change->body.p, change->body.n, 0, NULL);

        *(json_t **)userdata = body;
        return body ? 0 : -ENOMEM;
}

/* As it stands; NULL: it is over. */
static json_t *incident_of(const struct week *w, uint64_t id) {
        json_t *body = NULL;
        int r = response_find(pipeline_response(w->lived.pipeline), ww_change_key(WW_SUBJECT_INCIDENT, id), take_state,
                              &body);

        if (r && r != -ENOENT)
                lived_fail("incident", r);
        return body;
}

static const char *member(const json_t *body, const char *name) {
        const char *text = json_string_value(json_object_get(body, name));

        return text ? text : "";
}

static bool is_grave(const json_t *body) {
        const char *priority = member(body, "priority");

        return strcmp(priority, "high") == 0 || strcmp(priority, "critical") == 0;
}

static int take(struct week *w, uint64_t id) {
        json_t *body = incident_of(w, id);
        bool grave = is_grave(body), fresh = strcmp(member(body, "state"), "new") == 0;

        json_decref(body);
        if (fresh)
                act(w, operator_now(w), "\"cmd\":\"incident-take\",\"incident\":%" PRIu64 "}", id);
        return fresh && grave ? plan(w, w->now + delay(id, 7, 5, 60), SEND, id) : 0;
}

static void finish_steps(struct week *w, uint64_t incident) {
        size_t kept = 0;

        for (size_t i = 0; i < w->n_steps; i++)
                if (w->steps[i].incident == incident)
                        act(w, operator_now(w), "\"cmd\":\"step-done\",\"step\":%" PRIu64 "}", w->steps[i].id);
                else
                        w->steps[kept++] = w->steps[i];
        w->n_steps = kept;
}

/* What it was: the grave ones are mostly real, the others mostly not. */
static const char *outcome(const json_t *body, uint64_t id) {
        static const char *const codes[] = { "nuisance", "false-environment", "false-device", "false-procedure" };
        uint64_t drawn = draw(id, 8) % 100;

        if (strcmp(member(body, "priority"), "critical") == 0 || drawn < (is_grave(body) ? 70 : 25))
                return "genuine-accident";
        return codes[drawn % (sizeof codes / sizeof *codes)];
}

static int finish(struct week *w, uint64_t id) {
        json_t *body = incident_of(w, id);
        const char *state = member(body, "state");

        if (body && (strcmp(state, "new") == 0 || strcmp(state, "in-progress") == 0)) {
                finish_steps(w, id);
                act(w, operator_now(w),
                    "\"cmd\":\"incident-resolve\",\"incident\":%" PRIu64 ",\"force\":true,\"reason\":\"it is over\"}",
                    id);
                act(w, operator_now(w),
                    "\"cmd\":\"dispose\",\"incident\":%" PRIu64 ",\"code\":\"%s\",\"done\":\"looked at on the spot, "
                    "put right\",\"reason\":\"as the guard reports\"}",
                    id, outcome(body, id));
        }
        json_decref(body);
        return body ? plan(w, w->now + delay(id, 9, 900, 3600), CLOSE, id) : 0;
}

static void change_shift(struct week *w) {
        size_t next = (w->on_duty + 1) % PEOPLE;

        w->handover = 0;
        act(w, people[next], "\"cmd\":\"shift-begin\",\"post\":\"control-room\"}");
        act(w, operator_now(w), "\"cmd\":\"handover-offer\",\"to\":\"unix:%s\",\"text\":\"as listed\"}", people[next]);
        if (w->handover)
                act(w, people[next], "\"cmd\":\"handover-accept\",\"handover\":%" PRIu64 ",\"items\":\"all\"}",
                    w->handover);
        act(w, operator_now(w), "\"cmd\":\"shift-end\"}");
        w->on_duty = next;
}

static int run_errand(struct week *w, const struct errand *e) {
        switch (e->what) {
        case ACKNOWLEDGE:
                acknowledge(w, e->id);
                return 0;
        case INSPECT:
                inspect(w, e->id);
                return 0;
        case TAKE:
                return take(w, e->id);
        case SEND:
                act(w, operator_now(w), "\"cmd\":\"dispatch\",\"incident\":%" PRIu64 ",\"guard\":\"%s\"}", e->id,
                    guards[e->id % GUARDS]);
                return 0;
        case ARRIVE:
                act(w, operator_now(w), "\"cmd\":\"arrived\",\"dispatch\":%" PRIu64 "}", e->id);
                return plan(w, w->now + delay(e->id, 10, 120, 500), RELEASE, e->id);
        case RELEASE:
                act(w, operator_now(w), "\"cmd\":\"dispatch-done\",\"dispatch\":%" PRIu64 "}", e->id);
                return 0;
        case FINISH:
                return finish(w, e->id);
        case APPROVE:
                act(w, people[(w->on_duty + 1) % PEOPLE], "\"cmd\":\"approve\",\"approval\":%" PRIu64 "}", e->id);
                return 0;
        case CLOSE:
                act(w, operator_now(w), "\"cmd\":\"incident-close\",\"incident\":%" PRIu64 "}", e->id);
                return 0;
        case CHANGE_SHIFT:
                change_shift(w);
                return plan(w, w->now + SHIFT, CHANGE_SHIFT, 0);
        }
        return -EINVAL;
}

/* Everything up to `time`, errands and deadlines in their order. */
static void until(struct week *w, int64_t time) {
        while (w->errands && w->errands->time <= time) {
                struct errand *e = w->errands;
                int r;

                lived_until(&w->lived, e->time);
                w->errands = e->next;
                w->now = e->time;
                r = run_errand(w, e);
                if (r)
                        lived_fail("errand", r);
                free(e);
        }
        lived_until(&w->lived, time);
        w->now = time;
}

static void badge(struct week *w) {
        char payload[256];

        (void)snprintf(payload, sizeof payload,
                       "{\"type\":\"access\",\"time\":%" PRId64
                       ",\"isKnown\":\"true\",\"access\":\"Always\",\"username\":"
                       "\"Nurse %" PRIu64 "\",\"uid\":\"04a1b2%" PRIu64 "\",\"hostname\":\"door-week-%" PRIu64 "\"}",
                       w->now / WW_SECOND, w->badges, w->badges, w->badges % 1000);
        w->badges++;
        lived_append(&w->lived, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                                   .origin = WW_ORIGIN_BULK,
                                                   .time = w->now,
                                                   .topic = WW_STR("/rfid/send"),
                                                   .payload = ww_str(payload) });
}

/* Badges and midnights up to `time`. */
static void pass(struct week *w, int64_t time) {
        while (w->midnight <= time || (w->badge_every && w->badge_at <= time)) {
                bool is_badge = w->badge_every && w->badge_at < w->midnight;

                until(w, is_badge ? w->badge_at : w->midnight);
                if (is_badge) {
                        badge(w);
                        w->badge_at += w->badge_every;
                } else {
                        printf("heap_kib_%u %zu\n", ++w->day, lived_memory() / 1024);
                        w->midnight += WW_DAY;
                }
        }
        until(w, time);
}

static void message(struct week *w, char *line, size_t n) {
        json_t *root = json_loadb(line, n, 0, NULL);
        const char *topic, *payload;
        double at;

        if (json_unpack(root, "{s:s, s:s, s:F}", "topic", &topic, "payload", &payload, "time", &at) < 0)
                lived_fail("a line that is none", 1);
        pass(w, (int64_t)(at * WW_SECOND));
        lived_append(&w->lived, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                                   .origin = WW_ORIGIN_BULK,
                                                   .time = w->now,
                                                   .topic = ww_str(topic),
                                                   .payload = ww_str(payload) });
        json_decref(root);
}

static void begin(struct week *w, const char *config, int64_t start) {
        w->lived.output = on_output;
        w->lived.userdata = w;
        w->now = start;
        lived_begin(&w->lived, config, start);
        act(w, operator_now(w), "\"cmd\":\"shift-begin\",\"post\":\"control-room\"}");
        for (size_t i = 0; i < GUARDS; i++)
                act(w, operator_now(w), "\"cmd\":\"guard-status\",\"name\":\"%s\",\"status\":\"free\"}", guards[i]);
        if (plan(w, start + SHIFT, CHANGE_SHIFT, 0))
                lived_fail("begin", -ENOMEM);
}

int main(int argc, char **argv) {
        static struct week w;
        char *line = NULL;
        size_t size = 0;
        ssize_t n;

        if (argc < 4 || argc > 5)
                lived_fail("usage: bench-week CONFIG START END [RATE] <LINES", 2);
        begin(&w, argv[1], strtoll(argv[2], NULL, 10) * WW_SECOND);
        w.midnight = w.now + WW_DAY;
        w.badge_at = w.now;
        w.badge_every = argc == 5 && atoi(argv[4]) > 0 ? WW_SECOND / atoi(argv[4]) : 0;
        while ((n = getline(&line, &size, stdin)) > 0)
                message(&w, line, (size_t)n);
        pass(&w, strtoll(argv[3], NULL, 10) * WW_SECOND);
        printf("inputs %" PRIu64 " acts %zu refused %zu\n", w.lived.seq, w.acts, w.refused);
        lived_end(&w.lived);
        free(line);
        free(w.steps);
        for (struct errand *e = w.errands, *next; e; e = next) {
                next = e->next;
                free(e);
        }
        return 0;
}
