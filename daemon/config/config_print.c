/* What is done with a configuration as a whole: print it, compare two, follow its paths. */
#include "config/bundle.h"
#include "config/config_internal.h"

#include <unistd.h>

int config_print_reloaded(const struct config *c, const struct config *next, struct buf *out) {
        struct ww_str group = WW_STR_NONE;

        for (size_t i = 0; i < config_keys_n; i++) {
                struct ww_str own = config_key_group(&config_keys[i]);

                if (!ww_str_equal(own, group))
                        buf_printf(out, "%.*s:\n", WW_STR_ARG(own));
                group = own;
                buf_printf(out, "  %s: ", config_key_leaf(&config_keys[i]));
                config_value_print(config_keys[i].reloadable ? next : c, &config_keys[i], out);
                buf_puts(out, "\n");
        }
        return out->error;
}

int config_print(const struct config *c, struct buf *out) {
        return config_print_reloaded(c, c, out);
}

size_t config_restart_needed(const struct config *a, const struct config *b, const char **names, size_t max) {
        size_t n = 0;

        for (size_t i = 0; i < config_keys_n; i++) {
                if (config_keys[i].reloadable || config_value_equal(a, b, &config_keys[i]))
                        continue;
                if (n < max)
                        names[n] = config_keys[i].name;
                n++;
        }
        return n;
}

/* A site that has no procedures, or keeps no records, need not make a folder for them. Only under its usual name:
 * another one is a choice, and a mistake if it is not there. */
static bool bundle_absent(const char *path, const char *usual) {
        const char *name = strrchr(path, '/');

        return strcmp(name ? name + 1 : path, usual) == 0 && access(path, F_OK) < 0 && errno == ENOENT;
}

int config_bundle(const struct config *c, struct bundle *ret, struct diag *d) {
        _cleanup_bundle_ struct bundle b = { 0 };
        const struct {
                enum bundle_role role;
                const struct config_list *paths;
                const char *usual; /* may be missing under this name */
        } parts[] = {
                { BUNDLE_SENSORS, &c->paths.sensors, NULL },
                { BUNDLE_RULES, &c->paths.rules, NULL },
                { BUNDLE_SITE, &c->paths.site, NULL },
                { BUNDLE_RESPONSE, &c->paths.response, "response" },
                { BUNDLE_RECORDS, &c->paths.records, "records" },
        };
        int r, result = 0;

        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                for (size_t j = 0; j < parts[i].paths->n; j++) {
                        if (parts[i].usual && bundle_absent(parts[i].paths->items[j], parts[i].usual))
                                continue;
                        r = bundle_add_path(&b, parts[i].role, parts[i].paths->items[j], d);
                        if (r < 0)
                                return r;
                        result = r ? r : result;
                }
        r = bundle_seal(&b);
        if (r < 0)
                return r;
        *ret = b;
        b = (struct bundle){ 0 };
        return result;
}
