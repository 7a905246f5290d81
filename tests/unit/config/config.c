#include "told.h"

#include "config/bundle.h"
#include "config/config.h"
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wardwatch/time.h>

#define GOOD "mqtt: {urgent: [panic/#], bulk: [sensor/#]}\n"

/* A folder of its own for each test, with w.yaml in it. */
struct bench {
        char dir[64], file[96];
        struct config config;
        struct diag diag;
};

static void write_file(const struct bench *b, const char *name, const char *text, mode_t mode) {
        char path[128];
        FILE *f;

        (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, mode), 0);
}

static void bench_start(struct bench *b) {
        *b = (struct bench){ .dir = "/tmp/wardwatch-config-XXXXXX" };
        assert_non_null(mkdtemp(b->dir));
        (void)snprintf(b->file, sizeof b->file, "%s/w.yaml", b->dir);
}

static int load(struct bench *b, const char *text) {
        write_file(b, "w.yaml", text, 0644);
        return config_load(&b->config, b->file, &b->diag);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static void bench_end(struct bench *b) {
        config_deinit(&b->config);
        diag_deinit(&b->diag);
        assert_int_equal(nftw(b->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void defaults_are_those_of_the_table(void **state) {
        struct config *c;
        struct bench b;
        char path[96];

        bench_start(&b);
        assert_int_equal(load(&b, GOOD), 0);
        c = &b.config;
        assert_int_equal(b.diag.errors + b.diag.warnings, 0);
        assert_string_equal(c->file, b.file);
        assert_string_equal(c->site.name, "");
        assert_string_equal(c->state.dir, "/var/lib/wardwatch");
        assert_string_equal(c->state.run_dir, "/run/wardwatch");
        assert_int_equal(c->paths.sensors.n, 1);
        (void)snprintf(path, sizeof path, "%s/sensors", b.dir);
        assert_string_equal(c->paths.sensors.items[0], path);
        assert_string_equal(c->log.level, "info");
        assert_string_equal(c->mqtt.host, "localhost");
        assert_int_equal(c->mqtt.port, 1883);
        assert_int_equal(c->mqtt.keepalive, 10 * WW_SECOND);
        assert_int_equal(c->mqtt.batch, 4000);
        assert_int_equal(c->mqtt.packet_max, 256 * 1024);
        assert_int_equal(c->mqtt.session_expiry, 7 * WW_DAY);
        assert_int_equal(c->mqtt.backoff_min, WW_SECOND);
        assert_int_equal(c->mqtt.backoff_max, 30 * WW_SECOND);
        assert_false(c->mqtt.tls);
        assert_string_equal(c->mqtt.password_file, "");
        assert_int_equal(c->journal.size, 1024 * 1024 * 1024);
        assert_int_equal(c->journal.keep, 26 * WW_HOUR);
        assert_int_equal(c->journal.snapshot_inputs, 500000);
        assert_string_equal(c->database.url, "");
        assert_int_equal(c->database.batch_rows, 20000);
        assert_int_equal(c->database.batch_wait, 200 * WW_MSEC);
        assert_int_equal(c->supervisor.hung_after, 10 * WW_SECOND);
        assert_int_equal(c->supervisor.backoff_max, 30 * WW_SECOND);
        assert_int_equal(c->metrics.supervisor, 9720);
        assert_int_equal(c->metrics.engine, 9721);
        assert_int_equal(c->metrics.store, 9722);
        assert_int_equal(c->metrics.notify, 9723);
        assert_string_equal(c->users.engine, "wardwatch");
        assert_string_equal(c->users.store, "wardwatch-store");
        assert_string_equal(c->users.notify, "wardwatch-notify");
        assert_string_equal(c->notify.channels, "");
        bench_end(&b);
}

static void every_kind_of_value_is_read(void **state) {
        static const char text[] = "site: {name: general}\n"
                                   "state: {dir: data, run_dir: /run/x}\n"
                                   "paths: {sensors: [a, /b], rules: one, site: []}\n"
                                   "log: {level: debug}\n"
                                   "mqtt:\n"
                                   "  host: 127.0.0.1\n"
                                   "  port: 8883\n"
                                   "  tls: true\n"
                                   "  user: u\n"
                                   "  password_file: secret\n"
                                   "  urgent: [\"+/panic/#\", 'a b']\n"
                                   "  bulk: x/sensor/+\n"
                                   "  keepalive: 1.5m\n"
                                   "  packet_max: 65536\n"
                                   "journal: {size: 64MiB}\n"
                                   "database: {url: host=/run/postgresql dbname=w, batch_wait: 0s}\n"
                                   "metrics: {engine: off, store: 10001}\n";
        struct config *c;
        struct bench b;
        char path[96];

        bench_start(&b);
        write_file(&b, "secret", "hunter2\n", 0600);
        assert_int_equal(load(&b, text), 0);
        c = &b.config;
        (void)snprintf(path, sizeof path, "%s/data", b.dir);
        assert_string_equal(c->state.dir, path);
        assert_int_equal(c->paths.sensors.n, 2);
        assert_string_equal(c->paths.sensors.items[1], "/b");
        assert_int_equal(c->paths.rules.n, 1);
        assert_int_equal(c->paths.site.n, 0);
        assert_string_equal(c->log.level, "debug");
        assert_int_equal(c->mqtt.port, 8883);
        assert_true(c->mqtt.tls);
        (void)snprintf(path, sizeof path, "%s/secret", b.dir);
        assert_string_equal(c->mqtt.password_file, path);
        assert_int_equal(c->mqtt.urgent.n, 2);
        assert_string_equal(c->mqtt.urgent.items[1], "a b");
        assert_string_equal(c->mqtt.bulk.items[0], "x/sensor/+");
        assert_int_equal(c->mqtt.keepalive, 90 * WW_SECOND);
        assert_int_equal(c->mqtt.packet_max, 65536);
        assert_int_equal(c->journal.size, 64 * 1024 * 1024);
        assert_int_equal(c->database.batch_wait, 0);
        assert_int_equal(c->metrics.engine, 0);
        assert_int_equal(c->metrics.store, 10001);
        bench_end(&b);
}

static const struct told broken[] = {
        { "mqtt: {urgent: [u]}\n", 0, 0, "`mqtt.bulk` is missing",
          "add it: topic filters of everything else; none may overlap an urgent one" },
        { GOOD "mqt: {}\n", 2, 1, "unknown key `mqt`", "did you mean `mqtt`?" },
        { GOOD "mqtt.host: x\n", 2, 1, "unknown key `mqtt.host`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], hosst: x}\n", 1, 32, "unknown key `mqtt.hosst`", "did you mean `host`?" },
        { "mqtt: {urgent: [u], bulk: [b], password: x}\n", 1, 32,
          "a secret does not stand in this file: `mqtt.password`",
          "put it into a file of mode 0600, and the file's name into the key that ends in _file" },
        { GOOD "database: {password: x}\n", 2, 12, "a secret does not stand in this file: `database.password`", NULL },
        { GOOD "database: {url: 'host=h password=hunter2'}\n", 2, 17,
          "a secret does not stand in this file: database.url holds a password",
          "put it into a file of mode 0600 and name that in database.password_file" },
        { GOOD "database: {url: 'postgresql://u:hunter2@h/d'}\n", 2, 17,
          "a secret does not stand in this file: database.url holds a password", NULL },
        { GOOD "database: {url: 'host=h PASSWORD = hunter2'}\n", 2, 17,
          "a secret does not stand in this file: database.url holds a password", NULL },
        { GOOD "database: {url: 'postgresql://h/d?password=hunter2'}\n", 2, 17,
          "a secret does not stand in this file: database.url holds a password", NULL },
        { GOOD "database: {password_file: nowhere}\n", 2, 27, NULL, "create it with mode 0600" },
        { GOOD "database: {url: x, password_file: open-secret}\n", 2, 35, NULL,
          "let only the daemon's user read it: chmod 0600" },
        { GOOD "database: {url: x, password_file: group-secret}\n", 2, 35, NULL,
          "let only the daemon's user read it: chmod 0600" },
        { GOOD "database: {url: x, password_file: .}\n", 2, 35, NULL, NULL },
        { "mqtt: {urgent: [u], bulk: [b], port: 0}\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not `0`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], port: 65536}\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not `65536`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], port: '1883'}\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not `1883`", "take the quotes away" },
        { "mqtt: {urgent: [u], bulk: [b], port: 99999999999999999999}\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not `99999999999999999999`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], port: [1]}\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not a list", NULL },
        { "mqtt: {urgent: [u], bulk: [b], port: }\n", 1, 38,
          "mqtt.port must be a whole number from 1 to 65535, not nothing", NULL },
        { "mqtt: {urgent: [u], bulk: [b], tls: on}\n", 1, 37, "mqtt.tls must be true or false, not `on`",
          "write true or false, without quotes; yes, no, on and off are plain words here" },
        { "mqtt: {urgent: [u], bulk: [b], tls: 'true'}\n", 1, 37, "mqtt.tls must be true or false, not `true`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], keepalive: 10}\n", 1, 43,
          "mqtt.keepalive must be a span such as 90s, 5m or 26h, not `10`", "give it a unit: us, ms, s, m, h or d" },
        { "mqtt: {urgent: [u], bulk: [b], keepalive: soon}\n", 1, 43,
          "mqtt.keepalive must be a span such as 90s, 5m or 26h, not `soon`", "units are us, ms, s, m, h and d" },
        { "mqtt: {urgent: [u], bulk: [b], keepalive: 1s}\n", 1, 43,
          "mqtt.keepalive must be from 5s to 65535s, not `1s`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], packet_max: 1KB}\n", 1, 44,
          "mqtt.packet_max must be a size such as 64MiB, not `1KB`",
          "units are KiB, MiB, GiB and TiB; a bare number is bytes" },
        { "mqtt: {urgent: [u], bulk: [b], host: ~}\n", 1, 38, "mqtt.host must be a text, not nothing",
          "write it behind the colon; \"\" is an empty text" },
        { "mqtt: {urgent: [u], bulk: [b], host: \"a\\0b\"}\n", 1, 38, "mqtt.host may not hold a NUL character", NULL },
        { "mqtt: {urgent: [u], bulk: [b], client_id: ''}\n", 1, 43, "mqtt.client_id must have 1 to 64 bytes", NULL },
        { "mqtt: {urgent: [u], bulk: []}\n", 1, 27, "mqtt.bulk must have 1 to 1000 entries", NULL },
        { "mqtt: {urgent: [u], bulk: {a: b}}\n", 1, 27, "mqtt.bulk must be a list", "write `[one, two]`" },
        { "mqtt: {urgent: [a/b, 'a/#/b'], bulk: [b]}\n", 1, 22,
          "mqtt.urgent: `a/#/b` is not a topic filter: # can only be the last level",
          "such as `sensors/#` or `sensors/+/state`" },
        { "mqtt: {urgent: [u], bulk: [b, $share/g/x]}\n", 1, 31,
          "mqtt.bulk: `$share/g/x` is not a topic filter: a shared subscription hands messages to others and loses "
          "their order",
          "such as `sensors/#` or `sensors/+/state`" },
        { "mqtt: {urgent: [+/panic], bulk: [x, '#']}\n", 1, 37, "mqtt.bulk: `#` overlaps mqtt.urgent: `+/panic`",
          "make them disjoint, or messages come twice" },
        { "mqtt: {urgent: [panic/+], bulk: [b/#]}\nproof: {topic: a/#}\n", 2, 16,
          "proof.topic: `a/#` is not a topic that one can publish on",
          "a name such as `audit/wardwatch/proof`, or `off`" },
        { "mqtt: {urgent: [panic/+], bulk: [b/#]}\nproof: {topic: b/proof}\n", 2, 16,
          "proof.topic: `b/proof` is among the topics of mqtt.bulk: `b/#`", NULL },
        { "mqtt: {urgent: a/b, bulk: a/+}\n", 1, 27, "mqtt.bulk: `a/+` overlaps mqtt.urgent: `a/b`", NULL },
        { "mqtt: {urgent: [u], bulk: [b], backoff_min: 1m}\n", 1, 45,
          "mqtt.backoff_min is larger than mqtt.backoff_max", NULL },
        { "mqtt: {urgent: [u], bulk: [b], tls: true, cert_file: c}\n", 1, 54,
          "mqtt.cert_file and mqtt.key_file belong together", "set both or neither" },
        { "mqtt: {urgent: [u], bulk: [b], password_file: good-secret}\n", 1, 47, "a password, but no user",
          "set mqtt.user as well" },
        { GOOD "journal: {size: 4194303}\n", 2, 17, "journal.size must be from 4MiB to 1TiB, not `4194303`", NULL },
        { GOOD "journal: {size: 9999999999TiB}\n", 2, 17,
          "journal.size must be a size such as 64MiB, not `9999999999TiB`", NULL },
        { GOOD "log: {level: verbose}\n", 2, 14, "log.level cannot be `verbose`",
          "one of: error, warning, notice, info, debug" },
        { GOOD "log: {level: inf}\n", 2, 14, "log.level cannot be `inf`", "did you mean `info`?" },
        { GOOD "log: info\n", 2, 6, "`log` must be a group of keys", "write its keys below it, indented" },
        { GOOD "site: {name: a/b}\n", 2, 14, "site.name cannot be `a/b`", NULL },
        { GOOD
          "state: {run_dir: /run/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
          2, 18, "state.run_dir has 87 bytes, more than 80", NULL },
        { GOOD "state: {dir: ''}\n", 2, 14, "state.dir is empty", NULL },
        { "- a\n", 1, 1, "a configuration is groups of keys", "begin with a group such as `mqtt:`" },
        { GOOD "journal: {keep: 1h, keep: 2h}\n", 2, 21, "`keep` is already given in line 2", NULL },
        { GOOD "metrics: {engine: 0}\n", 2, 19, "metrics.engine must be a port",
          "write a number from 1 to 65535, or `off`" },
        { GOOD "metrics: {engine: none}\n", 2, 19, "metrics.engine must be a port", NULL },
        { GOOD "metrics: {engine: [1]}\n", 2, 19, "metrics.engine must be a port", NULL },
        { GOOD "metrics: {store: 9721}\n", 2, 18, "metrics.engine and metrics.store are the same port",
          "each process needs its own" },
        { "mqtt: {urgent: [a], bulk: [b], packet_max: 512KiB}\njournal: {size: 4MiB}\n", 1, 44,
          "mqtt.packet_max is more than a 16th of journal.size", "raise journal.size, or lower it" },
        { GOOD "users: {engine: *x}\n", 2, 17, "aliases (`*x`) are not supported", NULL },
};

static void what_is_wrong_is_told_with_place_and_cure(void **state) {
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                const struct diag_message *m;
                struct bench b;

                bench_start(&b);
                write_file(&b, "good-secret", "x\n", 0400);
                write_file(&b, "open-secret", "x\n", 0644);
                write_file(&b, "group-secret", "x\n", 0640);
                assert_int_equal(load(&b, broken[i].text), DIAG_E_USER);
                assert_null(b.config.file); /* untouched */
                m = assert_told(&b.diag, b.file, &broken[i]);
                assert_null(strstr(m->text, "hunter2"));
                bench_end(&b);
        }
}

static void everything_wrong_is_told_at_once(void **state) {
        struct bench b;

        bench_start(&b);
        assert_int_equal(load(&b, "mqtt: {port: x, tls: 3, nothing: 1}\nlogg: {}\njournal: {size: 1}\n"), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 6); /* and mqtt.bulk is missing */
        bench_end(&b);
}

static void what_is_unwise_is_warned_about(void **state) {
        static const struct {
                const char *text, *message;
        } rows[] = {
                { "mqtt: {bulk: [b]}\n", "no urgent topics: a panic button queues behind everything else" },
                { "mqtt: {urgent: [u], bulk: [b], host: broker.example}\n",
                  "messages of `broker.example` cross the network unprotected" },
                { "mqtt: {urgent: [u], bulk: [b], host: 10.0.0.1}\n",
                  "messages of `10.0.0.1` cross the network unprotected" },
                { "mqtt: {urgent: [u], bulk: [a/#, a/b]}\n",
                  "mqtt.bulk: `a/b` overlaps `a/#`: a broker may deliver a message twice" },
        };
        static const char *const loopback[] = { "localhost", "127.0.0.1", "127.8.8.8", "\"::1\"" };
        struct bench b;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                bench_start(&b);
                assert_int_equal(load(&b, rows[i].text), 0);
                assert_int_equal(b.diag.warnings, 1);
                assert_string_equal(b.diag.messages[0].text, rows[i].message);
                bench_end(&b);
        }
        for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
                char text[128];

                (void)snprintf(text, sizeof text, "mqtt: {urgent: [u], bulk: [b], host: %s}\n", loopback[i]);
                bench_start(&b);
                assert_int_equal(load(&b, text), 0);
                assert_int_equal(b.diag.warnings, 0);
                bench_end(&b);
        }
}

static void a_file_that_cannot_be_read_is_told(void **state) {
        struct bench b;

        bench_start(&b);
        assert_int_equal(config_load(&b.config, b.file, &b.diag), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "no such file");
        assert_int_equal(config_load(&b.config, b.dir, &b.diag), DIAG_E_USER);
        assert_int_equal(config_load(&b.config, "/dev/null", &b.diag), DIAG_E_USER); /* not a regular file */
        assert_int_equal(b.diag.errors, 3);
        bench_end(&b);
}

static void the_printed_form_loads_to_the_same(void **state) {
        _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
        struct bench b, again;

        bench_start(&b);
        write_file(&b, "secret", "hunter2\n", 0600);
        assert_int_equal(load(&b, "mqtt: {urgent: [\"a \\\"b\\\" \\\\\"], bulk: [b, 'c: d'], keepalive: 90s, user: "
                                  "\"\\u75c5\\t\", password_file: secret}\n"
                                  "journal: {size: 5MiB}\nstate: {dir: x}\nmetrics: {store: off}\n"),
                         0);
        assert_int_equal(config_print(&b.config, &first), 0);
        buf_put_u8(&first, 0);
        bench_start(&again);
        assert_int_equal(load(&again, (const char *)first.p), 0);
        assert_int_equal(config_print(&again.config, &second), 0);
        buf_put_u8(&second, 0);
        assert_string_equal((const char *)first.p, (const char *)second.p);
        assert_null(strstr((const char *)first.p, "hunter2"));
        for (size_t i = 0; i < config_keys_n; i++) { /* every key is there */
                const char *leaf = strchr(config_keys[i].name, '.') + 1;
                char line[64];

                (void)snprintf(line, sizeof line, "\n  %s: ", leaf);
                assert_non_null(strstr((const char *)first.p, line));
        }
        assert_int_equal(config_restart_needed(&b.config, &again.config, NULL, 0), 0);
        bench_end(&again);
        bench_end(&b);
}

static void what_needs_a_restart_is_named(void **state) {
        const char *names[2];
        struct bench a, b;

        bench_start(&a);
        bench_start(&b);
        assert_int_equal(
                load(&a,
                     "mqtt: {urgent: [u], bulk: [b]}\nstate: {dir: /x}\npaths: {sensors: [], rules: [], site: []}\n"),
                0);
        assert_int_equal(load(&b, "mqtt: {urgent: [u, v], bulk: [b], port: 1}\nstate: {dir: /x}\nlog: {level: debug}\n"
                                  "journal: {keep: 1h}\npaths: {sensors: [], rules: [/r], site: []}\n"),
                         0);
        assert_int_equal(config_restart_needed(&a.config, &b.config, names, 2), 3);
        assert_string_equal(names[0], "mqtt.port");
        assert_string_equal(names[1], "mqtt.urgent");
        assert_int_equal(config_restart_needed(&a.config, &a.config, names, 2), 0);
        bench_end(&a);
        bench_end(&b);
}

static void secrets_are_read_and_guarded(void **state) {
        static const struct {
                const char *text;
                mode_t mode;
                const char *secret; /* NULL = refused */
        } rows[] = {
                { "hunter2\n", 0600, "hunter2" },
                { "hunter2", 0400, "hunter2" },
                { "a b \r\n\n", 0600, "a b " },
                { "", 0600, "" },
                { "x", 0640, NULL },
                { "x", 0604, NULL },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char path[96], *secret = NULL;
                struct bench b;

                bench_start(&b);
                write_file(&b, "s", rows[i].text, rows[i].mode);
                (void)snprintf(path, sizeof path, "%s/s", b.dir);
                assert_int_equal(config_secret(path, &b.diag, &secret), rows[i].secret ? 0 : DIAG_E_USER);
                if (rows[i].secret)
                        assert_string_equal(secret, rows[i].secret);
                else
                        assert_null(secret);
                free(secret);
                bench_end(&b);
        }
}

static void the_bundle_follows_the_paths(void **state) {
        struct bundle bundle = { 0 };
        struct bench b;
        char path[96];

        bench_start(&b);
        (void)snprintf(path, sizeof path, "%s/sensors", b.dir);
        assert_int_equal(mkdir(path, 0755), 0);
        write_file(&b, "sensors/b.yaml", "b", 0644);
        write_file(&b, "sensors/a.yml", "a", 0644);
        write_file(&b, "sensors/.hidden.yaml", "h", 0644);
        write_file(&b, "sensors/notes.txt", "n", 0644);
        (void)snprintf(path, sizeof path, "%s/sensors/deep", b.dir);
        assert_int_equal(mkdir(path, 0755), 0);
        write_file(&b, "sensors/deep/c.yaml", "c", 0644);
        write_file(&b, "r", "rules", 0644);
        assert_int_equal(load(&b, GOOD "paths: {sensors: [sensors, sensors/b.yaml], rules: r, site: []}\n"), 0);
        assert_int_equal(config_bundle(&b.config, &bundle, &b.diag), 0);
        assert_int_equal(bundle.n, 4); /* sensors/b.yaml counts once */
        assert_true(ww_str_is(bundle.files[0].text, "a"));
        assert_true(ww_str_is(bundle.files[1].text, "b"));
        assert_true(ww_str_is(bundle.files[2].text, "c"));
        assert_int_equal(bundle.files[3].role, BUNDLE_RULES);
        bundle_deinit(&bundle);
        config_deinit(&b.config);
        assert_int_equal(load(&b, GOOD "paths: {sensors: gone, rules: [r, lost], site: []}\n"), 0);
        assert_int_equal(config_bundle(&b.config, &bundle, &b.diag), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 2);
        assert_string_equal(b.diag.messages[0].text, "no such file or folder");
        assert_int_equal(bundle.n, 1); /* what could be read: messages name its files */
        bundle_deinit(&bundle);
        bench_end(&b);
}

/* What a folder may hold besides files: each is told, none is waited for. */
static void odd_files_are_told(void **state) {
        struct bundle bundle = { 0 };
        struct bench b;
        char path[96], large[96], loop[96];
        FILE *f;

        bench_start(&b);
        (void)snprintf(path, sizeof path, "%s/pipe.yaml", b.dir);
        assert_int_equal(mkfifo(path, 0600), 0);
        (void)snprintf(loop, sizeof loop, "%s/loop", b.dir);
        assert_int_equal(symlink(b.dir, loop), 0);
        (void)snprintf(large, sizeof large, "%s/large.yaml", b.dir);
        f = fopen(large, "w");
        assert_non_null(f);
        assert_int_equal(fseek(f, 1024 * 1024, SEEK_SET), 0);
        assert_int_equal(fputc('#', f), '#');
        assert_int_equal(fclose(f), 0);
        assert_int_equal(bundle_add_path(&bundle, BUNDLE_RULES, path, &b.diag), DIAG_E_USER);
        assert_string_equal(b.diag.messages[0].text, "is neither a file nor a folder");
        assert_int_equal(bundle_add_path(&bundle, BUNDLE_RULES, large, &b.diag), DIAG_E_USER);
        assert_string_equal(b.diag.messages[1].text, "is larger than 1 MiB");
        assert_int_equal(remove(path), 0);
        assert_int_equal(remove(large), 0);
        assert_int_equal(bundle_add_path(&bundle, BUNDLE_RULES, b.dir, &b.diag), DIAG_E_USER);
        assert_non_null(strstr(b.diag.messages[2].text, "folders are nested more than 16 deep"));
        assert_int_equal(bundle.n, 0);
        bundle_deinit(&bundle);
        bench_end(&b);
}

static void the_table_is_whole(void **state) {
        for (size_t i = 0; i < config_keys_n; i++) {
                const struct config_key *k = &config_keys[i];

                assert_non_null(strchr(k->name, '.'));
                assert_true(k->help && *k->help);
                assert_true(k->offset < sizeof(struct config));
                assert_true(k->min <= k->max);
                assert_int_equal(k->type == CONFIG_CHOICE, k->choices != NULL);
                for (size_t j = 0; j < i; j++) {
                        assert_string_not_equal(config_keys[j].name, k->name);
                        assert_int_not_equal(config_keys[j].offset, k->offset);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_are_those_of_the_table),
                cmocka_unit_test(every_kind_of_value_is_read),
                cmocka_unit_test(what_is_wrong_is_told_with_place_and_cure),
                cmocka_unit_test(everything_wrong_is_told_at_once),
                cmocka_unit_test(what_is_unwise_is_warned_about),
                cmocka_unit_test(a_file_that_cannot_be_read_is_told),
                cmocka_unit_test(the_printed_form_loads_to_the_same),
                cmocka_unit_test(what_needs_a_restart_is_named),
                cmocka_unit_test(secrets_are_read_and_guarded),
                cmocka_unit_test(the_bundle_follows_the_paths),
                cmocka_unit_test(odd_files_are_told),
                cmocka_unit_test(the_table_is_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
