/*
 * `wardwatch reload`: signs the rule set that is on the disk, and puts it in force.
 *
 *   compile it here ──► compare with what is in force ──► rules-sign (a record) ──► SIGHUP ──► wait for its hash
 *
 * The signature names the set by its hash. The daemon reads the files anew: had they changed in between, another hash
 * would come into force, which nobody has signed, and this command says so.
 */
#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"
#include "ruleset.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define WAIT_SECONDS 120
#define WAIT_STEP_MS 200
#define NAMES_MAX    500 /* of a list in the record; the texts are there anyway */

enum {
        OPTION_REASON,
        OPTION_SIGN_ONLY,
};

static const struct command_option reload_options[] = {
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },
        [OPTION_SIGN_ONLY] = { "--sign-only", 0, NULL, "sign it, and leave it to somebody else to put it in force" },
        { 0 },
};

struct reload {
        struct socket_session socket;
        struct config config;
        struct ruleset *ruleset; /* on the disk */
        json_t *in_force;        /* rule → hash */
        char hash[33];           /* of the set that is in force */
        json_t *signed_by;       /* who has signed the one on the disk */
        size_t needed;           /* how many have to */
        json_t *added, *removed, *changed;
};

/* --- what is on the disk, and what is in force --- */

static int reload_compile(struct reload *r) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        int result;

        diag.source = bundle_source;
        diag.userdata = &bundle;
        result = config_bundle(&r->config, &bundle, &diag);
        if (!result)
                result = ruleset_compile(&r->ruleset, &bundle, true, &diag);
        if (result)
                command_put_diag(&diag);
        if (result < 0)
                (void)fprintf(stderr, "wardwatch reload: %s\n", strerror(-result));
        diag_deinit(&diag);
        return result ? 1 : 0;
}

/* One page from `from` on; *ret_next < 0: it was the last. */
static int reload_page(struct reload *r, json_int_t from, json_int_t *ret_next) {
        json_t *answer = NULL, *item, *next;
        size_t i;
        int result = socket_ask(&r->socket, json_pack("{s:s, s:I}", "cmd", "rules", "from", from), &answer);

        if (!result && !json_is_true(json_object_get(answer, "ok"))) {
                socket_refused(answer);
                result = 1;
        }
        if (!result) {
                const char *hash = json_string_value(json_object_get(answer, "hash"));

                (void)snprintf(r->hash, sizeof r->hash, "%s", hash ? hash : "");
                json_array_foreach(json_object_get(answer, "items"), i, item)(void) json_object_set(
                        r->in_force, json_string_value(json_object_get(item, "rule")), json_object_get(item, "hash"));
        }
        next = json_object_get(answer, "next");
        *ret_next = json_is_integer(next) ? json_integer_value(next) : -1;
        json_decref(answer);
        return result;
}

static int reload_in_force(struct reload *r) {
        json_int_t next = 0;
        int result = 0;

        while (!result && next >= 0)
                result = reload_page(r, next, &next);
        return result;
}

static void list_add(json_t *list, const char *name) {
        if (json_array_size(list) < NAMES_MAX)
                (void)json_array_append_new(list, json_string(name));
}

static void reload_compare(struct reload *r) {
        json_t *gone = json_copy(r->in_force), *hash;
        const char *name;

        for (size_t i = 0; i < correlate_rules_count(r->ruleset->rules); i++) {
                struct correlate_rule_about about = { 0 };
                char own[32], *copy;
                const char *before;
                struct diag_pos pos;
                struct ww_str rule;

                (void)correlate_rule_procedure(r->ruleset->rules, i, &rule, &pos);
                (void)correlate_rule_about(r->ruleset->rules, rule, &about);
                (void)snprintf(own, sizeof own, "%016" PRIx64, about.hash);
                copy = ww_str_copy(rule);
                before = copy ? json_string_value(json_object_get(r->in_force, copy)) : own;
                if (!before)
                        list_add(r->added, copy);
                else if (strcmp(before, own) != 0)
                        list_add(r->changed, copy);
                if (copy)
                        (void)json_object_del(gone, copy);
                free(copy);
        }
        json_object_foreach(gone, name, hash) list_add(r->removed, name);
        json_decref(gone);
}

