#pragma once
/*
 * What is known of Sparkplug's edge nodes: for each its numbering, and of it and its devices the metrics that the last
 * birth named. A node is found by "GROUP/NODE".
 *
 * Bounded: at SPARKPLUG_NODES_MAX nodes or SPARKPLUG_BYTES_MAX bytes the node heard longest ago is forgotten. Its next
 * message then comes "before its birth", so a new birth is asked for: nothing is lost but the names until then.
 */
#include "base/buf.h"
#include <wardwatch/str.h>
#include <wardwatch/time.h>

#include <uthash.h>

#define SPARKPLUG_NODES_MAX   4096u
#define SPARKPLUG_DEVICES_MAX 1024u       /* of one node, itself included; then the one born first is forgotten */
#define SPARKPLUG_BYTES_MAX   (32u << 20) /* metrics and their names, of all nodes */

struct sparkplug_metric {
        struct ww_str name; /* in the part's own text */
        uint64_t alias;
        uint8_t datatype;
        bool has_alias;
};

/* a node itself (its name is empty), or one of its devices */
struct sparkplug_part {
        struct ww_str name;
        struct sparkplug_metric *metrics; /* by name */
        uint32_t *by_alias;               /* those with an alias, by it */
        uint32_t n, n_aliases;
        char *text;
        size_t bytes;
        bool born;   /* its metrics are those of its last birth */
        bool online; /* told so, and not yet told otherwise */
};

struct sparkplug_node {
        struct ww_str key;
        struct sparkplug_part *parts;
        uint32_t n, capacity;
        uint64_t bdseq; /* of the last birth */
        int64_t asked;  /* journal time when a birth was asked for; WW_TIME_NONE = never */
        uint8_t seq;    /* of the newest message */
        bool bdseq_known, seq_known;
        UT_hash_handle hh;
};

struct sparkplug_state {
        struct sparkplug_node *nodes; /* uthash keeps an order: the first was heard longest ago */
        size_t n, bytes, nodes_max, bytes_max;
        uint64_t forgotten;
};

int sparkplug_state_new(void **ret);
void sparkplug_state_free(void *state);
void sparkplug_state_save(const void *state, struct buf *out);
int sparkplug_state_load(void *state, struct rd *in);
uint64_t sparkplug_state_forgotten(const void *state);

/** The node, made if it is new, and from now on the newest. NULL without memory. Valid until the next one. */
struct sparkplug_node *sparkplug_node(struct sparkplug_state *s, struct ww_str key);
/** "" is the node itself. NULL if it was not heard of. */
struct sparkplug_part *sparkplug_part(const struct sparkplug_node *node, struct ww_str name);
/** Replaces what is known of the part by `n` metrics, which are copied; those without a name are left out. Of the
 *  node's pointers to parts none stays valid. 0 or -ENOMEM. */
int sparkplug_part_birth(struct sparkplug_state *s, struct sparkplug_node *node, struct ww_str name,
                         const struct sparkplug_metric *metrics, size_t n);
/** All parts: their aliases hold no longer. They stay known by name. */
void sparkplug_node_unborn(struct sparkplug_node *node);

/* NULL if the last birth did not have it. */
const struct sparkplug_metric *sparkplug_metric_by_alias(const struct sparkplug_part *part, uint64_t alias);
const struct sparkplug_metric *sparkplug_metric_by_name(const struct sparkplug_part *part, struct ww_str name);
