#pragma once
/* Tables of mutes, and stories of them: each is played undisturbed and with a restart before every step, and must come
 * out the same. */
#include "mute_site.h"

static const struct ww_str offline[] = { TEXT("controller-offline") };

/* 1: a controller mutes its devices */
static const struct ww_mute controller[] = { CONTROLLER };

/* 2: so does the power, more slowly, and controllers too */
static const struct ww_mute power[] = {
        CONTROLLER,
        { .rule = TEXT("power-lost"),
          .hazards = 1u << WW_HAZARD_SYSTEM,
          .classes = 1u << WW_CLASS_GENERAL,
          .under = true,
          .settle = S(20),
          .wait = S(5),
          .any = true },
};

/* 3: an open door mutes theft everywhere, at once; 4: with a settle */
static const struct ww_mute everywhere[] = {
        { .rule = TEXT("open-day"), .hazards = 1u << WW_HAZARD_THEFT, .wait = S(2), .any = true },
};
static const struct ww_mute settling[] = {
        { .rule = TEXT("open-day"), .hazards = 1u << WW_HAZARD_THEFT, .settle = S(10), .wait = S(2), .any = true },
};

/* 5: one rule for everything that can be missed: those below mute none above */
static const struct ww_mute alike[] = {
        { .rule = TEXT("device-offline"),
          .rules = children,
          .n_rules = 1,
          .under = true,
          .settle = S(10),
          .any = true },
};

/* 6: what 1 is after a change of the site */
static const uint32_t moved[] = { 1 };
static const struct ww_mute controller_moved[] = {
        { .rule = TEXT("controller-offline"),
          .rules = children,
          .n_rules = 2,
          .under = true,
          .settle = S(10),
          .wait = S(2),
          .assets = moved,
          .n_assets = 1 },
};

/* 7: as 1, but it waits longer; 8: nothing that it mutes is below anything it opens for */
static const struct ww_mute slower[] = {
        { .rule = TEXT("controller-offline"),
          .rules = children,
          .n_rules = 2,
          .under = true,
          .settle = S(30),
          .wait = S(2),
          .any = true },
};
static const struct ww_mute nowhere[] = {
        { .rule = TEXT("controller-offline"),
          .rules = offline,
          .n_rules = 1,
          .under = true,
          .settle = S(10),
          .wait = S(2),
          .any = true },
};

static const struct story_table tables[] = {
        { controller, 1, NULL }, { power, 2, NULL },   { everywhere, 1, NULL },
        { settling, 1, NULL },   { alike, 1, NULL },   { controller_moved, 1, story_site_changed },
        { slower, 1, NULL },     { nowhere, 1, NULL },
};

struct row {
        const char *name;
        int table;
        const char *story, *expected;
};

static inline void play(const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                for (int reload = 0; reload < 2; reload++) {
                        struct story s;
                        const char *text;

                        story_init(&s, tables, false);
                        if (rows[i].table != 1)
                                story_other_mutes(&s, rows[i].table);
                        s.reload = reload;
                        text = story_play(&s, rows[i].story);
                        if (strcmp(text, rows[i].expected) != 0)
                                fail_msg("%s%s\nexpected:\n%s\ngot:\n%s", rows[i].name,
                                         reload ? " (with restarts)" : "", rows[i].expected, text);
                        story_deinit(&s);
                }
}

#define PLAY(rows)     play(rows, sizeof(rows) / sizeof *(rows))

#define CHILD(at, id)  at " " id " RAISE DSUPR low rule:device-offline by=controller-offline (pending)\n"
#define PARENT(at, id) at " " id " RAISE UNACK low rule:controller-offline !\n"
#define GWMUTE(at, id, by)                                                                                             \
        at " " id " SUPPRESS DSUPR low rule:controller-offline by=controller-offline asset=gw (muted by alarm " by ")" \
           "\n"
