/* What only several values together, or the machine, can get wrong. */
#include "config/config_internal.h"

#include <ctype.h>
#include <stdlib.h>

#define RUN_DIR_MAX 80 /* a socket's path has 107 bytes in all */
#define PACKETS_MIN 16 /* of the largest size, in the journal */

struct diag_pos config_check_pos(const struct config *c, const struct yaml_node *const *nodes, const char *name) {
        for (size_t i = 0; i < config_keys_n; i++)
                if (strcmp(config_keys[i].name, name) == 0 && nodes[i])
                        return nodes[i]->pos;
        return (struct diag_pos){ .file = ww_str(c->file) };
}

static void check_secrets(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        for (size_t i = 0; i < config_keys_n; i++) {
                const char *file = *(const char *const *)config_at_const(c, &config_keys[i]);

                if (config_keys[i].type == CONFIG_SECRET && *file)
                        config_check_secret_file(file, config_check_pos(c, nodes, config_keys[i].name), d);
        }
}

/* Where a password begins in a libpq connection string or URL; NULL if there is none. */
static const char *find_password(const char *url) {
        const char *word = strcasestr(url, "password"), *at = strrchr(url, '@'), *scheme = strstr(url, "://");

        while (word) {
                const char *after = word + strlen("password");

                while (isspace((unsigned char)*after))
                        after++;
                if (*after == '=')
                        return word;
                word = strcasestr(after, "password");
        }
        if (scheme && at) {
                const char *colon = strchr(scheme + 3, ':');

                return colon && colon < at ? colon : NULL;
        }
        return NULL;
}

static void check_database(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        struct diag_pos pos = config_check_pos(c, nodes, "database.url");

        if (find_password(c->database.url))
                (void)diag_error(d, pos, "put it into a file of mode 0600 and name that in database.password_file",
                                 "a secret does not stand in this file: database.url holds a password");
        if (!*c->database.url && *c->database.password_file)
                diag_warning(d, config_check_pos(c, nodes, "database.password_file"), "set database.url as well",
                             "a password, but no database");
}

static void check_names(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        for (const char *p = c->site.name; *p; p++)
                if (!isalnum((unsigned char)*p) && !strchr("-_.", *p)) {
                        (void)diag_error(d, config_check_pos(c, nodes, "site.name"),
                                         "letters, digits, `-`, `_` and `.`", "site.name cannot be `%s`", c->site.name);
                        return;
                }
}

static void check_folders(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        if (!*c->state.dir)
                (void)diag_error(d, config_check_pos(c, nodes, "state.dir"),
                                 "name a folder on a local disk, such as /var/lib/wardwatch", "state.dir is empty");
        if (!*c->state.run_dir)
                (void)diag_error(d, config_check_pos(c, nodes, "state.run_dir"),
                                 "name a folder, such as /run/wardwatch", "state.run_dir is empty");
        if (strlen(c->state.run_dir) > RUN_DIR_MAX)
                (void)diag_error(d, config_check_pos(c, nodes, "state.run_dir"),
                                 "shorten it: the path of a socket has room for 107 bytes",
                                 "state.run_dir has %zu bytes, more than %d", strlen(c->state.run_dir), RUN_DIR_MAX);
}

/* Near the end of the map the largest message must find room twice, as a careful start takes it. */
static void check_sizes(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        if (c->mqtt.packet_max > c->journal.size / PACKETS_MIN)
                (void)diag_error(d, config_check_pos(c, nodes, "mqtt.packet_max"), "raise journal.size, or lower it",
                                 "mqtt.packet_max is more than a %dth of journal.size", PACKETS_MIN);
}

static void check_ports(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        for (size_t i = 0; i < config_keys_n; i++)
                for (size_t j = 0; j < i; j++) {
                        const struct config_key *a = &config_keys[j], *b = &config_keys[i];
                        int64_t port;

                        if (a->type != CONFIG_PORT || b->type != CONFIG_PORT)
                                continue;
                        port = *(const int64_t *)config_at_const(c, a);
                        if (port && port == *(const int64_t *)config_at_const(c, b))
                                (void)diag_error(d, config_check_pos(c, nodes, b->name), "each process needs its own",
                                                 "%s and %s are the same port", a->name, b->name);
                }
}

static bool is_loopback(const char *listen) {
        return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

static bool is_any(const char *listen) {
        return strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0;
}

static bool has_port(const char *listen) {
        const char *colon = strrchr(listen, ':');
        long port = colon && colon != listen && isdigit((unsigned char)colon[1]) ? strtol(colon + 1, NULL, 10) : 0;

        return port > 0 && port <= 65535 && (*listen == '[') == (colon[-1] == ']');
}

static void check_console(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        struct diag_pos pos = config_check_pos(c, nodes, "console.listen");
        const char *listen = c->console.listen;

        if (!*listen)
                return;
        if (!has_port(listen))
                (void)diag_error(d, pos, "write 127.0.0.1:8080, or [::]:443", "`%s` is no address with a port", listen);
        if (!*c->console.tls_cert != !*c->console.tls_key)
                (void)diag_error(d, pos, "set console.tls_cert and console.tls_key, or neither",
                                 "a certificate goes with its key");
        else if (!is_loopback(listen) && !*c->console.tls_cert)
                (void)diag_error(d, pos, "set console.tls_cert and console.tls_key, or listen at 127.0.0.1",
                                 "passwords would cross the network in the clear: `%s` is not loopback", listen);
        if (is_any(listen) && !c->console.names.n)
                (void)diag_error(d, pos, "set console.names: [wardwatch.hospital.example]",
                                 "it listens at every address, and no name says by which browsers reach it");
        if (!c->auth.enabled)
                (void)diag_error(d, pos, "set `auth: {enabled: true}`", "nobody could log in at the console");
        if (find_password(c->console.database))
                (void)diag_error(d, config_check_pos(c, nodes, "console.database"),
                                 "put it into a file of mode 0600 and name that in console.database_password_file",
                                 "a secret does not stand in this file: console.database holds a password");
}

void config_check(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        check_names(c, nodes, d);
        check_folders(c, nodes, d);
        check_secrets(c, nodes, d);
        check_database(c, nodes, d);
        check_sizes(c, nodes, d);
        check_ports(c, nodes, d);
        check_console(c, nodes, d);
        config_check_mqtt(c, nodes, d);
}
