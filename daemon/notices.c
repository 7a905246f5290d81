#include "notices.h"

#include "base/reporters.h"

#define LOW     WW_PRIORITY_LOW
#define MEDIUM  WW_PRIORITY_MEDIUM
#define HIGH    WW_PRIORITY_HIGH

#define STORE   REPORTER_STORE
#define AUTH    REPORTER_AUTH
#define CONSOLE REPORTER_CONSOLE

/* clang-format off */
const struct notice_kind notice_kinds[] = {
        { "engine-started",       NOTICE_RECORD,  NULL,                       LOW,    "Engine started", 0 },
        { "configuration-changed", NOTICE_RECORD, NULL,                       LOW,    "Another configuration is in force", 0 },
        { "rules-unsigned",       NOTICE_RECORD,  NULL,                       LOW,    "Rules came into force that nobody had signed", 0 },
        { "engine-stopped",       NOTICE_RECORD,  NULL,                       LOW,    "Engine stopped", 0 },
        { "intake-blind",         NOTICE_RECORD,  NULL,                       LOW,    "Intake is behind or cut off", 0 },
        { "intake-sighted",       NOTICE_RECORD,  NULL,                       LOW,    "Intake has caught up", 0 },
        { "version-changed",      NOTICE_RECORD,  NULL,                       LOW,    "Another version goes on", 0 },
        { "credentials-changed",  NOTICE_RECORD,  NULL,                       LOW,    "A person's credentials changed", AUTH },
        { "login",                NOTICE_RECORD,  NULL,                       LOW,    "A person logged in", CONSOLE },
        { "login-refused",        NOTICE_RECORD,  NULL,                       LOW,    "A log-in was refused", CONSOLE },
        { "logout",               NOTICE_RECORD,  NULL,                       LOW,    "A session ended", CONSOLE },
        { "session-locked",       NOTICE_RECORD,  NULL,                       LOW,    "A session was locked or unlocked", CONSOLE },
        { "key-used",             NOTICE_RECORD,  NULL,                       LOW,    "A program came with its key", CONSOLE },
        { "history-exported",     NOTICE_RECORD,  NULL,                       LOW,    "History was exported", CONSOLE },
        { "second-person",        NOTICE_RECORD,  NULL,                       LOW,    "A second person was asked and answered", CONSOLE },
        { "signature-key",        NOTICE_RECORD,  NULL,                       LOW,    "Topics are signed with another key", 0 },
        { "clock-confirmed",      NOTICE_RECORD,  NULL,                       LOW,    "Clock step confirmed", 0 },
        { "intake-lost",          NOTICE_BEGINS,  "system/intake-lost",       HIGH,   "Connection to the broker lost", 0 },
        { "intake-back",          NOTICE_ENDS,    "system/intake-lost",       HIGH,   "Connection to the broker is back", 0 },
        { "journal-full",         NOTICE_BEGINS,  "system/journal-full",      HIGH,   "Journal nearly full: intake waits at the broker", 0 },
        { "journal-room",         NOTICE_ENDS,    "system/journal-full",      HIGH,   "Journal has room again", 0 },
        { "database-lost",        NOTICE_BEGINS,  "system/database-lost",     MEDIUM, "Database cannot be reached: the journal buffers", STORE },
        { "database-back",        NOTICE_ENDS,    "system/database-lost",     MEDIUM, "Database is back", STORE },
        { "session-lost",         NOTICE_INSTANT, "system/session-lost",      HIGH,   "Broker lost our session: messages may be missing", 0 },
        { "clock-backward",       NOTICE_INSTANT, "system/clock",             MEDIUM, "Clock was set back", 0 },
        { "clock-forward",        NOTICE_INSTANT, "system/clock",             MEDIUM, "Clock jumped forward: not followed until confirmed", 0 },
        { "record-skipped",       NOTICE_INSTANT, "system/record-skipped",    HIGH,   "A message crashed the engine and was set aside", 0 },
        { "replay-differs",       NOTICE_INSTANT, "system/replay-differs",    HIGH,   "Replay of the journal differs from what was written", 0 },
        { "journal-damaged",      NOTICE_INSTANT, "system/journal-damaged",   HIGH,   "Journal was damaged; what could be read was saved", 0 },
        { "snapshot-failed",      NOTICE_INSTANT, "system/snapshot-failed",   MEDIUM, "Snapshot could not be written", 0 },
        { "snapshot-refused",     NOTICE_INSTANT, "system/snapshot-refused",  MEDIUM, "A snapshot is not what was written: it was passed over", 0 },
        { "rules-refused",        NOTICE_INSTANT, "system/rules-refused",     MEDIUM, "Reload refused: the old rules stay in force", 0 },
        { "row-quarantined",      NOTICE_INSTANT, "system/row-quarantined",   MEDIUM, "Database refused a row; it is kept in quarantine", STORE },
        { "store-gap",            NOTICE_INSTANT, "system/store-gap",         HIGH,   "Records were trimmed before the database had them", STORE },
        { "sensor-drift",         NOTICE_BEGINS,  "system/sensor-drift",      MEDIUM, "Messages of a sensor type are no longer understood", 0 },
        { "sensor-understood",    NOTICE_ENDS,    "system/sensor-drift",      MEDIUM, "Messages of a sensor type are understood again", 0 },
        { "spoofed-message",      NOTICE_INSTANT, "system/spoofed-message",   HIGH,   "A message that its device must sign is not signed by it", 0 },
        { "replayed-message",     NOTICE_INSTANT, "system/replayed-message",  HIGH,   "A signed message came a second time: a recording", 0 },
        { "signatures-refused",   NOTICE_INSTANT, "system/signatures-refused", HIGH,  "The keys of mqtt.signatures cannot be taken: signatures are not checked by them", 0 },
        { "sandbox-degraded",     NOTICE_BEGINS,  "system/sandbox-degraded",  MEDIUM, "This kernel cannot hold the processes to what they need", 0 },
        { "sandbox-whole",        NOTICE_ENDS,    "system/sandbox-degraded",  MEDIUM, "The processes are held to what they need", 0 },
        { "worker-forbidden",     NOTICE_INSTANT, "system/worker-forbidden",  HIGH,   "A process did what it may not, and was killed: an intruder, or a fault of ours", 0 },
        { "broker-open",          NOTICE_BEGINS,  "system/broker-open",       MEDIUM, "Broker lets anybody publish anything", 0 },
        { "broker-closed",        NOTICE_ENDS,    "system/broker-open",       MEDIUM, "Broker refuses what it must", 0 },
        { "limit-reached",        NOTICE_INSTANT, "system/limit-reached",     MEDIUM, "A rule reached its limit of state", 0 },
};
/* clang-format on */
const size_t notice_kinds_n = sizeof notice_kinds / sizeof *notice_kinds;

const struct notice_kind *notice_find(struct ww_str name) {
        for (size_t i = 0; i < notice_kinds_n; i++) {
                if (ww_str_is(name, notice_kinds[i].name))
                        return &notice_kinds[i];
        }
        return NULL;
}
