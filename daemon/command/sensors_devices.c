/*
 * `wardwatch sensors devices`: who spoke, as which type, of what, and when last; and which of them the site knows.
 *
 * A device counts as heard by every entry of a message that is about it, also one that told nothing new. What an
 * inventory message says of a device (kind device.described) is kept beside it. --propose writes the assets that are
 * missing, to be read, mended and copied by a person; nothing is written to any file.
 */
#include "command/plain.h"
#include "command/sensors.h"

#include "journal/record_json.h"

#include <ctype.h>
#include <stdio.h>

#define DEVICES_MAX 100000

enum { PROPOSE = SENSORS_OWN, UNKNOWN };

static const struct command_option devices_options[] = {
        SENSORS_SOURCE_OPTIONS,
        [PROPOSE] = { "--propose", 0, NULL, "write assets in YAML for devices that the site does not know" },
        [UNKNOWN] = { "--unknown", 0, NULL, "only devices that the site does not know" },
        { 0 },
};

struct devices {
        struct sensors s;
        json_t *all;   /* by type and device */
        json_t *heard; /* in the message in hand */
        uint64_t left_out;
};

/* ---- collecting ---- */

static const char *text_of(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));

        return text ? text : "";
}

static json_t *device_of(struct devices *d, struct ww_str sensor, struct ww_str name) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        json_t *device;

        buf_printf(&key, "%.*s\n%.*s", WW_STR_ARG(sensor), WW_STR_ARG(name));
        if (key.error || !name.n)
                return NULL;
        device = json_object_getn(d->all, (const char *)key.p, key.n);
        if (!device && json_object_size(d->all) >= DEVICES_MAX) {
                d->left_out++;
                return NULL;
        }
        if (!device) {
                device = json_pack("{s:o, s:o, s:{}}", "device", record_json_str(name), "sensor",
                                   record_json_str(sensor), "kinds");
                (void)json_object_setn_new(d->all, (const char *)key.p, key.n, device);
        }
        (void)json_array_append(d->heard, device);
        return device;
}

static void note_asset(struct devices *d, json_t *device, struct ww_str asset, struct ww_str sensor,
                       struct ww_str name) {
        uint32_t index;

        if (json_object_get(device, "asset"))
                return;
        index = asset.n ? SITE_NONE : decode_types_asset(d->s.rules->types, sensor, name);
        if (index != SITE_NONE)
                asset = site_asset(d->s.rules->site, index)->id;
        if (asset.n)
                (void)json_object_set_new(device, "asset", record_json_str(asset));
}

static void note_described(json_t *device, const struct ww_event *e) {
        json_t *said = json_object();

        for (size_t i = 0; i < e->n_attrs; i++)
                if (e->attrs[i].value.type != WW_MISSING)
                        (void)json_object_setn_new(said, e->attrs[i].name.p, e->attrs[i].name.n,
                                                   record_json_value(e->attrs[i].value));
        (void)json_object_set_new(device, "described", said);
}

static int on_event(void *userdata, const struct ww_event *e) {
        struct devices *d = userdata;
        json_t *device = device_of(d, e->sensor, e->device), *kinds = json_object_get(device, "kinds");

        if (!device)
                return 0;
        (void)json_object_setn_new(kinds, e->kind.p, e->kind.n,
                                   json_integer(json_integer_value(json_object_getn(kinds, e->kind.p, e->kind.n)) + 1));
        note_asset(d, device, e->asset, e->sensor, e->device);
        if (ww_str_is(e->kind, "device.described"))
                note_described(device, e);
        return 0;
}

static void on_saying(void *userdata, const struct decode_saying *s) {
        struct devices *d = userdata;
        json_t *device = s->type == DECODE_SAYS_ENTRY && !s->good ? device_of(d, s->sensor, s->device) : NULL;

        if (device)
                note_asset(d, device, WW_STR_NONE, s->sensor, s->device);
}

static int on_message(void *userdata, const struct sensors_message *m) {
        struct devices *d = userdata;
        json_t *device;
        size_t i;

        json_array_foreach(d->heard, i, device)(void)
                json_object_set_new(device, "last", record_json_time(m->input->time));
        return json_array_clear(d->heard);
}

/* ---- shown ---- */

static int by_name(const void *a, const void *b) {
        const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
        int r = strcmp(text_of(x, "sensor"), text_of(y, "sensor"));

        return r ? r : strcmp(text_of(x, "device"), text_of(y, "device"));
}