/* --- acts --- */

static int reload_sign(struct reload *r, const char *reason) {
        json_t *request = json_pack("{s:s, s:s, s:O, s:O, s:O}", "cmd", "rules-sign", "hash", r->ruleset->bundle.hash,
                                    "added", r->added, "removed", r->removed, "changed", r->changed);
        json_t *answer = NULL;
        int result;

        socket_put_text(&request, "reason", reason);
        result = socket_ask(&r->socket, request, &answer);
        if (!result && !json_is_true(json_object_get(answer, "ok"))) {
                socket_refused(answer);
                result = 1;
        }
        json_decref(answer);
        return result;
}

/* Who has signed it, and how many have to. */
static int reload_signed(struct reload *r) {
        json_t *answer = NULL;
        int result = socket_ask(
                &r->socket,
                json_pack("{s:s, s:i, s:s}", "cmd", "rules", "from", INT32_MAX, "set", r->ruleset->bundle.hash),
                &answer);

        if (!result) {
                json_t *persons = json_object_get(answer, "signed_by");

                r->signed_by = json_is_array(persons) ? json_incref(persons) : json_array();
                r->needed = (size_t)json_integer_value(json_object_get(answer, "sign_off"));
        }
        json_decref(answer);
        return result;
}

static bool holds_lock(int pid, uint64_t inode) {
        FILE *locks = fopen("/proc/locks", "re");
        bool found = false;
        uint64_t number;
        char line[256];
        int holder;

        while (locks && !found && fgets(line, sizeof line, locks))
                found = sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%" SCNu64, &holder, &number) == 2 &&
                        holder == pid && number == inode;
        if (locks)
                (void)fclose(locks);
        return found;
}

/* The lock file says who holds it. The folder is the engine's, which could say any process there: believed is only one
 * that does hold it. */
static int reload_signal(const struct reload *r) {
        char path[PATH_MAX];
        struct stat st;
        FILE *file;
        int pid = 0;

        (void)snprintf(path, sizeof path, "%s/supervisor.lock", r->config.state.dir);
        file = fopen(path, "re");
        if (file) {
                char line[128];
                char *end = line;

                if (fgets(line, sizeof line, file) && strncmp(line, "pid ", 4) == 0)
                        pid = (int)strtol(line + 4, &end, 10);
                if (fstat(fileno(file), &st) < 0 || !holds_lock(pid, st.st_ino))
                        pid = 0;
                (void)fclose(file);
        }
        if (pid > 1 && kill(pid, SIGHUP) == 0)
                return 0;
        (void)fprintf(stderr, "wardwatch reload: the daemon cannot be told from here\n"
                              "  help: it is signed; `systemctl reload wardwatch` puts it in force\n");
        return 1;
}

static int reload_wait(struct reload *r, const char *before) {
        const struct timespec step = { .tv_nsec = WAIT_STEP_MS * 1000000L };

        for (int i = 0; i < WAIT_SECONDS * 1000 / WAIT_STEP_MS; i++) {
                json_int_t next;

                if (reload_page(r, INT32_MAX, &next)) /* behind the last rule: the hash alone */
                        return 1;
                if (strcmp(r->hash, r->ruleset->bundle.hash) == 0)
                        return 0;
                if (strcmp(r->hash, before) != 0) {
                        (void)fprintf(stderr,
                                      "wardwatch reload: %s came into force, which is not what was signed\n"
                                      "  help: the files were changed meanwhile; look, and reload once more\n",
                                      r->hash);
                        return 1;
                }
                (void)nanosleep(&step, NULL);
        }
        (void)fprintf(stderr,
                      "wardwatch reload: after %d s it is not in force\n"
                      "  help: the daemon's log says why; an alarm `rules-refused` does, too\n",
                      WAIT_SECONDS);
        return 1;
}

