/* The site's time zone, from the bytes that the bundle carries. */
#include "config/site_internal.h"

const struct timezone_table *site_timezone(const struct site *s) {
        return s->timezone;
}

static int read_zone(struct site_compiler *c, const struct yaml_node *n, struct ww_str name) {
        const struct bundle_file *data = bundle_timezone(c->bundle, name);
        const char *problem;
        int r;

        if (ww_str_is(name, "UTC"))
                return 0;
        if (!data)
                return diag_error(c->d, n->pos, "only a site that is read from files can have one",
                                  "there is no data of time zone `%.*s`", WW_STR_ARG(name));
        r = timezone_read(&c->site->timezone, data->text, &problem);
        if (r == -EBADMSG)
                return diag_error(c->d, n->pos, "install the package tzdata anew",
                                  "the data of time zone `%.*s` is of no use: %s", WW_STR_ARG(name), problem);
        return r;
}

int site_read_timezone(struct site_compiler *c, const struct yaml_node *n) {
        struct ww_str *known = &c->timezone, name;
        int r = yaml_string(n, "timezone", c->d, &name);

        if (r)
                return site_told(c, r);
        if (known->n && ww_str_equal(*known, name))
                return 0;
        if (known->n)
                return site_told(c, diag_error(c->d, n->pos, "a site has one time zone; run one daemon for each",
                                               "the time zone is already `%.*s`", WW_STR_ARG(*known)));
        *known = name;
        return site_told(c, read_zone(c, n, name));
}
