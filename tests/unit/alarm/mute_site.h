#pragma once
/* The assets of the stories about mutes, and the mute that most of them know. */
#include "story.h"

#define S(seconds) ((int64_t)(seconds)*WW_SECOND)

enum { UPS, GW, GW2, SUB, D1, D2, DUAL, DEEP, LONE };

static const struct ww_str children[] = { TEXT("device-offline"), TEXT("door-held") };
static const uint32_t controllers[] = { GW, GW2, SUB };

/* a controller mutes its devices */
#define CONTROLLER                                                                                                     \
        {                                                                                                              \
                .rule = TEXT("controller-offline"), .rules = children, .n_rules = 2, .under = true, .settle = S(10),   \
                .wait = S(2), .assets = controllers, .n_assets = 3                                                     \
        }
