/*
 * Records of the kinds that rules/records describes. Kinds are the engine's to tell, rows come from the history; a kind
 * that names who reads it is shown to nobody else, and reading it is recorded by the database.
 */
#include "console/search.h"

#include <string.h>

/* `read` of a kind: the roles that may; none named = everybody. */
static bool may_read(const struct call *call, const json_t *kind) {
        const json_t *roles = json_object_get(kind, "read"), *role;
        size_t i;

        json_array_foreach(roles, i,
                           role) for (size_t k = 0; k < ROLES_N;
                                      k++) if ((call->who.roles & 1U << k) &&
                                               strcmp(json_string_value(role), role_names[k]) == 0) return true;
        return json_array_size(roles) == 0;
}

void on_records(struct call *call) {
        json_t *kinds = site_part(call, "kinds"), *list, *one;
        size_t i;

        if (!kinds)
                return;
        list = json_array();
        json_array_foreach(kinds, i, one) if (may_read(call, one))(void) json_array_append(list, one);
        api_answer(call, 200, json_pack("{s:o}", "kinds", list));
}

void on_records_of(struct call *call) {
        json_t *kinds = site_part(call, "kinds"), *kind = site_find(kinds, "kind", call->param);
        bool restricted = json_array_size(json_object_get(kind, "read")) > 0;

        if (!kinds)
                return;
        if (!kind)
                api_refuse(call, 404, "unknown", "there is no such kind", "see GET /api/v1/records");
        else if (!may_read(call, kind))
                api_refuse(call, 403, "role", "your roles do not read this kind", "ask somebody whose roles do");
        else
                search_records(call,
                               restricted                  ? "records-restricted"
                               : api_query(call, "record") ? "record-versions"
                                                           : "records",
                               call->param);
}
