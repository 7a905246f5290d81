/* The story of one alarm: what raised it, where that rule stands, and what became of it. */
#include "command/explain.h"

#include "base/span.h"
#include "command/command_internal.h"
#include "command/plain.h"
#include "ruleset.h"

#include <inttypes.h>
#include <stdio.h>

static const char *text_of(const json_t *object, const char *name) {
        const char *text = json_string_value(json_object_get(object, name));

        return text ? text : "";
}

static void put_text(const char *before, const char *text, const char *behind) {
        if (!*text)
                return;
        (void)fputs(before, stdout);
        plain_put(text);
        (void)fputs(behind, stdout);
}

/* ---- what a change is, in words ---- */

static const struct {
        const char *cause, *words;
} causes[] = {
        { "RAISE", "raised" },
        { "AGAIN", "a further match" },
        { "CLEAR", "cleared: its condition ended" },
        { "REGRADE", "another priority" },
        { "ACKNOWLEDGE", "acknowledged" },
        { "UNACKNOWLEDGE", "acknowledgement taken back" },
        { "RESET", "reset" },
        { "ACK_EXPIRED", "the acknowledgement expired" },
        { "SHELVE", "shelved" },
        { "UNSHELVE", "unshelved" },
        { "SHELVING_ENDED", "shelving ended" },
        { "SUPPRESS", "muted by design" },
        { "UNSUPPRESS", "no longer muted" },
        { "OUT_OF_SERVICE", "taken out of service" },
        { "RETURN_TO_SERVICE", "returned to service" },
        { "SILENCE", "silenced" },
        { "SOURCE_LOST", "its source is lost" },
        { "SOURCE_BACK", "its source is back" },
        { "CONFIG_REMOVED", "its rule is gone" },
        { "REFUTED", "a late event speaks against it" },
        { "SHIFT_ENDED", "a shift ended, and nobody accepted what was open" },
        { "now", "as it is now; what brought it stands in the journal, which is for the daemon's user" },
};

static const char *words_of(const char *cause) {
        for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
                if (strcmp(causes[i].cause, cause) == 0)
                        return causes[i].words;
        return cause;
}

static void put_attrs(const json_t *attrs) {
        char *text = json_object_size(attrs) ? json_dumps(attrs, JSON_COMPACT) : NULL;

        if (text)
                put_text("  ", text, "");
        free(text);
}

static void put_evidence(const json_t *transition) {
        const json_t *e;
        size_t i;

        json_array_foreach(json_object_get(transition, "evidence"), i, e) {
                (void)printf("      %.23sZ  `", text_of(e, "time"));
                plain_put(text_of(e, "role"));
                put_text("`  ", text_of(e, "kind"), " of ");
                plain_put(text_of(e, "device"));
                put_text(" = ", text_of(e, "value"), "");
                put_text(" ", text_of(e, "unit"), "");
                put_attrs(json_object_get(e, "attrs"));
                (void)printf("  [input %" JSON_INTEGER_FORMAT ".%" JSON_INTEGER_FORMAT "]\n",
                             json_integer_value(json_object_get(e, "seq")),
                             json_integer_value(json_object_get(e, "index")));
        }
}

static void put_change(const json_t *t) {
        const json_t *alarm = json_object_get(t, "alarm");
        const char *cause = text_of(t, "cause"), *priority = text_of(alarm, "priority");

        (void)printf("  %.23sZ  %s", text_of(alarm, "changed_at"), words_of(cause));
        if (strcmp(priority, text_of(t, "old_priority")) != 0 && strcmp(cause, "RAISE") != 0)
                (void)printf(", %s → %s", text_of(t, "old_priority"), priority);
        if (strncmp(text_of(t, "actor"), "rule:", 5) != 0)
                put_text(" by ", text_of(t, "actor"), "");
        put_text(": ", text_of(t, "reason"), "");
        put_text(" (", text_of(t, "context"), ")");
        put_text(", suppressed by ", text_of(alarm, "suppressed_by"), "");
        (void)printf("  [%s → %s", text_of(t, "old_state"), text_of(alarm, "state"));
        (void)printf("%s]\n", json_is_true(json_object_get(t, "annunciate")) ? ", announced" : "");
        put_evidence(t);
}

/* ---- the rule ---- */

static void put_rule(const struct ruleset *rules, const json_t *alarm) {
        _cleanup_buf_ struct buf place = BUF_INIT;
        char hex[17] = "";
        uint64_t hash;
        int64_t span;

        put_text("  rule ", text_of(alarm, "rule"), "");
        put_text(" [", text_of(alarm, "key"), "]");
        if (!explain_rule_place(rules, text_of(alarm, "rule"), &place, &hash, &span)) {
                (void)puts(strncmp(text_of(alarm, "rule"), "system/", 7) == 0 ? ": what the system says of itself"
                                                                              : ": the rules of today have none of "
                                                                                "that name");
                return;
        }
        (void)snprintf(hex, sizeof hex, "%016" PRIx64, hash);
        (void)printf(", %.*s%s\n", WW_STR_ARG(buf_str(&place)),
                     strcmp(hex, text_of(alarm, "rule_hash")) == 0 ? "" : " (its text is another one today)");
}

