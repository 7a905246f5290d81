/*
 * The built-in vocabulary of event kinds, and look-up in any vocabulary.
 *
 * Active is what a rule waits for: a door that is open, a lock that is open, a device that is offline. Pulses and
 * measurements have one name, which is the family's as well, and are found as WW_STATE_PULSE. What may be repeated
 * without an end in between (a call point, a panic button, a forced door) is a pulse: as a state its second press
 * would be "unchanged" and would be lost on a device that never reports its release.
 */
#include "base/error.h"
#include <wardwatch/kind.h>

#include <pthread.h>
#include <xxhash.h>

#define STATE(family, active, normal, help)                                                                            \
        { family, active, normal, WW_NATURE_STATE, WW_CLASS_GENERAL, NULL, help }
#define STATE_CLASS(family, active, normal, klass, help)                                                               \
        { family, active, normal, WW_NATURE_STATE, klass, NULL, help }
#define PULSE(name, help)                                                                                              \
        { name, name, NULL, WW_NATURE_PULSE, WW_CLASS_GENERAL, NULL, help }
#define PULSE_CLASS(name, klass, help)                                                                                 \
        { name, name, NULL, WW_NATURE_PULSE, klass, NULL, help }
#define MEASUREMENT(name, unit, help)                                                                                  \
        { name, name, NULL, WW_NATURE_MEASUREMENT, WW_CLASS_GENERAL, unit, help }

