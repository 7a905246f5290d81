/* The table of keys: nothing else knows one. Order = order of the printed form and of the reference. */
#include "config/config.h"

#include <stddef.h>
#include <wardwatch/time.h>

#define AT(field) offsetof(struct config, field)
#define KIB       INT64_C(1024)
#define MIB       (1024 * KIB)
#define GIB       (1024 * MIB)

/* clang-format off */
const struct config_key config_keys[] = {
        { "site.name", CONFIG_STRING, AT(site.name), "", NULL, 0, 64, NULL, false,
          "short name of the site, in every record and in the MQTT client's name" },

        { "state.dir", CONFIG_PATH, AT(state.dir), "/var/lib/wardwatch", NULL, 0, 0, NULL, false,
          "folder of the journal and the snapshots; on a local disk, for one daemon alone" },
        { "state.run_dir", CONFIG_PATH, AT(state.run_dir), "/run/wardwatch", NULL, 0, 0, NULL, false,
          "folder of the sockets" },

        { "paths.sensors", CONFIG_PATHS, AT(paths.sensors), "sensors", NULL, 0, 0, NULL, true,
          "files and folders of sensor types" },
        { "paths.rules", CONFIG_PATHS, AT(paths.rules), "rules", NULL, 0, 0, NULL, true,
          "files and folders of rules" },
        { "paths.site", CONFIG_PATHS, AT(paths.site), "site", NULL, 0, 0, NULL, true,
          "files and folders of the site model: zones, assets, lists" },
        { "paths.response", CONFIG_PATHS, AT(paths.response), "response", NULL, 0, 0, NULL, true,
          "files and folders of procedures, dispositions, escalations; the folder of the default may be missing" },
        { "paths.records", CONFIG_PATHS, AT(paths.records), "records", NULL, 0, 0, NULL, true,
          "files and folders of kinds of records; the folder of the default may be missing" },

        { "log.level", CONFIG_CHOICE, AT(log.level), "info", NULL, 0, 0, "error warning notice info debug", true,
          "the least urgent lines that are logged" },

        { "mqtt.host", CONFIG_STRING, AT(mqtt.host), "localhost", NULL, 0, 255, NULL, false,
          "name or address of the MQTT 5 broker" },
        { "mqtt.port", CONFIG_INTEGER, AT(mqtt.port), "1883", NULL, 1, 65535, NULL, false,
          "its port; 8883 is usual with TLS" },
        { "mqtt.client_id", CONFIG_STRING, AT(mqtt.client_id), "wardwatch", NULL, 1, 64, NULL, false,
          "client identifier; `-urgent` and `-bulk` are added. A new one is a new session: what waits in the old one is lost" },
        { "mqtt.user", CONFIG_STRING, AT(mqtt.user), "", NULL, 0, 255, NULL, false,
          "user name at the broker" },
        { "mqtt.password_file", CONFIG_SECRET, AT(mqtt.password_file), "", NULL, 0, 0, NULL, false,
          "file that holds the password at the broker" },
        { "mqtt.signatures", CONFIG_SECRET, AT(mqtt.signatures), "", NULL, 0, 0, NULL, false,
          "file of the keys of devices that sign their messages (rules/README.md, Messages that are signed): mode 0600, of "
          "users.engine; read anew at SIGHUP; empty = none do" },
        { "mqtt.tls", CONFIG_BOOL, AT(mqtt.tls), "false", NULL, 0, 0, NULL, false,
          "speak TLS to the broker and check its certificate" },
        { "mqtt.ca_file", CONFIG_PATH, AT(mqtt.ca_file), "", NULL, 0, 0, NULL, false,
          "certificates that may have signed the broker's; empty = the system's" },
        { "mqtt.cert_file", CONFIG_PATH, AT(mqtt.cert_file), "", NULL, 0, 0, NULL, false,
          "our own certificate, where the broker wants one" },
        { "mqtt.key_file", CONFIG_SECRET, AT(mqtt.key_file), "", NULL, 0, 0, NULL, false,
          "its key" },
        { "mqtt.urgent", CONFIG_STRINGS, AT(mqtt.urgent), "", NULL, 0, 1000, NULL, false,
          "topic filters of what must overtake everything: panic, fire, duress, infant" },
        { "mqtt.bulk", CONFIG_STRINGS, AT(mqtt.bulk), NULL, NULL, 1, 1000, NULL, false,
          "topic filters of everything else; none may overlap an urgent one" },
        { "mqtt.keepalive", CONFIG_SPAN, AT(mqtt.keepalive), "10s", NULL, 5 * WW_SECOND, 65535 * WW_SECOND, NULL, false,
          "a link silent for so long is tested, and given up after one and a half times as long" },
        { "mqtt.batch", CONFIG_INTEGER, AT(mqtt.batch), "4000", "messages", 1, 65535, NULL, false,
          "Receive Maximum of a session: messages in hand or on their way without an acknowledgement; more than one turn "
          "takes, so that the broker sends while a turn commits; the broker's max_inflight_messages must not be lower" },
        { "mqtt.packet_max", CONFIG_SIZE, AT(mqtt.packet_max), "256KiB", "bytes", 1 * KIB, 16 * MIB, NULL, false,
          "largest message that the broker may send us; a sixteenth of journal.size at most" },
        { "mqtt.session_expiry", CONFIG_SPAN, AT(mqtt.session_expiry), "7d", NULL, WW_MINUTE, 400 * WW_DAY, NULL, false,
          "how long the broker keeps messages for us while we are away" },
        { "mqtt.backoff_min", CONFIG_SPAN, AT(mqtt.backoff_min), "1s", NULL, 100 * WW_MSEC, WW_MINUTE, NULL, false,
          "first wait before a link is tried again" },
        { "mqtt.backoff_max", CONFIG_SPAN, AT(mqtt.backoff_max), "30s", NULL, 100 * WW_MSEC, WW_HOUR, NULL, false,
          "longest wait before a link is tried again" },
        { "mqtt.self_test", CONFIG_BOOL, AT(mqtt.self_test), "true", NULL, 0, 0, NULL, false,
          "try when it connects whether the broker refuses what nobody may publish, and raise `broker-open` if not" },

        { "journal.size", CONFIG_SIZE, AT(journal.size), "1GiB", "bytes", 4 * MIB, 1024 * GIB, NULL, false,
          "size of the journal, reserved on the disk at the first start" },
        { "journal.keep", CONFIG_SPAN, AT(journal.keep), "26h", NULL, WW_MINUTE, 366 * WW_DAY, NULL, false,
          "records younger than this are kept even when nobody needs them, for as long as the journal is below 70 %" },
        { "journal.snapshot_inputs", CONFIG_INTEGER, AT(journal.snapshot_inputs), "500000", "records", 1000, 1000000000, NULL, false,
          "a snapshot of the state after so many inputs" },

        { "database.url", CONFIG_STRING, AT(database.url), "", NULL, 0, 1024, NULL, false,
          "libpq connection string or URL without password; empty = nothing goes to PostgreSQL" },
        { "database.password_file", CONFIG_SECRET, AT(database.password_file), "", NULL, 0, 0, NULL, false,
          "file that holds the password at the database" },
        { "database.batch_rows", CONFIG_INTEGER, AT(database.batch_rows), "20000", "records", 1, 100000, NULL, false,
          "records in one transaction at most" },
        { "database.batch_wait", CONFIG_SPAN, AT(database.batch_wait), "200ms", NULL, 0, WW_MINUTE, NULL, false,
          "the longest a record waits for company" },

        { "rules.sign_off", CONFIG_CHOICE, AT(rules.sign_off), "off", NULL, 0, 0, "off one two", false,
          "how many persons have to sign rules, sensor types and site (`wardwatch reload`) before a change of them comes into "
          "force, by whichever way; the set of a first start is taken as it is, and said" },

        { "proof.key", CONFIG_SECRET, AT(proof.key), "", NULL, 0, 0, NULL, false,
          "file of the key that signs checkpoints of the hash chain (`wardwatch keys new`): mode 0600, of users.store; empty = none "
          "are made" },
        { "proof.file", CONFIG_PATH, AT(proof.file), "", NULL, 0, 0, NULL, false,
          "file to which checkpoints are appended; best on a disk that the database's owner cannot reach" },
        { "proof.every", CONFIG_SPAN, AT(proof.every), "1m", NULL, WW_SECOND, WW_DAY, NULL, false,
          "time from one checkpoint to the next, while there is something new; there is one more at the end" },
        { "proof.topic", CONFIG_STRING, AT(proof.topic), "", NULL, 0, 1024, NULL, false,
          "topic on which each checkpoint is published, retained, too: let somebody else keep what comes there; empty = "
          "wardwatch/SITE/proof, off = not published" },

        { "retention.raw", CONFIG_SPAN, AT(retention.raw), "400d", NULL, 0, 36500 * WW_DAY, NULL, false,
          "how long PostgreSQL keeps messages as they came (schema/README.md); 0s = for ever, here and below" },
        { "retention.events", CONFIG_SPAN, AT(retention.events), "1100d", NULL, 0, 36500 * WW_DAY, NULL, false,
          "the same of events" },
        { "retention.alarms", CONFIG_SPAN, AT(retention.alarms), "3660d", NULL, 0, 36500 * WW_DAY, NULL, false,
          "the same of alarms, incidents and all that was done about them" },
        { "retention.acts", CONFIG_SPAN, AT(retention.acts), "3660d", NULL, 0, 36500 * WW_DAY, NULL, false,
          "the same of what people asked for, and of who read what is recorded" },
        { "retention.system", CONFIG_SPAN, AT(retention.system), "1100d", NULL, 0, 36500 * WW_DAY, NULL, false,
          "the same of the engine's own inputs and notices" },

        { "notify.channels", CONFIG_SECRET, AT(notify.channels), "", NULL, 0, 0, NULL, false,
          "file of the channels by which people are told (webhook, mail, MQTT, syslog, command), with their secrets: "
          "mode 0600, of users.notify; empty = nobody is told" },

        { "command.clients_max", CONFIG_INTEGER, AT(command.clients_max), "64", "connections", 1, 4096, NULL, false,
          "connections to the command socket at most; a user has a quarter of them, and some are kept for root and each worker" },
        { "command.queue_max", CONFIG_SIZE, AT(command.queue_max), "1MiB", "bytes", 64 * KIB, 64 * MIB, NULL, false,
          "bytes that wait for one reader of the feed before it is reset" },
        { "command.group", CONFIG_STRING, AT(command.group), "", NULL, 0, 32, NULL, false,
          "group whose members may use the command socket; empty = the daemon's user and root alone" },

        { "supervisor.hung_after", CONFIG_SPAN, AT(supervisor.hung_after), "10s", NULL, 2 * WW_SECOND, 10 * WW_MINUTE, NULL, false,
          "a worker that says nothing for so long is killed and started again; five times as long more where it waited for a "
          "processor nearly all that time" },
        { "supervisor.backoff_max", CONFIG_SPAN, AT(supervisor.backoff_max), "30s", NULL, WW_SECOND, 10 * WW_MINUTE, NULL, false,
          "longest wait before a worker that keeps dying is started again" },

        { "metrics.supervisor", CONFIG_PORT, AT(metrics.supervisor), "9720", NULL, 1, 65535, NULL, false,
          "port on 127.0.0.1 and [::1] where the supervisor tells its metrics to Prometheus" },
        { "metrics.engine", CONFIG_PORT, AT(metrics.engine), "9721", NULL, 1, 65535, NULL, false,
          "the same of the engine" },
        { "metrics.store", CONFIG_PORT, AT(metrics.store), "9722", NULL, 1, 65535, NULL, false,
          "the same of the store" },
        { "metrics.notify", CONFIG_PORT, AT(metrics.notify), "9723", NULL, 1, 65535, NULL, false,
          "the same of the notifier" },
        { "metrics.console", CONFIG_PORT, AT(metrics.console), "9724", NULL, 1, 65535, NULL, false,
          "the same of the console" },
        { "metrics.auth", CONFIG_PORT, AT(metrics.auth), "9725", NULL, 1, 65535, NULL, false,
          "the same of the process that checks passwords" },

        { "auth.enabled", CONFIG_BOOL, AT(auth.enabled), "false", NULL, 0, 0, NULL, false,
          "run the process that keeps the operators' passwords and checks them for the console" },

        { "console.listen", CONFIG_STRING, AT(console.listen), "", NULL, 0, 255, NULL, false,
          "address and port of the operators' console, such as 127.0.0.1:8080 or [::]:443; not loopback needs TLS; empty = no "
          "console" },
        { "console.names", CONFIG_STRINGS, AT(console.names), "", NULL, 0, 32, NULL, false,
          "names by which browsers reach it, beside loopback's and the address in console.listen; any other is refused" },
        { "console.tls_cert", CONFIG_PATH, AT(console.tls_cert), "", NULL, 0, 0, NULL, false,
          "its certificate and those above it, PEM; read anew at SIGHUP" },
        { "console.tls_key", CONFIG_SECRET, AT(console.tls_key), "", NULL, 0, 0, NULL, false,
          "the certificate's key: mode 0600, of users.console" },
        { "console.idle", CONFIG_SPAN, AT(console.idle), "1h", NULL, WW_MINUTE, 31 * WW_DAY, NULL, false,
          "a session in which nobody acted for so long is locked: it shows alarms, and takes acts again after the password" },
        { "console.session_max", CONFIG_SPAN, AT(console.session_max), "13h", NULL, 10 * WW_MINUTE, 31 * WW_DAY, NULL, false,
          "a session ends so long after the log-in: longer than a shift and its handover" },
        { "console.connections", CONFIG_INTEGER, AT(console.connections), "2000", "connections", 8, 60000, NULL, false,
          "connections at once; the next ones wait" },
        { "console.connections_per_address", CONFIG_INTEGER, AT(console.connections_per_address), "200", "connections", 4, 60000,
          NULL, false, "connections at once from one address; the next ones are closed" },
        { "console.database", CONFIG_STRING, AT(console.database), "", NULL, 0, 1024, NULL, false,
          "libpq connection string or URL without password, of a role that may only read; empty = the console has no history" },
        { "console.database_password_file", CONFIG_SECRET, AT(console.database_password_file), "", NULL, 0, 0, NULL, false,
          "file that holds that role's password: mode 0600, of users.console" },
        { "console.pages", CONFIG_PATH, AT(console.pages), "", NULL, 0, 0, NULL, false,
          "folder of the pages that browsers get; empty = where they were installed" },
        { "console.tips", CONFIG_BOOL, AT(console.tips), "false", NULL, 0, 0, NULL, false,
          "serve the form at /tips, where anybody may give a hint without a name or a log-in, and read its answer" },
        { "console.tips_per_hour", CONFIG_INTEGER, AT(console.tips_per_hour), "120", "hints", 1, 100000, NULL, false,
          "hints that the form takes in an hour, from all together; answers may be asked for three times as often" },
        { "console.tips_per_address", CONFIG_INTEGER, AT(console.tips_per_address), "10", "hints", 1, 100000, NULL, false,
          "the same from one address, or from one network (/64) of IPv6" },

        { "sandbox.mode", CONFIG_CHOICE, AT(sandbox.mode), "when-available", NULL, 0, 0, "required when-available off", false,
          "hold each process to the files, ports and system calls that it needs (README.md, What each process may): `required` = do "
          "not start where the kernel cannot, `when-available` = what it can, with an alarm for the rest, `off` = only to look "
          "for a fault" },
        { "sandbox.programs", CONFIG_PATHS, AT(sandbox.programs), "", NULL, 0, 0, NULL, false,
          "folders of programs that channels of kind `command` run, beside those of the system and /opt" },
        { "sandbox.programs_write", CONFIG_PATHS, AT(sandbox.programs_write), "", NULL, 0, 0, NULL, false,
          "files and folders that those programs may write to, beside /tmp and /var/tmp" },

        { "users.engine", CONFIG_STRING, AT(users.engine), "wardwatch", NULL, 0, 32, NULL, false,
          "user of the engine when started as root; empty = stay" },
        { "users.store", CONFIG_STRING, AT(users.store), "wardwatch-store", NULL, 0, 32, NULL, false,
          "user of the store when started as root; empty = stay" },
        { "users.auth", CONFIG_STRING, AT(users.auth), "wardwatch-auth", NULL, 0, 32, NULL, false,
          "user of the process that checks passwords, when started as root; nobody else may read them; empty = stay" },
        { "users.console", CONFIG_STRING, AT(users.console), "wardwatch-console", NULL, 0, 32, NULL, false,
          "user of the console: may have passwords checked, and speak for the operators who have logged in" },
        { "users.notify", CONFIG_STRING, AT(users.notify), "wardwatch-notify", NULL, 0, 32, NULL, false,
          "user of the notifier when started as root; empty = stay. It reads the journal: with users.store it must be in "
          "that one's group" },
};
/* clang-format on */

const size_t config_keys_n = sizeof config_keys / sizeof *config_keys;
