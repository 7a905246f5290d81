#pragma once
/* MQTT topic filters: whether one is legal, and whether two can match one topic. */
#include <stdbool.h>
#include <wardwatch/str.h>

/** NULL if the filter is legal and can be subscribed to here; else what is wrong with it. */
const char *topic_filter_fault(struct ww_str filter);
/** True if some topic matches both. Both must be legal. */
bool topic_filter_overlap(struct ww_str a, struct ww_str b);
