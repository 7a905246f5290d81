#include "config/site_internal.h"

int site_read_timezone(struct site_compiler *c, const struct yaml_node *n) {
        struct ww_str name;

        return site_told(c, yaml_string(n, "timezone", c->d, &name));
}