static void put_alarm(const struct ruleset *rules, uint64_t id, const json_t *story) {
        const json_t *last = json_object_get(json_array_get(story, json_array_size(story) - 1), "alarm"), *t;
        size_t i;

        (void)printf("alarm %" PRIu64 "  %s  %s  ", id, text_of(last, "priority"), text_of(last, "state"));
        put_text("", text_of(last, "title"), "\n");
        put_rule(rules, last);
        put_text("  procedure ", text_of(last, "procedure"), "\n");
        put_text("  legal basis ", text_of(last, "legal_basis"), "\n");
        json_array_foreach(story, i, t) put_change(t);
}

/* ---- around the last time it was raised ---- */

static const json_t *last_raise(const json_t *story) {
        const json_t *t, *found = NULL;
        size_t i;

        json_array_foreach(story, i, t) {
                if (strcmp(text_of(t, "cause"), "RAISE") == 0)
                        found = t;
        }
        return found;
}

static int put_rule_at_work(const struct ruleset *rules, const struct config *config, struct replay_options *o,
                            const json_t *story) {
        const json_t *raise = last_raise(story), *alarm = json_object_get(raise, "alarm");
        _cleanup_buf_ struct buf place = BUF_INIT;
        struct explain_watch watch = { .rule = text_of(alarm, "rule"), .key = text_of(alarm, "key"), .quiet = true };
        uint64_t hash;
        int64_t span, time, decided;

        if (!raise || !explain_rule_place(rules, watch.rule, &place, &hash, &span) ||
            instant_parse(ww_str(text_of(raise, "time")), 0, &time) ||
            instant_parse(ww_str(text_of(alarm, "changed_at")), 0, &decided))
                return 0;
        watch.from = time - span;
        watch.to = time + 1;
        o->range.from = watch.from;
        o->range.to = decided + WW_SECOND;
        (void)printf("\nthe rules of today, replayed up to then:\n");
        return explain_watch_run(&watch, config, o);
}

/* ---- the whole ---- */

static int story_read(uint64_t alarm, const struct config *config, const struct replay_options *o, json_t *story,
                      bool *ret_replayable) {
        const struct replay_database database = replay_database_of(config, o);
        int r = 0;

        *ret_replayable = true;
        if (o->file)
                return explain_story_file(o->file, alarm, story);
        if (!o->database && !o->journal) {
                r = explain_story_journal(config->state.dir, alarm, story);
                *ret_replayable = database.url[0];
        }
        if (r || json_array_size(story))
                return r;
        *ret_replayable = database.url[0];
        if (database.url[0])
                r = explain_story_database(&database, alarm, story);
        /* root has read the journal, and is root no more */
        return r || json_array_size(story) || database.user ? r : explain_story_live(config->file, alarm, story);
}

static int story_tell(uint64_t id, const struct config *config, struct replay_options *o, bool json, bool replayable,
                      json_t *story) {
        struct ruleset *rules = NULL;
        int r;

        if (json)
                return command_put_json(json_pack("{s:I, s:O}", "alarm", (json_int_t)id, "story", story), JSON_COMPACT);
        r = replay_side_rules(&rules, config, o->rules);
        if (!r) {
                put_alarm(rules, id, story);
                r = replayable ? put_rule_at_work(rules, config, o, story) : 0;
        }
        if (!r && !replayable)
                (void)printf(
                        "\nwhat was counted: `wardwatch journal dump --json >FILE`, then `wardwatch explain %" PRIu64
                        " FILE`\n",
                        id);
        ruleset_free(rules);
        return r;
}

int explain_alarm_run(uint64_t id, const struct config *config, struct replay_options *o, bool json) {
        json_t *story = json_array();
        bool replayable = false;
        int r;

        o->alarm = id;
        r = story ? story_read(id, config, o, story, &replayable) : -ENOMEM;

        if (!r && !json_array_size(story)) {
                (void)fprintf(stderr, "wardwatch explain: nothing is known of alarm %" PRIu64 "\n", id);
                (void)fprintf(stderr, "  help: give a dump of the journal that has it, or --database CONNINFO; the "
                                      "journal itself is for the daemon's user\n");
                r = REPLAY_E_TOLD;
        } else if (!r) {
                r = story_tell(id, config, o, json, replayable, story);
        }
        json_decref(story);
        return r;
}