static json_t *sorted(const struct devices *d, bool unknown) {
        size_t n = 0;
        _cleanup_free_ json_t **items = calloc(json_object_size(d->all) + 1, sizeof *items);
        json_t *all = json_array(), *device;
        const char *key;

        if (!items || !all)
                return all;
        json_object_foreach(d->all, key, device) {
                if (!unknown || !json_object_get(device, "asset"))
                        items[n++] = device;
        }
        qsort(items, n, sizeof *items, by_name);
        for (size_t i = 0; i < n; i++)
                (void)json_array_append(all, items[i]);
        return all;
}

static void put_names(const json_t *object) {
        const char *name;
        json_t *value;
        const char *before = "  ";

        json_object_foreach((json_t *)object, name, value) {
                (void)fputs(before, stdout);
                plain_put(name);
                before = ", ";
        }
}

static void put_device(const json_t *device) {
        plain_put_column(text_of(device, "device"), 28);
        (void)fputs("  ", stdout);
        plain_put_column(text_of(device, "sensor"), 20);
        (void)printf("  %.19sZ  ", text_of(device, "last"));
        plain_put(json_object_get(device, "asset") ? text_of(device, "asset") : "not in the site");
        put_names(json_object_get(device, "kinds"));
        (void)putchar('\n');
}

/* ---- proposals ---- */

/* what a thing is, by what it tells; the first that fits */
static const struct {
        const char *family, *class_name;
} classes[] = {
        { "smoke", "smoke_detector" },
        { "heat", "heat_detector" },
        { "fire.", "fire_panel" },
        { "callpoint", "call_point" },
        { "gas", "gas_detector" },
        { "oxygen", "oxygen_sensor" },
        { "leak", "leak_sensor" },
        { "panic", "panic_button" },
        { "duress", "panic_button" },
        { "tag.", "tag" },
        { "access.", "reader" },
        { "credential", "reader" },
        { "door", "door" },
        { "cabinet", "cabinet" },
        { "lock", "lock" },
        { "contact", "contact" },
        { "glass", "glass_break" },
        { "motion", "motion" },
        { "presence", "presence" },
        { "person", "camera" },
        { "object", "camera" },
        { "vehicle", "camera" },
        { "line.", "camera" },
        { "panel", "panel" },
        { "arm.", "panel" },
        { "output", "relay" },
        { "input", "input" },
        { "vibration", "vibration" },
        { "temperature", "thermometer" },
        { "humidity", "thermometer" },
        { "power", "ups" },
        { "device.online", "gateway" },
        { "device.offline", "gateway" },
};

static const char *class_of(const json_t *device) {
        const char *said = text_of(json_object_get(device, "described"), "class"), *kind;
        json_t *n;

        if (*said)
                return said;
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
                json_object_foreach(json_object_get(device, "kinds"), kind, n) {
                        if (strncmp(kind, classes[i].family, strlen(classes[i].family)) == 0)
                                return classes[i].class_name;
                }
        return "device";
}

/* An id that the site has not, and no proposal before. */
static char *asset_id(const struct devices *d, const json_t *device, json_t *taken) {
        _cleanup_free_ char *base = strdup(text_of(device, "device"));
        _cleanup_buf_ struct buf id = BUF_INIT;

        for (char *p = base; p && *p; p++)
                if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_' && *p != '.')
                        *p = '-';
        for (int number = 1; base && !id.error; number++) {
                buf_reset(&id);
                buf_puts(&id, base);
                if (number > 1)
                        buf_printf(&id, "-%d", number);
                if (site_asset_find(d->s.rules->site, buf_str(&id)) == SITE_NONE &&
                    !json_object_getn(taken, (const char *)id.p, id.n))
                        break;
        }
        (void)json_object_setn_new(taken, id.n ? (const char *)id.p : "", id.n, json_true());
        return ww_str_copy(buf_str(&id));
}

/* How many types use each name: one that two use is told apart by the type's. */
static json_t *names_of(const struct devices *d) {
        json_t *names = json_object(), *device;
        const char *key;

        json_object_foreach(d->all, key, device) {
                const char *name = text_of(device, "device");

                (void)json_object_set_new(names, name,
                                          json_integer(json_integer_value(json_object_get(names, name)) + 1));
        }
        return names;
}

