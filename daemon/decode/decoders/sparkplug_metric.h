#pragma once
/* A metric of Sparkplug B, written as a member of `items`. */
#include "decode/decoders/sparkplug_state.h"
#include "sparkplug.pb-c.h"
#include <wardwatch/decoder.h>

/** Appends the metric. `known`: what the birth said of it, NULL = nothing. `otherwise`: the message's time, ms, 0 = it
 *  has none. How many nodes of the document it took at most. */
size_t sparkplug_metric_write(struct decoder_out *out, const Sparkplug__Metric *m, const struct sparkplug_metric *known,
                              uint64_t otherwise);
/** An integer in either of the two fields that carry one. False if it is none. */
bool sparkplug_metric_integer(const Sparkplug__Metric *m, uint64_t *ret);
/** True if it says its name; some senders write an empty one beside the alias. */
static inline bool sparkplug_metric_named(const Sparkplug__Metric *m) {
        return m->has_name && m->name.len;
}
static inline struct ww_str sparkplug_text(ProtobufCBinaryData data) {
        return (struct ww_str){ (const char *)data.data, data.len };
}
