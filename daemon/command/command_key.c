/* A configuration key in words: what it is for, what may stand there, what stands there if nothing does. */
#include "base/span.h"
#include "command/command_internal.h"
#include "config/size.h"

#include <inttypes.h>

static const char *type_text(enum config_type type) {
        static const char *const names[] = {
                [CONFIG_STRING] = "text",
                [CONFIG_BOOL] = "true or false",
                [CONFIG_INTEGER] = "whole number",
                [CONFIG_SIZE] = "size (64MiB)",
                [CONFIG_SPAN] = "span (90s, 5m, 26h)",
                [CONFIG_PATH] = "path",
                [CONFIG_PATHS] = "list of paths",
                [CONFIG_STRINGS] = "list of texts",
                [CONFIG_CHOICE] = "one of",
                [CONFIG_PORT] = "`off`, or a port",
                [CONFIG_SECRET] = "path of a file with mode 0600",
        };

        return names[type];
}

static void put_range(const struct config_key *key, struct buf *out) {
        char min[32], max[32];

        switch (key->type) {
        case CONFIG_INTEGER:
        case CONFIG_PORT:
                buf_printf(out, ", %" PRId64 " to %" PRId64, key->min, key->max);
                break;
        case CONFIG_SIZE:
                size_format(key->min, min);
                size_format(key->max, max);
                buf_printf(out, ", %s to %s", min, max);
                break;
        case CONFIG_SPAN:
                span_format(key->min, min);
                span_format(key->max, max);
                buf_printf(out, ", %s to %s", min, max);
                break;
        case CONFIG_CHOICE:
                buf_printf(out, " %s", key->choices);
                break;
        case CONFIG_STRING:
        case CONFIG_BOOL:
        case CONFIG_PATH:
        case CONFIG_PATHS:
        case CONFIG_STRINGS:
        case CONFIG_SECRET:
                break;
        }
}

void command_key_text(const struct config_key *key, struct buf *out) {
        buf_printf(out, "%s. (%s", key->help, type_text(key->type));
        put_range(key, out);
        if (key->unit && key->type == CONFIG_INTEGER)
                buf_printf(out, " %s", key->unit);
        if (!key->default_text)
                buf_puts(out, "; must be given");
        else if (*key->default_text)
                buf_printf(out, "; default %s", key->default_text);
        buf_puts(out, key->reloadable ? "; takes effect at a reload)" : ")");
}
