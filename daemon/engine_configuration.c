/*
 * The configuration that is in force, in the journal: whole, with the notice of each start and of each reload that
 * changed it. So the record says under which one it came about. Secrets are names of files and never come along.
 */
#include "engine_internal.h"

/* After a reload: what takes effect at once as the file has it now, the rest as it was at the start. */
static bool configuration_take(struct engine *e, const struct config *next) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        char *copy;

        if (config_print_reloaded(e->config, next, &text))
                return false;
        copy = strndup((const char *)text.p, text.n);
        if (!copy || (e->configuration && strcmp(copy, e->configuration) == 0)) {
                free(copy);
                return false;
        }
        free(e->configuration);
        e->configuration = copy;
        return true;
}

void engine_configuration_begin(struct engine *e) {
        if (configuration_take(e, e->config))
                engine_say_configuration(e);
}

void engine_configuration_reloaded(struct engine *e, const struct config *next) {
        if (!configuration_take(e, next))
                return;
        engine_say(e, "configuration-changed", NULL, "keys that take effect at a reload were changed");
        engine_say_configuration(e);
}