static void put_comment(const json_t *device, struct buf *out) {
        static const char *const words[] = { "name", "manufacturer", "model", "via" };
        const json_t *said = json_object_get(device, "described");
        const char *kind, *before = "";
        json_t *n;

        buf_printf(out, "%s, last heard %.19sZ: ", text_of(device, "sensor"), text_of(device, "last"));
        json_object_foreach(json_object_get(device, "kinds"), kind, n) {
                buf_printf(out, "%s%s", before, kind);
                before = ", ";
        }
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (*text_of(said, words[i]))
                        buf_printf(out, "; %s %s", words[i], text_of(said, words[i]));
}

static void put_proposal(const struct devices *d, const json_t *device, const json_t *names, json_t *taken,
                         struct buf *out) {
        _cleanup_free_ char *id = asset_id(d, device, taken);
        _cleanup_buf_ struct buf name = BUF_INIT, comment = BUF_INIT;
        const char *sensor = text_of(device, "sensor");

        if (json_integer_value(json_object_get(names, text_of(device, "device"))) > 1)
                buf_printf(&name, "%.*s/", (int)strcspn(sensor, "/"), sensor);
        buf_puts(&name, text_of(device, "device"));
        put_comment(device, &comment);
        buf_puts(out, "  # ");
        sensors_yaml_comment(buf_str(&comment), out); /* a device's own text must not end it */
        buf_puts(out, "\n  - {asset: ");
        sensors_yaml_text(ww_str(id ? id : ""), out);
        buf_puts(out, ", device: ");
        sensors_yaml_text(buf_str(&name), out);
        buf_puts(out, ", class: ");
        sensors_yaml_text(ww_str(class_of(device)), out);
        buf_puts(out, "}  # ? zone\n");
}

static int put_proposals(const struct devices *d) {
        json_t *all = sorted(d, true), *taken = json_object(), *names = names_of(d);
        _cleanup_buf_ struct buf out = BUF_INIT;
        size_t n = json_array_size(all);

        if (n)
                buf_puts(&out,
                         "# Proposed from what was heard; # ? is for you to say. Class and id are guesses.\nassets:\n");
        for (size_t i = 0; i < n; i++)
                put_proposal(d, json_array_get(all, i), names, taken, &out);
        json_decref(all);
        json_decref(names);
        json_decref(taken);
        if (!n)
                (void)fprintf(stderr, "the site knows every device that was heard\n");
        return command_put(&out, false);
}

static int put_all(const struct devices *d) {
        json_t *all = sorted(d, d->s.args->values[UNKNOWN] != NULL), *device;
        size_t i;

        if (d->left_out)
                (void)fprintf(stderr, "more than %d devices: some are not shown\n", DEVICES_MAX);
        if (d->s.args->json)
                return command_put_json(all, JSON_COMPACT) ? 1 : 0;
        json_array_foreach(all, i, device) put_device(device);
        (void)printf("%s%zu devices%s\n", i ? "\n" : "", i,
                     d->s.args->values[UNKNOWN] ? " that the site does not know" : "");
        json_decref(all);
        return fflush(stdout) == EOF;
}

/* ---- the command ---- */

static int devices_run(const struct command_args *args) {
        struct devices d = { .left_out = 0 };
        const struct sensors_watch watch = { &d, on_event, on_saying, on_message };
        int r;

        if (args->argc > 1)
                return sensors_usage("devices", "one source at a time", "join the files: they are lines");
        r = sensors_open(&d.s, "devices", args);
        if (r)
                return r;
        d.all = json_object();
        d.heard = json_array();
        r = d.all && d.heard ? sensors_play(&d.s, args->argc ? args->argv[0] : NULL, &watch) : 1;
        if (!r)
                r = args->values[PROPOSE] ? put_proposals(&d) : put_all(&d);
        json_decref(d.all);
        json_decref(d.heard);
        sensors_close(&d.s);
        return r;
}

const struct command command_sensors_devices = {
        .name = "sensors devices",
        .synopsis = "sensors devices [FILE|-] [--unknown] [--propose] [--from TIME] [--to TIME] [--json]",
        .help = "devices that were heard, with type, kinds, last time and asset; or assets for those without",
        .text = "Reads the daemon's journal where it may be read, else the history in PostgreSQL, or FILE, and decodes "
                "it "
                "with the types as they stand. --propose writes YAML for the site model: an asset for each device that "
                "the site does not know, with a class guessed from what it tells, or as its own inventory message "
                "says. "
                "It goes to standard output; nothing else is written.",
        .options = devices_options,
        .run = devices_run,
};
