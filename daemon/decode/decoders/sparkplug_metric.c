/*
 * Metrics. On the wire an integer is unsigned, whatever its type: a signed one is its two's complement, in 32 bits, in
 * 64, or (some senders) an 8-bit one in 64. So the declared type says how many of the low bits count. A message after
 * the birth need not say the type again; it is the birth's then.
 */
#include "decode/decoders/sparkplug_metric.h"

#define PROPERTIES_MAX 16 /* of one metric; the others are left out */
#define NODES_OWN      21 /* of the document: the object, and ten members */

enum sparkplug_read { /* how an integer on the wire is to be read */
                      READ_UNSIGNED,
                      READ_I8,
                      READ_I16,
                      READ_I32,
                      READ_I64,
                      READ_BOOLEAN,
                      READ_TIME,
};

static const struct {
        const char *name;
        enum sparkplug_read read;
} datatypes[] = {
        [0] = { "Unknown", READ_UNSIGNED },
        [1] = { "Int8", READ_I8 },
        [2] = { "Int16", READ_I16 },
        [3] = { "Int32", READ_I32 },
        [4] = { "Int64", READ_I64 },
        [5] = { "UInt8", READ_UNSIGNED },
        [6] = { "UInt16", READ_UNSIGNED },
        [7] = { "UInt32", READ_UNSIGNED },
        [8] = { "UInt64", READ_UNSIGNED },
        [9] = { "Float", READ_UNSIGNED },
        [10] = { "Double", READ_UNSIGNED },
        [11] = { "Boolean", READ_BOOLEAN },
        [12] = { "String", READ_UNSIGNED },
        [13] = { "DateTime", READ_TIME },
        [14] = { "Text", READ_UNSIGNED },
        [15] = { "UUID", READ_UNSIGNED },
        [16] = { "DataSet", READ_UNSIGNED },
        [17] = { "Bytes", READ_UNSIGNED },
        [18] = { "File", READ_UNSIGNED },
        [19] = { "Template", READ_UNSIGNED },
        [20] = { "PropertySet", READ_UNSIGNED },
        [21] = { "PropertySetList", READ_UNSIGNED },
};

bool sparkplug_metric_integer(const Sparkplug__Metric *m, uint64_t *ret) {
        if (m->value_case == SPARKPLUG__METRIC__VALUE_INT_VALUE)
                *ret = m->int_value;
        else if (m->value_case == SPARKPLUG__METRIC__VALUE_LONG_VALUE)
                *ret = m->long_value;
        else
                return false;
        return true;
}

/* What the value is, for the type's conditions. */
static const char *write_integer(struct decoder_out *out, uint64_t v, enum sparkplug_read how) {
        switch (how) {
        case READ_I8:
                decoder_integer(out, (int8_t)v);
                break;
        case READ_I16:
                decoder_integer(out, (int16_t)v);
                break;
        case READ_I32:
                decoder_integer(out, (int32_t)v);
                break;
        case READ_I64:
                decoder_integer(out, (int64_t)v);
                break;
        case READ_BOOLEAN:
                decoder_bool(out, v != 0);
                return "boolean";
        case READ_TIME:
                decoder_unsigned(out, v);
                return "time";
        case READ_UNSIGNED:
                decoder_unsigned(out, v);
                break;
        }
        return "number";
}

static const char *write_value(struct decoder_out *out, const Sparkplug__Metric *m, enum sparkplug_read how) {
        uint64_t integer;

        if (m->is_null) {
                decoder_null(out);
                return "null";
        }
        if (sparkplug_metric_integer(m, &integer))
                return write_integer(out, integer, how);
        switch (m->value_case) {
        case SPARKPLUG__METRIC__VALUE_FLOAT_VALUE:
                decoder_float(out, m->float_value);
                return "number";
        case SPARKPLUG__METRIC__VALUE_DOUBLE_VALUE:
                decoder_number(out, m->double_value);
                return "number";
        case SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE:
                decoder_bool(out, m->boolean_value);
                return "boolean";
        case SPARKPLUG__METRIC__VALUE_STRING_VALUE:
                decoder_text(out, sparkplug_text(m->string_value));
                return "text";
        case SPARKPLUG__METRIC__VALUE_BYTES_VALUE:
                decoder_hex(out, sparkplug_text(m->bytes_value));
                return "bytes";
        case SPARKPLUG__METRIC__VALUE_INT_VALUE:
        case SPARKPLUG__METRIC__VALUE_LONG_VALUE:
        case SPARKPLUG__METRIC__VALUE_DATASET_VALUE:
        case SPARKPLUG__METRIC__VALUE_TEMPLATE_VALUE:
        case SPARKPLUG__METRIC__VALUE_EXTENSION_VALUE:
        case SPARKPLUG__METRIC__VALUE__NOT_SET:
        case _SPARKPLUG__METRIC__VALUE__CASE_IS_INT_SIZE:
                break;
        }
        decoder_null(out);
        return "other";
}

