/* Every route there is. What has no row is refused; a test holds the rows against openapi.yaml. */
#include "console/console_internal.h"

#define GET     "GET"
#define POST    "POST"

#define ANYBODY ROLE_ANYBODY
#define DESK    (ROLE_OPERATOR | ROLE_SUPERVISOR)
#define READERS (DESK | ROLE_AUDITOR | ROLE_ADMINISTRATOR)
#define ACTORS  (DESK | ROLE_MAINTENANCE | ROLE_INTEGRATOR | ROLE_ADMINISTRATOR)
#define CHIEFS  (ROLE_SUPERVISOR | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

/* As ANYBODY, but not for those without a role: who has left may still have a password. */
#define ROLES (READERS | ROLE_MAINTENANCE | ROLE_INTEGRATOR)

/* What is now. A stream that begins before the roles are known waits, as one does that begins before the rest is. */
#define LOOK   (ROLES | ROLE_PROGRAM | ROLE_UNTOLD)
#define SCREEN (LOOK | ROLE_WALLBOARD)
#define OWN    (ROLE_ANYBODY | ROLE_WALLBOARD)

/* clang-format off */
const struct route routes[] = {
        { POST, "/login", ROLE_PUBLIC, SCOPE_NONE, true, on_login, "log in" },
        { POST, "/logout", OWN, SCOPE_NONE, true, on_logout, "end this session" },
        { GET, "/session", OWN, SCOPE_LIVE, true, on_session, "who I am" },
        { POST, "/session/lock", ANYBODY, SCOPE_NONE, true, on_lock, "lock this session" },
        { POST, "/session/unlock", ANYBODY, SCOPE_NONE, true, on_unlock, "go on after idle" },
        { POST, "/session/password", ANYBODY, SCOPE_NONE, true, on_password, "change my password" },
        { POST, "/session/factor", ANYBODY, SCOPE_NONE, false, on_factor, "begin a second factor of mine" },
        { POST, "/session/factor/confirm", ANYBODY, SCOPE_NONE, false, on_factor_confirm, "it is in force" },
        { POST, "/wallboards", ROLE_SUPERVISOR | ROLE_ADMINISTRATOR, SCOPE_NONE, false, on_invite, "a code for a screen" },
        { POST, "/wallboards/login", ROLE_PUBLIC, SCOPE_NONE, true, on_wallboard, "log a screen in" },
        { GET, "/stream", SCREEN, SCOPE_LIVE, true, stream_begin, "what is, and every change" },
        { GET, "/live", SCREEN, SCOPE_LIVE, true, on_live, "what is" },
        { GET, "/alarms/{alarm}", ROLES, SCOPE_LIVE, true, on_alarm, "one alarm, and why it came" },
        { GET, "/incidents/{incident}", READERS | ROLE_MAINTENANCE, SCOPE_LIVE, true, on_incident, "one incident" },
        { GET, "/incidents/{incident}/case", CHIEFS, SCOPE_NONE, true, on_case, "one incident as a file" },
        { GET, "/acts", LOOK, SCOPE_LIVE, true, on_acts, "the table of acts" },
        { POST, "/acts/{act}", ACTORS, SCOPE_ACT, false, on_act, "do it" },
        { GET, "/requests", ACTORS, SCOPE_NONE, true, on_requests, "what waits for a second person" },
        { POST, "/requests/{request}/agree", ACTORS, SCOPE_NONE, false, on_agree, "be the second person" },
        { POST, "/requests/{request}/refuse", ACTORS, SCOPE_NONE, false, on_refuse, "say no, or take it back" },
        { GET, "/history/{what}", READERS, SCOPE_HISTORY, true, on_history, "search what was" },
        { GET, "/moment", READERS, SCOPE_HISTORY, true, on_moment, "what stood open then" },
        { GET, "/exports", CHIEFS, SCOPE_NONE, true, on_exports, "my exports" },
        { POST, "/exports", CHIEFS, SCOPE_NONE, false, on_export, "prepare one" },
        { GET, "/exports/{export}", CHIEFS, SCOPE_NONE, true, on_export_progress, "how far it is" },
        { POST, "/exports/{export}/cancel", CHIEFS, SCOPE_NONE, false, on_export_cancel, "stop it" },
        { GET, "/exports/{export}/data", CHIEFS, SCOPE_NONE, false, on_export_data, "its rows" },
        { GET, "/figures", READERS, SCOPE_FIGURES, true, on_figures, "the named questions" },
        { GET, "/figures/{figure}", READERS, SCOPE_FIGURES, true, on_figure, "ask one" },
        { GET, "/reports", CHIEFS, SCOPE_HISTORY, true, on_reports, "the reports there are" },
        { GET, "/reports/{report}", CHIEFS, SCOPE_HISTORY, true, on_report, "make one" },
        { GET, "/records", READERS | ROLE_MAINTENANCE, SCOPE_HISTORY, true, on_records, "kinds of records" },
        { GET, "/records/{kind}", READERS | ROLE_MAINTENANCE, SCOPE_HISTORY, true, on_records_of, "records of a kind" },
        { GET, "/site", SCREEN, SCOPE_LIVE, true, on_site, "zones, assets, modes" },
        { GET, "/plans/{plan}", SCREEN, SCOPE_LIVE, true, on_plan, "a floor plan" },
        { GET, "/rules", READERS | ROLE_INTEGRATOR, SCOPE_LIVE, true, on_rules, "the rules in force" },
        { GET, "/sensors", ROLES, SCOPE_LIVE, true, on_sensors, "sensor types" },
        { GET, "/sensors/unknown", CHIEFS | ROLE_INTEGRATOR, SCOPE_HISTORY, true, on_unknown, "messages that no type explains" },
        { GET, "/sensors/draft", CHIEFS | ROLE_INTEGRATOR, SCOPE_HISTORY, true, on_draft, "a type that would" },
        { GET, "/devices", ROLES, SCOPE_HISTORY, true, on_devices, "devices heard" },
        { GET, "/operators", CHIEFS, SCOPE_NONE, true, on_operators, "who may act" },
        { POST, "/operators/{name}/factor/off", ROLE_ADMINISTRATOR, SCOPE_NONE, false, on_factor_off, "take a second factor away" },
        { GET, "/sessions", ANYBODY, SCOPE_NONE, true, on_sessions, "who is logged in" },
        { POST, "/sessions/{session}/end", ANYBODY, SCOPE_NONE, false, on_session_end, "end one" },
        { GET, "/audit", ROLES_AUDIT, SCOPE_HISTORY, true, on_audit, "who did what" },
        { GET, "/status", ROLES, SCOPE_LIVE, true, on_status, "health in full" },
        { GET, "/health", ROLE_PUBLIC, SCOPE_NONE, true, on_health, "health in short" },
        { GET, "/openapi.yaml", ROLE_PUBLIC, SCOPE_NONE, true, on_openapi, "the interface" },
};
/* clang-format on */
const size_t routes_n = sizeof routes / sizeof *routes;
