#pragma once
/*
 * Records as JSON: what the feed, the CLI and `journal dump` show. Field names are those of the structs; instants are
 * RFC 3339 text; enums are their names; bytes that are not UTF-8 are {"base64": "…"}. New references, NULL without
 * memory.
 */
#include <jansson.h>
#include <wardwatch/record.h>

json_t *record_json_str(struct ww_str s);
json_t *record_json_time(int64_t usec); /* null for WW_TIME_NONE */
json_t *record_json_value(struct ww_value v);
json_t *record_json_input(const struct ww_input *input);
json_t *record_json_output(const struct ww_output *output);
json_t *record_json_event(const struct ww_event *event);
json_t *record_json_alarm(const struct ww_alarm *alarm); /* with "state", derived */
json_t *record_json_transition(const struct ww_transition *transition);
json_t *record_json_change(const struct ww_change *change); /* "body" is an object in it */