/* clang-format off */
static const struct ww_kind rows[] = {
        /* people and movement */
        STATE("motion", "motion.detected", "motion.cleared", "movement in the field of a detector"),
        STATE("presence", "presence.detected", "presence.cleared", "somebody or something is there, moving or not"),
        STATE("person", "person.detected", "person.cleared", "a person recognised by a camera or radar"),
        STATE("object", "object.detected", "object.cleared", "an object recognised by a camera; its class is an attribute"),
        STATE("sound", "sound.detected", "sound.cleared", "a sound recognised (scream, shot, glass); its class is an attribute"),
        PULSE("line.crossed", "a line in a camera's image was crossed"),
        PULSE("passage", "one person went through a door or gate"),
        PULSE("person.down", "a fall, or a lone worker who does not move"),
        PULSE("vehicle.plate", "a number plate was read; `plate` holds it"),
        PULSE("weapon.detected", "a weapon or explosive was found by screening"),

        /* doors, locks, cabinets, keys */
        STATE("door", "door.opened", "door.closed", "the position of a door"),
        PULSE("door.forced", "a door was opened without a release"),
        PULSE("door.held", "the controller says that a door stands open too long"),
        STATE("contact", "contact.opened", "contact.closed", "a contact whose use is not known: window, hatch, panel zone"),
        STATE("lock", "lock.unlocked", "lock.locked", "the bolt of a lock"),
        STATE("cabinet", "cabinet.opened", "cabinet.closed", "a cabinet or safe: narcotics, weapons, cash"),
        STATE("key", "key.taken", "key.returned", "a key of a key cabinet"),
        PULSE("glass.broken", "a glass-break detector tripped"),
        STATE("vibration", "vibration.detected", "vibration.cleared", "vibration or shock at a wall, safe or fence"),

        /* fire, gas, water */
        STATE_CLASS("smoke", "smoke.detected", "smoke.cleared", WW_CLASS_FIRE, "a smoke detector"),
        STATE_CLASS("heat", "heat.detected", "heat.cleared", WW_CLASS_FIRE, "a heat detector"),
        STATE_CLASS("fire", "fire.alarm", "fire.normal", WW_CLASS_FIRE, "a fire panel's alarm for a zone or loop"),
        PULSE_CLASS("callpoint.pressed", WW_CLASS_FIRE, "a manual call point was operated"),
        PULSE_CLASS("suppression.discharged", WW_CLASS_FIRE, "a sprinkler flows or an extinguishing system was released"),
        STATE("gas", "gas.detected", "gas.cleared", "combustible or toxic gas, carbon monoxide"),
        STATE("oxygen", "oxygen.abnormal", "oxygen.normal", "oxygen too low or too high"),
        STATE("leak", "leak.detected", "leak.cleared", "water where none should be"),
        STATE("radiation", "radiation.high", "radiation.normal", "dose rate above its limit"),

        /* calls for help */
        PULSE_CLASS("panic", WW_CLASS_PANIC, "a panic or hold-up button"),
        PULSE_CLASS("duress", WW_CLASS_DURESS, "a duress code or covert button"),
        PULSE("button", "any other button; which press is an attribute"),

        /* access control, tags, visitors, patrols */
        PULSE("access.granted", "a controller let somebody in; `badge` says who"),
        PULSE("access.denied", "a controller refused somebody"),
        PULSE("credential", "a credential was read, no decision with it"),
        PULSE("code.valid", "a known code was entered"),
        PULSE("code.invalid", "an unknown code was entered"),
        PULSE("rf.code", "a radio code was received; the site says what it means"),
        PULSE("tag.seen", "a tag was heard by a reader"),
        PULSE("tag.left", "a tag left its permitted zone"),
        PULSE("tag.entered", "a tag entered a zone"),
        PULSE("tag.removed", "a tag's strap was cut or opened"),
        PULSE("visitor.arrived", "a visitor was registered at a desk or gate"),
        PULSE("visitor.left", "a visitor went"),
        PULSE("patrol.scanned", "a guard's round reached a checkpoint"),

        /* panels */
        STATE("panel", "panel.alarm", "panel.normal", "an alarm panel's own alarm for a partition or zone"),
        STATE("arm", "arm.armed", "arm.disarmed", "a partition is armed; the mode is the value"),
        STATE("bypass", "bypass.on", "bypass.off", "a panel leaves a zone out of arming"),
        PULSE("arm.failed", "a partition could not be armed"),
        STATE("input", "input.active", "input.inactive", "an input whose use is not known"),
        STATE("output", "output.on", "output.off", "a relay, siren or lamp"),

        /* the devices themselves */
        STATE_CLASS("tamper", "tamper.detected", "tamper.cleared", WW_CLASS_TAMPER, "housing opened, line cut, camera covered"),
        STATE("trouble", "trouble.detected", "trouble.cleared", "a device reports a fault of its own"),
        STATE("battery", "battery.low", "battery.ok", "a battery is near its end"),
        STATE("power", "power.lost", "power.restored", "mains of a device or panel"),
        STATE("device.link", "device.offline", "device.online", "a device can be reached; active = it cannot"),
        PULSE("device.restart", "a device started"),
        PULSE("device.described", "a device, or who knows it, says what it is; told again when that has changed"),
        PULSE("device.heartbeat", "a device says that it lives, and nothing else"),
        PULSE("test", "a test message or walk test"),
        PULSE("gap", "numbers of a device are missing: messages were lost before they came to us"),
        PULSE("unknown", "a message that a sensor type knows but gives no meaning"),

        /* limits that a device watches by itself */
        STATE("temperature.limit", "temperature.abnormal", "temperature.normal", "a device says its temperature limit is passed"),
        STATE("humidity.limit", "humidity.abnormal", "humidity.normal", "a device says its humidity limit is passed"),
        STATE("pressure.limit", "pressure.abnormal", "pressure.normal", "a device says its pressure limit is passed"),
        STATE("weather", "weather.warning", "weather.normal", "a weather service's warning is in force"),
        STATE("warning", "warning.issued", "warning.lifted", "an authority's warning is in force: flood, smoke, a bomb found nearby"),

        /* measurements */
        MEASUREMENT("temperature", "celsius", "temperature"),
        MEASUREMENT("humidity", "percent", "relative humidity"),
        MEASUREMENT("pressure", "hectopascal", "pressure: air, medical gas"),
        MEASUREMENT("illuminance", "lux", "illuminance"),
        MEASUREMENT("co2", "ppm", "carbon dioxide"),
        MEASUREMENT("gas.level", "ppm", "concentration of a gas"),
        MEASUREMENT("oxygen.level", "percent", "concentration of oxygen"),
        MEASUREMENT("smoke.level", "percent", "obscuration or chamber level of a smoke detector"),
        MEASUREMENT("water.level", "meter", "level of a tank or sump"),
        MEASUREMENT("radiation.level", "microsievert_per_hour", "dose rate"),
        MEASUREMENT("sound.level", "decibel", "sound level"),
        MEASUREMENT("wind.speed", "meter_per_second", "wind speed"),
        MEASUREMENT("rain.rate", "millimeter_per_hour", "rainfall"),
        MEASUREMENT("distance", "meter", "distance, of a tag to its reader for one"),
        MEASUREMENT("signal", "dbm", "radio signal strength"),
        MEASUREMENT("voltage", "volt", "voltage"),
        MEASUREMENT("current", "ampere", "current"),
        MEASUREMENT("power.draw", "watt", "electrical power"),
        MEASUREMENT("energy", "kilowatt_hour", "electrical energy"),
        MEASUREMENT("battery.level", "percent", "charge of a battery"),
        MEASUREMENT("battery.voltage", "volt", "voltage of a battery"),
        MEASUREMENT("person.count", NULL, "how many persons are seen"),
        MEASUREMENT("object.count", NULL, "how many objects are seen"),
        MEASUREMENT("measurement", NULL, "any other number; its name and unit are attributes"),

        /* people as sensors, and the system's own */
        PULSE("data.exported", "records left a system: an export, a copy to a medium; the value says how many"),
        PULSE("data.printed", "records were printed; the value says how many"),
        STATE("post", "post.understaffed", "post.manned", "a post has fewer people than its `manning` asks for; `wanted` and `there` say how many"),
        PULSE("tip", "a hint by staff or the public"),
        PULSE("alarm.raised", "a rule raised an alarm"),
        PULSE("alarm.cleared", "an alarm's condition ended"),
        PULSE("incident.opened", "an incident began"),
        PULSE("incident.resolved", "an incident's procedure is done"),
        PULSE("incident.closed", "an incident has its disposition"),
        STATE("record.clock", "record.overdue", "record.met", "a record is overdue, or not any more; `record` is its kind, `clock` which"),
        PULSE("record.opened", "a record began; `record` is its kind, `number` its number, `act` how"),
        PULSE("record.changed", "a record changed; `act` says how"),
        PULSE("record.ended", "a record is over; `act` says how"),
        PULSE("record.delivered", "a record's notification reached its recipient; `number` is the record's, `recipient`, `channel`, and `answer`, what the other side said"),
        PULSE("record.undelivered", "a record's notification reached its recipient by no channel, and is not tried any more; attributes as of `record.delivered`"),
        PULSE("report.received", "an authority confirmed a report; `number` is the report's, `receipt` the authority's"),
};
/* clang-format on */

