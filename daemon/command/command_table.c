/* The rows, in the order of the help. A new command is one file and one row here. */
#include "command/command.h"

extern const struct command command_help, command_run_daemon, command_check, command_rules;
extern const struct command command_broker;
extern const struct command command_sensors, command_test, command_replay, command_explain;
extern const struct command command_alarms, command_ack, command_unack, command_reset, command_mode, command_list;
extern const struct command command_silence, command_shelve, command_unshelve;
extern const struct command command_out_of_service, command_return_to_service;
extern const struct command command_act, command_open, command_event;
extern const struct command command_status, command_metrics, command_clock;
extern const struct command command_reload;
extern const struct command command_retention;
extern const struct command command_journal, command_migrate, command_engine, command_store, command_auth,
        command_console;
extern const struct command command_user;
extern const struct command command_query;
extern const struct command command_case;
extern const struct command command_verify, command_export, command_keys;
extern const struct command command_report;
extern const struct command command_notify;
extern const struct command command_record, command_records;
extern const struct command command_sandbox;

const struct command *const command_table[] = {
        /* clang-format off */
        &command_help,
        &command_run_daemon,
        &command_check,
        &command_rules,
        &command_reload,
        &command_sensors,
        &command_broker,
        &command_test,
        &command_replay,
        &command_explain,
        &command_alarms,
        &command_ack,
        &command_unack,
        &command_reset,
        &command_silence,
        &command_shelve,
        &command_unshelve,
        &command_out_of_service,
        &command_return_to_service,
        &command_open,
        &command_act,
        &command_record,
        &command_records,
        &command_event,
        &command_mode,
        &command_list,
        &command_user,
        &command_query,
        &command_case,
        &command_report,
        &command_status,
        &command_metrics,
        &command_clock,
        &command_journal,
        &command_migrate,
        &command_retention,
        &command_verify,
        &command_sandbox,
        &command_export,
        &command_keys,
        &command_engine,
        &command_store,
        &command_auth,
        &command_console,
        &command_notify,
        /* clang-format on */
};

const size_t command_table_n = sizeof command_table / sizeof *command_table;