/* --- the command --- */

static void put_names(const char *title, json_t *names) {
        json_t *name;
        size_t i;

        if (!json_array_size(names))
                return;
        (void)printf("%s:", title);
        json_array_foreach(names, i, name) {
                (void)putchar(' ');
                plain_put(json_string_value(name));
        }
        (void)putchar('\n');
}

static int reload_tell(const struct reload *r, bool json, bool in_force) {
        if (json)
                return command_put_json(json_pack("{s:s, s:b, s:O, s:O, s:O, s:O, s:I}", "hash",
                                                  r->ruleset->bundle.hash, "in_force", in_force, "added", r->added,
                                                  "removed", r->removed, "changed", r->changed, "signed_by",
                                                  r->signed_by, "sign_off", (json_int_t)r->needed),
                                        JSON_COMPACT)
                               ? 1
                               : 0;
        put_names("added", r->added);
        put_names("removed", r->removed);
        put_names("changed", r->changed);
        put_names("signed by", r->signed_by);
        (void)printf("%s is signed%s\n", r->ruleset->bundle.hash,
                     in_force                                    ? ", and in force"
                     : json_array_size(r->signed_by) < r->needed ? "; it takes another person, who reloads"
                                                                 : "; it is not in force yet");
        return 0;
}

static int reload_all(struct reload *r, const struct command_args *args) {
        char before[sizeof r->hash];
        bool only = args->values[OPTION_SIGN_ONLY];
        int result = reload_compile(r);

        if (!result)
                result = reload_in_force(r);
        if (result)
                return result;
        (void)memcpy(before, r->hash, sizeof before);
        reload_compare(r);
        result = reload_sign(r, args->values[OPTION_REASON]);
        if (!result)
                result = reload_signed(r);
        only |= json_array_size(r->signed_by) < r->needed;
        if (!result && !only)
                result = reload_signal(r);
        if (!result && !only)
                result = reload_wait(r, before);
        return result ? result : reload_tell(r, args->json, strcmp(r->hash, r->ruleset->bundle.hash) == 0);
}

static int reload_run(const struct command_args *args) {
        struct reload r = { .in_force = NULL };
        int result;

        if (args->argc || !args->values[OPTION_REASON] || !*args->values[OPTION_REASON]) {
                (void)fprintf(stderr, "wardwatch reload: say why\n"
                                      "  help: `wardwatch reload --reason 'ward 3 moved'`\n");
                return 2;
        }
        if (socket_config(&r.config, args->config))
                return 1;
        r.in_force = json_object();
        r.added = json_array();
        r.removed = json_array();
        r.changed = json_array();
        result = socket_open(&r.socket, args->config);
        if (!result) {
                result = reload_all(&r, args);
                socket_close(&r.socket);
        }
        json_decref(r.in_force);
        json_decref(r.added);
        json_decref(r.removed);
        json_decref(r.changed);
        json_decref(r.signed_by);
        ruleset_free(r.ruleset);
        config_deinit(&r.config);
        return result;
}

const struct command command_reload = {
        .name = "reload",
        .synopsis = "reload --reason TEXT [--sign-only] [--json]",
        .help = "sign the rules that are on the disk, and put them in force",
        .text = "Compiles the files with their examples, tells which rules are new, gone or changed, and has a record "
                "made of who signs that set off and why (`rules-sign`; for integrators and administrators). Then the "
                "daemon takes the files over, as at SIGHUP, and the command waits until that very set is in force. "
                "Where two have to sign (rules.sign_off), the first one's signature is kept, and the second one's "
                "reload "
                "puts the set in force; --sign-only signs and changes nothing. The view "
                "`ruleset_signed` says of every set that ever was in force who signed it, or that nobody did.",
        .options = reload_options,
        .run = reload_run,
};
