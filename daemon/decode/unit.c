#include "decode/unit.h"

/* clang-format off */
const struct unit units[] = {
        { "fahrenheit", "celsius", 5.0 / 9, -160.0 / 9 },
        { "kelvin", "celsius", 1, -273.15 },
        { "permille", "percent", 0.1, 0 },
        { "ratio", "percent", 100, 0 },
        { "pascal", "hectopascal", 0.01, 0 },
        { "kilopascal", "hectopascal", 10, 0 },
        { "megapascal", "hectopascal", 10000, 0 },
        { "millibar", "hectopascal", 1, 0 },
        { "bar", "hectopascal", 1000, 0 },
        { "atmosphere", "hectopascal", 1013.25, 0 },
        { "psi", "hectopascal", 68.947572931683609, 0 },
        { "millimeter_of_mercury", "hectopascal", 1.33322387415, 0 },
        { "inch_of_mercury", "hectopascal", 33.863886, 0 },
        { "kilolux", "lux", 1000, 0 },
        { "foot_candle", "lux", 10.763910416709722, 0 },
        { "ppb", "ppm", 0.001, 0 },
        { "volume_percent", "ppm", 10000, 0 },
        { "millimeter", "meter", 0.001, 0 },
        { "centimeter", "meter", 0.01, 0 },
        { "kilometer", "meter", 1000, 0 },
        { "inch", "meter", 0.0254, 0 },
        { "foot", "meter", 0.3048, 0 },
        { "yard", "meter", 0.9144, 0 },
        { "mile", "meter", 1609.344, 0 },
        { "nanosievert_per_hour", "microsievert_per_hour", 0.001, 0 },
        { "millisievert_per_hour", "microsievert_per_hour", 1000, 0 },
        { "kilometer_per_hour", "meter_per_second", 1 / 3.6, 0 },
        { "mile_per_hour", "meter_per_second", 0.44704, 0 },
        { "foot_per_second", "meter_per_second", 0.3048, 0 },
        { "knot", "meter_per_second", 1852.0 / 3600, 0 },
        { "inch_per_hour", "millimeter_per_hour", 25.4, 0 },
        { "microvolt", "volt", 1e-6, 0 },
        { "millivolt", "volt", 0.001, 0 },
        { "kilovolt", "volt", 1000, 0 },
        { "microampere", "ampere", 1e-6, 0 },
        { "milliampere", "ampere", 0.001, 0 },
        { "kiloampere", "ampere", 1000, 0 },
        { "milliwatt", "watt", 0.001, 0 },
        { "kilowatt", "watt", 1000, 0 },
        { "megawatt", "watt", 1e6, 0 },
        { "watt_hour", "kilowatt_hour", 0.001, 0 },
        { "megawatt_hour", "kilowatt_hour", 1000, 0 },
        { "kilojoule", "kilowatt_hour", 1 / 3600.0, 0 },
        { "megajoule", "kilowatt_hour", 1 / 3.6, 0 },
};
/* clang-format on */
const size_t units_n = sizeof units / sizeof *units;

const struct unit *unit_find(struct ww_str name, struct ww_str to) {
        for (size_t i = 0; i < units_n; i++)
                if (ww_str_is(name, units[i].name) && ww_str_is(to, units[i].to))
                        return &units[i];
        return NULL;
}
