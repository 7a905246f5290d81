/*
 * What a field may be, by its name and by what stood in it. The names are those that gateways and device makers share;
 * a name counts as it is, and where none fits, a long one that is part of it. The values decide whether a name can mean
 * what it says: a "smoke" of 37.5 is a level, and a "battery" of "low" is a state.
 */
#include "command/sensors_draft.h"

#include "decode/document.h"
#include "decode/stamp.h"
#include "decode/valuemap.h"

#include <ctype.h>

/* clang-format off */
static const struct row {
        const char *words;
        enum draft_role role;
        const char *kind;
        const char *measure; /* what it is where it holds numbers; NULL = it is no measurement */
        bool inverted;
} rows[] = {
        { "batterylow lowbattery lowbat batlow lowbatt", DRAFT_STATE, "battery", NULL, false },
        { "batteryvoltage batvoltage batteryv vbat batt_v", DRAFT_MEASURE, "battery.voltage", NULL, false },
        { "battery batt bat batterylevel batterypercent soc", DRAFT_MEASURE, "battery.level", NULL, false },
        { "occupancy motion pir movement motiondetected", DRAFT_STATE, "motion", NULL, false },
        { "presence occupied", DRAFT_STATE, "presence", NULL, false },
        { "contact reed", DRAFT_STATE, "contact", NULL, true },
        { "door dooropen doorstate dooropened", DRAFT_STATE, "door", NULL, false },
        { "window windowopen open opened opening", DRAFT_STATE, "contact", NULL, false },
        { "lock locked lockstate", DRAFT_STATE, "lock", NULL, true },
        { "cabinet drawer safe", DRAFT_STATE, "cabinet", NULL, false },
        { "glassbreak glass", DRAFT_PULSE, "glass.broken", NULL, false },
        { "vibration shock", DRAFT_STATE, "vibration", NULL, false },
        { "smoke smokedetected smokealarm", DRAFT_STATE, "smoke", "smoke.level", false },
        { "heat heatalarm", DRAFT_STATE, "heat", NULL, false },
        { "fire firealarm", DRAFT_STATE, "fire", NULL, false },
        { "co2 carbondioxide eco2", DRAFT_MEASURE, "co2", NULL, false },
        { "gas carbonmonoxide co gasalarm", DRAFT_STATE, "gas", "gas.level", false },
        { "oxygen o2", DRAFT_MEASURE, "oxygen.level", NULL, false },
        { "waterleak leak leakage flood water moisture waterdetected", DRAFT_STATE, "leak", NULL, false },
        { "tamper tampered tamperalarm sabotage", DRAFT_STATE, "tamper", NULL, false },
        { "trouble fault error failure defect", DRAFT_STATE, "trouble", NULL, false },
        { "mains acpower powerfail acfail powerlost", DRAFT_STATE, "power", NULL, false },
        { "online connected alive reachable", DRAFT_STATE, "device.link", NULL, true },
        { "offline availability lwt connection", DRAFT_STATE, "device.link", NULL, false },
        { "alarm alert alarmstate triggered", DRAFT_STATE, "panel", NULL, false },
        { "panic sos emergency", DRAFT_PULSE, "panic", NULL, false },
        { "duress holdup", DRAFT_PULSE, "duress", NULL, false },
        { "temperature temp tempc temperaturec", DRAFT_MEASURE, "temperature", NULL, false },
        { "humidity hum rh relativehumidity", DRAFT_MEASURE, "humidity", NULL, false },
        { "pressure barometer airpressure", DRAFT_MEASURE, "pressure", NULL, false },
        { "illuminance lux brightness", DRAFT_MEASURE, "illuminance", NULL, false },
        { "rssi signal signalstrength", DRAFT_MEASURE, "signal", NULL, false },
        { "voltage volt volts", DRAFT_MEASURE, "voltage", NULL, false },
        { "current amps ampere", DRAFT_MEASURE, "current", NULL, false },
        { "power watt watts", DRAFT_MEASURE, "power.draw", NULL, false },
        { "energy kwh", DRAFT_MEASURE, "energy", NULL, false },
        { "distance range", DRAFT_MEASURE, "distance", NULL, false },
        { "noise soundlevel db", DRAFT_MEASURE, "sound.level", NULL, false },
        { "relay output siren", DRAFT_STATE, "output", NULL, false },
        { "input din", DRAFT_STATE, "input", NULL, false },
        { "plate licenseplate platenumber", DRAFT_PULSE, "vehicle.plate", NULL, false },
        { "uid card cardid badge badgeid cardno cardnumber rfid tagid", DRAFT_PULSE, "credential", NULL, false },
        { "heartbeat keepalive ping", DRAFT_PULSE, "device.heartbeat", NULL, false },
        { "ts time timestamp lastseen datetime date t utc sent", DRAFT_TIME, NULL, NULL, false },
        { "device deviceid devid deviceuid deveui hostname sensorid nodeid unitid serial serialnumber mac ieeeaddr imei",
          DRAFT_DEVICE, NULL, NULL, false },
        { "user username person name", DRAFT_ATTRIBUTE, "person", NULL, false },
        { "class label type", DRAFT_ATTRIBUTE, "class", NULL, false },
        { "zone area ward room location", DRAFT_ATTRIBUTE, "place", NULL, false },
        { "model", DRAFT_ATTRIBUTE, "model", NULL, false },
};
/* clang-format on */
#define N_ROWS  (sizeof rows / sizeof *rows)
#define PART_OF 5 /* letters of a word that may be part of a name */

