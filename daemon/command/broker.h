#pragma once
/* What the parts of `wardwatch broker` share: who may publish and read what, out of the site and the sensor types. */
#include "base/buf.h"
#include "decode/type.h"
#include "ruleset.h"

#include <jansson.h>

struct config;

/* ---- broker_topic.c ---- */

/* What is known of a type's captures; .p NULL = anything. */
struct broker_captures {
        struct ww_str values[TOPIC_CAPTURES_MAX];
};

/** The topic filter of a pattern. False: no topic of the pattern has such captures. Where a capture of many levels
 * stands in the middle and is not known, the filter ends with `#` before what follows. */
bool broker_filter(const struct topic_pattern *pattern, const struct broker_captures *captures, struct buf *out);

enum broker_name {
        BROKER_NAME_OTHER,   /* a device of that name never comes of it */
        BROKER_NAME_TOPIC,   /* it does, with these captures */
        BROKER_NAME_PAYLOAD, /* the payload says which device it is */
};
/** What a topic must hold for a message's device to be called `device`: fills `captures`. */
enum broker_name broker_device(const struct source *source, struct ww_str device, struct broker_captures *captures);

/* ---- broker_acl.c ---- */

struct broker_rights {
        json_t *users;   /* {user: {"write": {filter: true}, "read": {…}, "readwrite": {…}}} */
        json_t *payload; /* {filter: {"sensor": type, "users": {user: true}}}: the payload says which device speaks */
};

/** 0, DIAG_E_USER (told in `d`), -ENOMEM. */
int broker_rights_of(struct broker_rights *ret, const struct config *config, const struct ruleset *rules,
                     struct diag *d);
void broker_rights_deinit(struct broker_rights *r);
/** Topics that several users may write to and whose payload says which device speaks: no ACL can tell those apart. */
size_t broker_rights_shared(const struct broker_rights *r);
/** As Mosquitto's acl_file. `simulator`: a user who may publish what every device may; NULL = none. */
void broker_acl_text(const struct broker_rights *r, const char *site, const char *simulator,
                     const struct config *config, struct buf *out);

/* ---- broker_check.c ---- */

/** Tries what the broker must refuse, and what it must not; tells each. True: all is as it must be. */
bool broker_check(const struct config *config, bool json);