static void write_property(struct decoder_out *out, const Sparkplug__PropertyValue *v) {
        switch (v->is_null ? SPARKPLUG__PROPERTY_VALUE__VALUE__NOT_SET : v->value_case) {
        case SPARKPLUG__PROPERTY_VALUE__VALUE_INT_VALUE:
                decoder_integer(out, (int32_t)v->int_value);
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_LONG_VALUE:
                decoder_integer(out, (int64_t)v->long_value);
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_FLOAT_VALUE:
                decoder_float(out, v->float_value);
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_DOUBLE_VALUE:
                decoder_number(out, v->double_value);
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_BOOLEAN_VALUE:
                decoder_bool(out, v->boolean_value);
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_STRING_VALUE:
                decoder_text(out, sparkplug_text(v->string_value));
                return;
        case SPARKPLUG__PROPERTY_VALUE__VALUE_PROPERTYSET_VALUE:
        case SPARKPLUG__PROPERTY_VALUE__VALUE_PROPERTYSETS_VALUE:
        case SPARKPLUG__PROPERTY_VALUE__VALUE_EXTENSION_VALUE:
        case SPARKPLUG__PROPERTY_VALUE__VALUE__NOT_SET:
        case _SPARKPLUG__PROPERTY_VALUE__VALUE__CASE_IS_INT_SIZE:
                break;
        }
        decoder_null(out);
}

static size_t write_properties(struct decoder_out *out, const Sparkplug__PropertySet *set) {
        size_t n = set->n_keys < set->n_values ? set->n_keys : set->n_values;

        n = n < PROPERTIES_MAX ? n : PROPERTIES_MAX;
        decoder_key(out, WW_STR("properties"));
        decoder_object_begin(out);
        for (size_t i = 0; i < n; i++) {
                decoder_key(out, sparkplug_text(set->keys[i]));
                write_property(out, set->values[i]);
        }
        decoder_object_end(out);
        return 2 + 2 * n;
}

static struct ww_str name_of(struct decoder_out *out, const Sparkplug__Metric *m,
                             const struct sparkplug_metric *known) {
        if (sparkplug_metric_named(m))
                return sparkplug_text(m->name);
        return known ? known->name : decoder_printf(out, "alias:%llu", (unsigned long long)m->alias);
}

size_t sparkplug_metric_write(struct decoder_out *out, const Sparkplug__Metric *m, const struct sparkplug_metric *known,
                              uint64_t otherwise) {
        uint32_t datatype = m->has_datatype ? m->datatype : known ? known->datatype : 0;
        uint64_t time = m->has_timestamp ? m->timestamp : otherwise;
        bool named = datatype < sizeof datatypes / sizeof *datatypes;
        const char *is;

        decoder_object_begin(out);
        decoder_put_text(out, "what", WW_STR("metric"));
        decoder_put_text(out, "name", name_of(out, m, known));
        decoder_put_text(out, "type", ww_str(named ? datatypes[datatype].name : "Unknown"));
        decoder_key(out, WW_STR("value"));
        is = write_value(out, m, named ? datatypes[datatype].read : READ_UNSIGNED);
        decoder_put_text(out, "is", ww_str(is));
        if (time)
                decoder_put_unsigned(out, "time", time);
        if (m->is_historical)
                decoder_put_bool(out, "historical", true);
        if (m->is_transient)
                decoder_put_bool(out, "transient", true);
        if (m->has_alias)
                decoder_put_unsigned(out, "alias", m->alias);
        otherwise = m->properties ? write_properties(out, m->properties) : 0;
        decoder_object_end(out);
        return NODES_OWN + (size_t)otherwise;
}