void draft_normalise(struct ww_str word, char *out, size_t size) {
        size_t n = 0;

        for (size_t i = 0; i < word.n && n + 1 < size; i++)
                if (isalnum((unsigned char)word.p[i]))
                        out[n++] = (char)tolower((unsigned char)word.p[i]);
        out[n] = 0;
}

static bool row_has(const struct row *row, const char *key, bool part) {
        const char *words = row->words;

        while (*words) {
                size_t n = strcspn(words, " ");

                if (!part && strlen(key) == n && strncmp(key, words, n) == 0)
                        return true;
                if (part && n >= PART_OF && memmem(key, strlen(key), words, n))
                        return true;
                words += n + (words[n] == ' ');
        }
        return false;
}

static const struct row *row_of(const char *key, bool *ret_sure) {
        for (int part = 0; part < 2 && *key; part++)
                for (size_t i = 0; i < N_ROWS; i++)
                        if (row_has(&rows[i], key, part)) {
                                *ret_sure = !part;
                                return &rows[i];
                        }
        return NULL;
}

bool draft_word_known(struct ww_str word) {
        char key[64];

        draft_normalise(word, key, sizeof key);
        for (size_t i = 0; i < N_ROWS; i++)
                if (rows[i].role != DRAFT_DEVICE && rows[i].role != DRAFT_ATTRIBUTE && row_has(&rows[i], key, false))
                        return true;
        return false;
}

/* ---- values ---- */

static struct ww_value value_of(const json_t *value) {
        if (json_is_boolean(value))
                return ww_bool(json_is_true(value));
        if (json_is_number(value))
                return ww_number(json_number_value(value));
        if (json_is_string(value))
                return ww_string((struct ww_str){ json_string_value(value), json_string_length(value) });
        return ww_missing();
}

bool draft_is_number(const json_t *value) {
        double number;

        return json_is_number(value) ||
               (json_is_string(value) &&
                document_number((struct ww_str){ json_string_value(value), json_string_length(value) }, &number));
}

bool draft_is_time(const json_t *value, int64_t *ret) {
        return stamp_read(value_of(value), &(struct stamp_how){ .form = STAMP_AUTO }, NULL, ret) &&
               *ret > INT64_C(946684800) * WW_SECOND; /* 2000 */
}

bool draft_state_usual(const json_t *value) {
        const struct ww_value v = value_of(value);
        bool boolean;

        return json_is_null(value) || (v.type != WW_MISSING && valuemap_boolean(&v, &boolean));
}

const char *draft_state_word(const char *value) {
        static const char *const active[] = { "offline", "disconnected", "low",      "bad",      "fire",
                                              "fault",   "lost",         "motion",   "occupied", "wet",
                                              "broken",  "tamper",       "unlocked", "present",  "down",
                                              "fail",    "error",        "smoke",    "leak" };
        static const char *const normal[] = { "online", "connected", "high",   "good",   "none", "idle", "dry",
                                              "free",   "locked",    "absent", "normal", "up",   "full", "secure" };
        char word[64];

        draft_normalise(ww_str(value), word, sizeof word);
        for (size_t i = 0; i < sizeof active / sizeof *active; i++)
                if (strcmp(word, active[i]) == 0)
                        return "active";
        for (size_t i = 0; i < sizeof normal / sizeof *normal; i++)
                if (strcmp(word, normal[i]) == 0)
                        return "normal";
        return "unknown";
}

static bool all(const json_t *values, bool (*is)(const json_t *)) {
        const json_t *value;
        size_t i;

        json_array_foreach(values, i, value) {
                if (!json_is_null(value) && !is(value))
                        return false;
        }
        return json_array_size(values) > 0;
}

static bool is_time(const json_t *value) {
        int64_t time;

        return draft_is_time(value, &time);
}

static bool is_scalar(const json_t *value) {
        return json_is_string(value) || json_is_number(value);
}

/* ---- both ---- */

static struct draft_guess guess_state(const struct row *row, const json_t *values, bool sure) {
        struct draft_guess g = { DRAFT_STATE, row->kind, row->inverted, sure };

        if (all(values, draft_is_number) && !all(values, draft_state_usual)) {
                g.role = row->measure ? DRAFT_MEASURE : DRAFT_NOTHING;
                g.kind = row->measure;
        }
        return g;
}

static struct draft_guess guess_measure(const struct row *row, const json_t *values, bool sure) {
        struct draft_guess g = { DRAFT_MEASURE, row->kind, false, sure };

        if (all(values, draft_is_number))
                return g;
        if (strcmp(row->kind, "battery.level") == 0)
                return (struct draft_guess){ DRAFT_STATE, "battery", false, false };
        return (struct draft_guess){ .role = DRAFT_NOTHING };
}

struct draft_guess draft_guess(const struct draft_field *field) {
        bool sure = false;
        const struct row *row = field->list ? NULL : row_of(field->key, &sure);
        const struct draft_guess nothing = { .role = DRAFT_NOTHING };

        if (!row || !json_array_size(field->values))
                return nothing;
        switch (row->role) {
        case DRAFT_STATE:
                return guess_state(row, field->values, sure);
        case DRAFT_MEASURE:
                return guess_measure(row, field->values, sure);
        case DRAFT_TIME:
                return sure && all(field->values, is_time) ? (struct draft_guess){ .role = DRAFT_TIME, .sure = sure }
                                                           : nothing;
        case DRAFT_DEVICE:
        case DRAFT_PULSE:
        case DRAFT_ATTRIBUTE:
                return sure && (row->role == DRAFT_PULSE || all(field->values, is_scalar))
                               ? (struct draft_guess){ row->role, row->kind, false, sure }
                               : nothing;
        case DRAFT_NOTHING:
                break;
        }
        return nothing;
}
