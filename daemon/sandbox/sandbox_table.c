#include "sandbox/sandbox_table.h"
#include "sandbox/sandbox.h"

#include <string.h>

#define S(group) (1U << SYSCALLS_##group)
#define WORKER   (S(BASIC) | S(FILES) | S(NET) | S(LISTEN))

#define ENGINE   (1U << SANDBOX_ENGINE)
#define STORE    (1U << SANDBOX_STORE)
#define NOTIFY   (1U << SANDBOX_NOTIFY)
#define CONSOLE  (1U << SANDBOX_CONSOLE)
#define AUTH     (1U << SANDBOX_AUTH)
#define SNAPSHOT (1U << SANDBOX_SNAPSHOT)
#define NETTED   (ENGINE | STORE | NOTIFY | CONSOLE)
#define ALL      (NETTED | AUTH)

#define READ     LANDLOCK_READ
#define RUN      LANDLOCK_RUN
#define WRITE    LANDLOCK_WRITE
#define KEEP     LANDLOCK_KEEP
#define SOCKETS  LANDLOCK_SOCKETS

/* clang-format off */
const struct sandbox_worker_row sandbox_workers[SANDBOX_WORKERS] = {
        /* kills a reader of the journal that holds it up */
        [SANDBOX_ENGINE]   = { "engine",   WORKER | S(KEEP) | S(SIGNAL) | S(FORK) | S(CONFINE), .signals = true },
        [SANDBOX_STORE]    = { "store",    WORKER | S(KEEP) },
        [SANDBOX_NOTIFY]   = { "notify",   WORKER | S(KEEP) | S(SIGNAL) | S(FORK) | S(RUN), .connect = true },
        [SANDBOX_CONSOLE]  = { "console",  WORKER | S(KEEP) },
        [SANDBOX_AUTH]     = { "auth",     WORKER | S(KEEP) },
        [SANDBOX_SNAPSHOT] = { "snapshot", S(BASIC) | S(FILES) | S(KEEP) },
};

