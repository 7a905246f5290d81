#pragma once
/* One key's value: where it stands in struct config, from text and to text. */
#include "config/config.h"
#include "config/yaml.h"

static inline void *config_at(struct config *c, const struct config_key *key) {
        return (char *)c + key->offset;
}
static inline const void *config_at_const(const struct config *c, const struct config_key *key) {
        return (const char *)c + key->offset;
}

/** The group of a key's name ("mqtt" of "mqtt.host") and the name within it. */
struct ww_str config_key_group(const struct config_key *key);
const char *config_key_leaf(const struct config_key *key);

/** Reads one value; `folder` is what relative paths are relative to. 0, DIAG_E_USER, -ENOMEM. */
int config_value_read(struct config *c, const struct config_key *key, const struct yaml_node *n, const char *folder,
                      struct diag *d);
/** The default, which is the table's. 0 or -errno. */
int config_value_default(struct config *c, const struct config_key *key, const char *folder);
void config_value_print(const struct config *c, const struct config_key *key, struct buf *out);
bool config_value_equal(const struct config *a, const struct config *b, const struct config_key *key);

/** What only several values together can get wrong. `nodes`: by place in config_keys, NULL = default. */
void config_check(const struct config *c, const struct yaml_node *const *nodes, struct diag *d);
/** The same for the `mqtt` group. */
void config_check_mqtt(const struct config *c, const struct yaml_node *const *nodes, struct diag *d);
/** Place of a key's value; where it is a default, of the file. */
struct diag_pos config_check_pos(const struct config *c, const struct yaml_node *const *nodes, const char *name);
/** A secret file that others can read is refused. */
void config_check_secret_file(const char *file, struct diag_pos pos, struct diag *d);