#define N_ROWS (sizeof rows / sizeof *rows)
#define SLOTS  1024 /* a power of two, more than twice the names */

_Static_assert(N_ROWS * 3 < SLOTS, "the index of kinds is too small");

static const struct ww_kinds builtin = { rows, N_ROWS };

/* An entry is row << 2 | which of its names, + 1; 0 = free. Built once, read by any thread. */
enum kind_name {
        KIND_FAMILY,
        KIND_ACTIVE,
        KIND_NORMAL,
        KIND_NAMES,
};
static uint16_t slots[SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

const struct ww_kinds *ww_kinds_builtin(void) {
        return &builtin;
}

static const char *kind_name_at(const struct ww_kind *row, enum kind_name which) {
        const char *const names[KIND_NAMES] = { row->family, row->active, row->normal };

        return names[which];
}

static size_t kind_slot(struct ww_str name) {
        return XXH3_64bits(name.n ? name.p : "", name.n) & (SLOTS - 1);
}

static void kind_index_build(void) {
        for (size_t i = 0; i < N_ROWS; i++)
                for (enum kind_name which = 0; which < KIND_NAMES; which++) {
                        const char *name = kind_name_at(&rows[i], which);
                        size_t at;

                        if (!name)
                                continue;
                        at = kind_slot(ww_str(name));
                        while (slots[at])
                                at = (at + 1) & (SLOTS - 1);
                        slots[at] = (uint16_t)((i << 2 | which) + 1);
                }
}

static bool kind_find_builtin(struct ww_str name, size_t *ret_row, enum kind_name *ret_which) {
        (void)pthread_once(&slots_once, kind_index_build);
        for (size_t at = kind_slot(name); slots[at]; at = (at + 1) & (SLOTS - 1)) {
                size_t row = (size_t)(slots[at] - 1) >> 2;
                enum kind_name which = (enum kind_name)((slots[at] - 1) & 3);

                if (ww_str_is(name, kind_name_at(&rows[row], which))) {
                        *ret_row = row;
                        *ret_which = which;
                        return true;
                }
        }
        return false;
}

static bool kind_find_linear(const struct ww_kinds *kinds, size_t from, struct ww_str name, size_t *ret_row,
                             enum kind_name *ret_which) {
        for (size_t i = from; i < kinds->n; i++)
                for (enum kind_name which = 0; which < KIND_NAMES; which++) {
                        const char *candidate = kind_name_at(&kinds->rows[i], which);

                        if (candidate && ww_str_is(name, candidate)) {
                                *ret_row = i;
                                *ret_which = which;
                                return true;
                        }
                }
        return false;
}

bool ww_kind_find(const struct ww_kinds *kinds, struct ww_str name, ww_family *ret_family, enum ww_state *ret_state) {
        static const enum ww_state states[KIND_NAMES] = {
                [KIND_FAMILY] = WW_STATE_UNKNOWN,
                [KIND_ACTIVE] = WW_STATE_ACTIVE,
                [KIND_NORMAL] = WW_STATE_NORMAL,
        };
        enum kind_name which = KIND_FAMILY;
        /* a site's table begins with a copy of ours */
        bool ours = kinds->n >= N_ROWS && kinds->rows[0].family == rows[0].family;
        size_t row = 0;

        if (!(ours && kind_find_builtin(name, &row, &which)) &&
            !kind_find_linear(kinds, ours ? N_ROWS : 0, name, &row, &which))
                return false;
        *ret_family = (ww_family)row;
        *ret_state = kinds->rows[row].nature == WW_NATURE_STATE ? states[which] : WW_STATE_PULSE;
        return true;
}

const char *ww_kind_name(const struct ww_kinds *kinds, ww_family family, enum ww_state state) {
        const struct ww_kind *row;

        if (family >= kinds->n)
                return "?";
        row = &kinds->rows[family];
        if (row->nature != WW_NATURE_STATE || state == WW_STATE_ACTIVE)
                return row->active;
        return state == WW_STATE_NORMAL ? row->normal : row->family;
}

const char *ww_state_name(enum ww_state state) {
        static const char *const names[] = {
                [WW_STATE_UNKNOWN] = "unknown",
                [WW_STATE_NORMAL] = "normal",
                [WW_STATE_ACTIVE] = "active",
                [WW_STATE_PULSE] = "pulse",
        };

        return (size_t)state < sizeof names / sizeof *names ? names[state] : "?";
}

static const char *const class_names[WW_CLASS_MAX_] = {
        [WW_CLASS_GENERAL] = "general", [WW_CLASS_FIRE] = "fire",     [WW_CLASS_PANIC] = "panic",
        [WW_CLASS_DURESS] = "duress",   [WW_CLASS_INFANT] = "infant", [WW_CLASS_TAMPER] = "tamper",
};

const char *ww_class_name(enum ww_class klass) {
        return (size_t)klass < WW_CLASS_MAX_ ? class_names[klass] : "?";
}

bool ww_class_find(struct ww_str name, enum ww_class *ret) {
        for (size_t i = 0; i < WW_CLASS_MAX_; i++)
                if (ww_str_is(name, class_names[i])) {
                        *ret = (enum ww_class)i;
                        return true;
                }
        return false;
}