const struct sandbox_path_row sandbox_paths[] = {
        { ALL,      READ,    "/usr",                   NULL, "libraries, time zones, what is installed", SANDBOX_ITSELF },
        { ALL,      READ,    "/lib",                   NULL, "libraries", SANDBOX_ITSELF },
        { ALL,      READ,    "/lib64",                 NULL, "libraries", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc/ld.so.cache",       NULL, "where libraries lie", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc/ssl",               NULL, "certificates that are trusted", SANDBOX_ITSELF },
        { NETTED,   READ,    "/etc/ca-certificates",   NULL, "certificates that are trusted", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc/nsswitch.conf",     NULL, "how names are looked up", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc/passwd",            NULL, "names of users", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc/group",             NULL, "names of groups", SANDBOX_ITSELF },
        { NETTED,   READ,    "/etc/hosts",             NULL, "names of hosts", SANDBOX_ITSELF },
        { NETTED,   READ,    "/etc/host.conf",         NULL, "names of hosts", SANDBOX_ITSELF },
        { NETTED,   READ,    "/etc/resolv.conf",       NULL, "names of hosts", SANDBOX_FOLDER },
        { NETTED,   READ,    "/etc/gai.conf",          NULL, "names of hosts", SANDBOX_ITSELF },
        { NETTED,   READ,    "/etc/services",          NULL, "names of ports", SANDBOX_ITSELF },
        { ALL,      READ,    "/etc",                   NULL, "those files when others have taken their place: a user is added, a lease of DHCP", SANDBOX_ALONE },
        { ALL,      READ,    "/etc/localtime",         NULL, "the machine's time zone", SANDBOX_ITSELF },
        { ALL,      READ,    "/proc",                  NULL, "its own figures, who asks at a socket", SANDBOX_ITSELF },
        { ALL,      READ,    "/sys/devices/system",    NULL, "processors and memory", SANDBOX_ITSELF },
        { ALL,      READ,    "/dev/urandom",           NULL, "chance", SANDBOX_ITSELF },
        { ALL,      WRITE,   "/dev/null",              NULL, "nothing", SANDBOX_ITSELF },

        { ENGINE,   KEEP,    "state.dir",              NULL, "journal and snapshots; a damaged journal is moved aside", SANDBOX_ITSELF },
        { ENGINE,   SOCKETS, "state.run_dir",          NULL, "the command socket", SANDBOX_ITSELF },
        { ENGINE,   READ,    "/etc/wardwatch",         NULL, "the configuration, and folders of rules that a reload names", SANDBOX_ITSELF },
        { ENGINE,   READ,    "paths.sensors",          NULL, "sensor types", SANDBOX_FOLDER },
        { ENGINE,   READ,    "paths.rules",            NULL, "rules", SANDBOX_FOLDER },
        { ENGINE,   READ,    "paths.site",             NULL, "the site", SANDBOX_FOLDER },
        { ENGINE,   READ,    "paths.response",         NULL, "procedures", SANDBOX_FOLDER },
        { ENGINE,   READ,    "paths.records",          NULL, "kinds of records", SANDBOX_FOLDER },
        { ENGINE,   READ,    "mqtt.password_file",     NULL, "the broker's password", SANDBOX_ITSELF },
        { ENGINE,   READ,    "mqtt.signatures",        NULL, "keys of devices that sign", SANDBOX_FOLDER },
        { ENGINE,   READ,    "mqtt.ca_file",           NULL, "the broker's certificate", SANDBOX_FOLDER },
        { ENGINE,   READ,    "mqtt.cert_file",         NULL, "our certificate", SANDBOX_FOLDER },
        { ENGINE,   READ,    "mqtt.key_file",          NULL, "its key", SANDBOX_FOLDER },

        { STORE,    WRITE,   "state.dir",        "/journal", "the journal, and its table of readers", SANDBOX_ITSELF },
        { STORE,    READ,    "database.password_file", NULL, "the writer's password", SANDBOX_ITSELF },
        { STORE,    READ,    "database.url",           NULL, "certificates that it names", SANDBOX_CONNINFO },
        { STORE | CONSOLE, READ, "~/.postgresql",      NULL, "certificates of the database", SANDBOX_ITSELF },
        { STORE,    READ,    "proof.key",              NULL, "the key that signs checkpoints", SANDBOX_ITSELF },
        { STORE,    KEEP,    "proof.file",             NULL, "checkpoints", SANDBOX_FOLDER },

        { NOTIFY,   WRITE,   "state.dir",        "/journal", "the journal, and its table of readers", SANDBOX_ITSELF },
        { NOTIFY,   READ,    "notify.channels",        NULL, "channels and their secrets", SANDBOX_FOLDER },
        { NOTIFY,   RUN,     "/usr",                   NULL, "programs of channels", SANDBOX_ITSELF },
        { NOTIFY,   RUN,     "/bin",                   NULL, "programs of channels", SANDBOX_ITSELF },
        { NOTIFY,   RUN,     "/lib",                   NULL, "what loads programs", SANDBOX_ITSELF },
        { NOTIFY,   RUN,     "/lib64",                 NULL, "what loads programs", SANDBOX_ITSELF },
        { NOTIFY,   RUN,     "/opt",                   NULL, "programs of channels", SANDBOX_ITSELF },
        { NOTIFY,   RUN,     "sandbox.programs",       NULL, "programs of channels that lie elsewhere", SANDBOX_ITSELF },
        { NOTIFY,   READ,    "/etc",                   NULL, "settings of programs", SANDBOX_ITSELF },
        { NOTIFY,   READ,    "/dev",                   NULL, "chance, zeros", SANDBOX_ITSELF },
        { NOTIFY,   KEEP,    "/tmp",                   NULL, "scratch of programs", SANDBOX_ITSELF },
        { NOTIFY,   KEEP,    "/var/tmp",               NULL, "scratch of programs", SANDBOX_ITSELF },
        { NOTIFY,   KEEP,    "sandbox.programs_write", NULL, "what programs write elsewhere", SANDBOX_ITSELF },

        { CONSOLE,  KEEP,    "state.dir",        "/console", "sessions", SANDBOX_ITSELF },
        { CONSOLE,  READ,    "console.pages",          NULL, "the pages", SANDBOX_ITSELF },
        { CONSOLE,  READ,    "paths.site",             NULL, "floor plans", SANDBOX_FOLDER },
        { CONSOLE,  READ,    "console.tls_cert",       NULL, "its certificate", SANDBOX_FOLDER },
        { CONSOLE,  READ,    "console.tls_key",        NULL, "its key", SANDBOX_FOLDER },
        { CONSOLE,  READ,    "console.database_password_file", NULL, "the reader's password", SANDBOX_ITSELF },
        { CONSOLE,  READ,    "console.database",       NULL, "certificates that it names", SANDBOX_CONNINFO },

        { AUTH,     KEEP,    "state.dir",           "/auth", "hashes of passwords", SANDBOX_ITSELF },
        { AUTH,     SOCKETS, "state.run_dir",       "/auth", "the socket where passwords are checked", SANDBOX_ITSELF },

        { SNAPSHOT, KEEP,    "state.dir",      "/snapshots", "the snapshot", SANDBOX_ITSELF },
};

const struct sandbox_port_row sandbox_ports[] = {
        { ENGINE,          false, "mqtt.port" },
        { ENGINE | STORE | CONSOLE, false, "53" },
        { STORE,           false, "database.url" },
        { CONSOLE,         false, "console.database" },
        { ENGINE,          true,  "metrics.engine" },
        { ENGINE,          true,  "0" }, /* every second attempt leaves from an IPv4 address, and so binds to it */
        { STORE,           true,  "metrics.store" },
        { NOTIFY,          true,  "metrics.notify" },
        { CONSOLE,         true,  "metrics.console" },
        { AUTH,            true,  "metrics.auth" },
        { CONSOLE,         true,  "console.listen" },
};
/* clang-format on */
const size_t sandbox_paths_n = sizeof sandbox_paths / sizeof *sandbox_paths;
const size_t sandbox_ports_n = sizeof sandbox_ports / sizeof *sandbox_ports;

/* --- the same as Markdown --- */

static const char *const right_words[] = {
        [LANDLOCK_READ] = "read",
        [LANDLOCK_RUN] = "read, run",
        [LANDLOCK_WRITE] = "read, write",
        [LANDLOCK_KEEP] = "read, write, make, remove",
        [LANDLOCK_SOCKETS] = "make sockets",
};

static void put_workers(struct buf *out, unsigned workers) {
        const char *comma = "";

        for (size_t i = 0; i < SANDBOX_WORKERS; i++) {
                if (!(workers & 1U << i))
                        continue;
                buf_printf(out, "%s%s", comma, sandbox_workers[i].name);
                comma = ", ";
        }
}

static void put_ports(struct buf *out, unsigned worker, bool listen) {
        const char *comma = "";

        if (!listen && sandbox_workers[worker].connect) {
                buf_puts(out, "any");
                return;
        }
        for (size_t i = 0; i < sandbox_ports_n; i++) {
                if (!(sandbox_ports[i].workers & 1U << worker) || sandbox_ports[i].listen != listen)
                        continue;
                if (strcmp(sandbox_ports[i].what, "0") == 0)
                        buf_printf(out, "%sa free one", comma);
                else
                        buf_printf(out, "%s`%s`", comma, sandbox_ports[i].what);
                comma = ", ";
        }
        if (!*comma)
                buf_puts(out, "none");
}

static void put_syscalls(struct buf *out, unsigned groups) {
        const char *comma = "";

        for (size_t i = 0; i < SYSCALLS_GROUPS; i++) {
                if (!(groups & 1U << i))
                        continue;
                buf_printf(out, "%s%s", comma, syscalls_groups[i].name);
                comma = ", ";
        }
}

void sandbox_table(struct buf *out) {
        buf_puts(out, "| process | connects (TCP) | listens (TCP) | signals to others | system calls |\n"
                      "| --- | --- | --- | --- | --- |\n");
        for (unsigned i = 0; i < SANDBOX_WORKERS; i++) {
                buf_printf(out, "| %s | ", sandbox_workers[i].name);
                put_ports(out, i, false);
                buf_puts(out, " | ");
                put_ports(out, i, true);
                buf_printf(out, " | %s | ", sandbox_workers[i].signals ? "yes" : "no");
                put_syscalls(out, sandbox_workers[i].syscalls);
                buf_puts(out, " |\n");
        }
        buf_puts(out, "\n| files | may be | by | |\n| --- | --- | --- | --- |\n");
        for (size_t i = 0; i < sandbox_paths_n; i++) {
                const struct sandbox_path_row *row = &sandbox_paths[i];

                buf_printf(out, "| %s`%s%s` | %s | ",
                           row->of == SANDBOX_FOLDER     ? "the folder of "
                           : row->of == SANDBOX_CONNINFO ? "files in "
                                                         : "",
                           row->what, row->beneath ? row->beneath : "", right_words[row->right]);
                put_workers(out, row->workers);
                buf_printf(out, " | %s |\n", row->help);
        }
}
