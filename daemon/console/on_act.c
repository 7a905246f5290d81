/*
 * Acts go to the engine, which knows who may do what; its answer goes back as it is. The id of the request gets the
 * actor's name before it: nobody is given the answer to somebody else's act because they chose the same id.
 */
#include "console/console_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX 60

static void on_table(void *userdata, const json_t *answer) {
        struct call *call = userdata;
        json_t *acts = json_object_get(answer, "acts");

        if (acts)
                api_answer(call, 200, json_pack("{s:O}", "acts", acts));
        else
                api_refuse(call, 503, "engine-away", "the engine does not answer", "try again in a while");
}

void on_acts(struct call *call) {
        engine_link_ask(call->console->engine, json_pack("{s:s}", "cmd", "acts"), on_table, call);
}

static int code_of(const json_t *answer) {
        const char *name = json_string_value(json_object_get(json_object_get(answer, "error"), "name"));
        static const struct {
                const char *name;
                int code;
        } codes[] = {
                { "role", 403 },          { "unknown-operator", 403 },
                { "malformed", 400 },     { "unknown", 404 },
                { "unknown-alarm", 404 }, { "unknown-command", 404 },
                { "id-needed", 400 },     { "busy", 429 },
                { "journal-full", 503 },  { "often", 429 },
                { "too-large", 413 },
        };

        if (json_is_true(json_object_get(answer, "ok")))
                return 200;
        for (size_t i = 0; name && i < sizeof codes / sizeof *codes; i++)
                if (strcmp(name, codes[i].name) == 0)
                        return codes[i].code;
        return 409;
}

static void on_answer(void *userdata, const json_t *answer) {
        struct call *call = userdata;
        json_t *copy = answer ? json_copy((json_t *)answer) : NULL;

        if (!answer) {
                api_refuse(call, 503, "engine-away", "no answer came from the engine",
                           "repeat with the same `id` to learn what became of it");
                return;
        }
        if (json_object_get(call->body, "id"))
                (void)json_object_set(copy, "id", json_object_get(call->body, "id"));
        api_answer(call, code_of(answer), copy);
}

/* What no key may, whatever the roles of its name. */
static bool for_people(const char *act) {
        static const char *const acts[] = { "dispose",      "approve",        "reject",
                                            "operator-add", "operator-roles", "operator-remove" };

        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
                if (strcmp(act, acts[i]) == 0)
                        return true;
        return false;
}

/* Not what workers say, and not what asks. */
static bool is_act(const char *act) {
        static const char *const others[] = { "notice", "status", "follow", "reader",        "cursor",
                                              "acts",   "site",   "rules",  "clock-confirm", "notification-result" };

        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                if (strcmp(act, others[i]) == 0)
                        return false;
        return strspn(act, "abcdefghijklmnopqrstuvwxyz-") == strlen(act) && *act;
}

static json_t *request_of(struct call *call, const char *id) {
        json_t *request = json_copy(call->body);

        if (!request || json_object_set_new(request, "cmd", json_string(call->param)) < 0 ||
            json_object_set_new(request, "as", json_string(call->who.name)) < 0 ||
            json_object_set_new(request, "id", json_sprintf("c:%s:%s", call->who.name, id)) < 0) {
                json_decref(request);
                return NULL;
        }
        /* who may and by whom it came is said by the engine */
        (void)json_object_del(request, "roles");
        (void)json_object_del(request, "via");
        return request;
}

void act_send(struct call *call, json_t *request) {
        if (request && engine_link_busy(call->console->engine, json_string_value(json_object_get(request, "id")))) {
                json_decref(request);
                api_refuse(call, 429, "busy", "the same act is on its way", "wait for its answer");
                return;
        }
        engine_link_ask(call->console->engine, request, on_answer, call);
}

void on_act(struct call *call) {
        const char *id;
        json_t *request;

        if (!is_act(call->param)) {
                api_refuse(call, 404, "unknown", "there is no such act", "GET /api/v1/acts lists them");
                return;
        }
        if (call->who.key && for_people(call->param)) {
                api_refuse(call, 403, "people", "that is for people to decide", "log in");
                return;
        }
        id = api_word(call, "id", ID_MAX);
        if (!id)
                return;
        request = request_of(call, id);
        if (!request || !second_ask(call, request))
                act_send(call, request);
}
