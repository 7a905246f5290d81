/*
 * Every metric there is, in the order in which it is shown. Included by metrics.h and metrics.c with X defined:
 *
 *   X(id, name, type, kind, where, labels, status, help)
 *
 * type    COUNTER: only grows while the process lives; GAUGE: a state
 * kind    how `wardwatch status` shows the value: COUNT (whole number), REAL, FLAG (true, false), TIME (an instant; a
 *         metric in seconds since 1970), MILLI (milliseconds; a metric in seconds), INFO (the label; a metric of 1),
 *         STATE (the last label whose value is 1; a metric for each state that there could be)
 * where   the processes that tell it
 * labels  their names, separated by blanks
 * status  where `wardwatch status` shows it, % = the value of the first label; "" = nowhere
 *
 * Names follow Prometheus: base units, `_total` for counters, one unit for all values under one name.
 */
/* clang-format off */

/* --- each process --- */
X(BUILD_INFO, "wardwatch_build_info", GAUGE, INFO, ALL, "version", "",
  "1; the label says which version runs")
X(PROCESS_START, "process_start_time_seconds", GAUGE, REAL, ALL, "", "",
  "when the process began, in seconds since 1970")
X(PROCESS_CPU, "process_cpu_seconds_total", COUNTER, REAL, ALL, "", "",
  "processor time, user and system")
X(PROCESS_MEMORY, "process_resident_memory_bytes", GAUGE, COUNT, ALL, "", "",
  "resident memory, mapped pages of the journal included")
X(PROCESS_FILES, "process_open_fds", GAUGE, COUNT, ALL, "", "",
  "open file descriptors")
X(PROCESS_FILES_MAX, "process_max_fds", GAUGE, COUNT, ALL, "", "",
  "open file descriptors at most")
X(SCRAPES, "wardwatch_metrics_scrapes_total", COUNTER, COUNT, ALL, "", "",
  "answers to GET /metrics")
X(SCRAPE_SECONDS, "wardwatch_metrics_collect_seconds", GAUGE, REAL, ALL, "", "",
  "how long the process's loop was kept by the collection before this one")
X(QUEUE_LENGTH, "wardwatch_queue_length", GAUGE, COUNT, ALL, "queue", "queues.%.length",
  "what waits in a queue")
X(QUEUE_LIMIT, "wardwatch_queue_limit", GAUGE, COUNT, ALL, "queue", "queues.%.limit",
  "how much may wait there")
X(QUEUE_BYTES, "wardwatch_queue_bytes", GAUGE, COUNT, ALL, "queue", "queues.%.bytes",
  "bytes that wait in a queue; of several of one kind, in the fullest")
X(QUEUE_LIMIT_BYTES, "wardwatch_queue_limit_bytes", GAUGE, COUNT, ALL, "queue", "queues.%.limit_bytes",
  "how many bytes may wait there")
X(QUEUE_DROPPED, "wardwatch_queue_dropped_total", COUNTER, COUNT, ALL, "queue", "queues.%.dropped",
  "what was refused or dropped because the queue was full")

/* --- supervisor --- */
X(SUPERVISOR_READY, "wardwatch_supervisor_ready", GAUGE, FLAG, SUPERVISOR, "", "",
  "1 once everything has run that alarms need")
X(SUPERVISOR_RELOADS, "wardwatch_supervisor_reloads_total", COUNTER, COUNT, SUPERVISOR, "result", "",
  "reloads whose files were right (taken) or not (refused)")
X(WORKER_STATE, "wardwatch_worker_state", GAUGE, STATE, SUPERVISOR, "worker state", "workers[].state",
  "1 for the state that the worker is in")
X(WORKER_RESTARTS, "wardwatch_worker_restarts_total", COUNTER, COUNT, SUPERVISOR, "worker", "workers[].restarts",
  "deaths of the worker, each followed by a start")
X(WORKER_SINCE, "wardwatch_worker_state_since_timestamp_seconds", GAUGE, TIME, SUPERVISOR, "worker", "workers[].since",
  "when it came into its state, in seconds since 1970")
X(WORKER_SIGNS, "wardwatch_worker_signs_of_life_total", COUNTER, COUNT, SUPERVISOR, "worker", "",
  "what the worker said to the supervisor, at least one a second; after supervisor.hung_after without one it is killed")

/* --- engine: the turn --- */
X(ENGINE_UP, "wardwatch_engine_up_seconds", GAUGE, REAL, ENGINE, "", "up_s",
  "since the engine began")
X(ENGINE_CAREFUL, "wardwatch_engine_careful", GAUGE, FLAG, ENGINE, "", "careful",
  "1 while it takes one message a turn, after two deaths")
X(ENGINE_BLIND, "wardwatch_engine_blind", GAUGE, FLAG, ENGINE, "", "blind",
  "1 while a session is not live: absence and supervision stand still")
X(ENGINE_TIME, "wardwatch_engine_journal_timestamp_seconds", GAUGE, TIME, ENGINE, "", "journal_time",
  "journal time of the newest record, in seconds since 1970")
X(ENGINE_CLOCK_HELD, "wardwatch_engine_clock_held", GAUGE, FLAG, ENGINE, "", "clock_held",
  "1 while a forward step of the clock waits for `wardwatch clock confirm`")
X(ENGINE_CLOCK_AHEAD, "wardwatch_engine_clock_ahead_seconds", GAUGE, REAL, ENGINE, "", "clock_ahead_s",
  "how far journal time is before the wall clock; below 0: behind it")
X(ENGINE_WATERMARK_LAG, "wardwatch_engine_watermark_lag_seconds", GAUGE, REAL, ENGINE, "", "watermark_lag_s",
  "journal time less the watermark of a rule with the usual `wait`: that wait, and more while blind")
X(ENGINE_OVERDUE, "wardwatch_engine_overdue_seconds", GAUGE, REAL, ENGINE, "", "overdue_s",
  "how long the earliest deadline has been due: how far the engine is behind")
X(ENGINE_MESSAGE_RATE, "wardwatch_engine_messages_per_second", GAUGE, REAL, ENGINE, "", "messages_per_s",
  "messages taken, an average over some seconds")
X(ENGINE_TURN_RATE, "wardwatch_engine_turns_per_second", GAUGE, REAL, ENGINE, "", "turns_per_s",
  "turns, an average over some seconds")
X(ENGINE_TURNS, "wardwatch_engine_turns_total", COUNTER, COUNT, ENGINE, "", "turns",
  "turns that committed something")
X(ENGINE_REPLAYED, "wardwatch_engine_replayed_inputs_total", COUNTER, COUNT, ENGINE, "", "replayed",
  "inputs that the start replayed")
X(ENGINE_DIFFERS, "wardwatch_engine_replay_differences_total", COUNTER, COUNT, ENGINE, "", "replay_differs",
  "replayed inputs whose conclusions were not those written")

/* --- engine: MQTT --- */
X(MQTT_STATE, "wardwatch_mqtt_session_state", GAUGE, STATE, ENGINE, "session state", "sessions.%.state",
  "1 for the state that the session is in; `live`: connected, and the backlog is taken")
X(MQTT_PAUSED, "wardwatch_mqtt_session_paused", GAUGE, FLAG, ENGINE, "session", "sessions.%.closed_by_us",
  "1 while the journal is too full: messages wait at the broker")
X(MQTT_CONNECTED, "wardwatch_mqtt_session_connected_seconds", GAUGE, REAL, ENGINE, "session",
  "sessions.%.connected_for_s", "since the session was connected, 0 = it is not")
X(MQTT_MESSAGES, "wardwatch_mqtt_messages_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.messages",
  "messages received")
X(MQTT_BYTES, "wardwatch_mqtt_received_bytes_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.bytes",
  "bytes of their topics and payloads")
X(MQTT_REDELIVERED, "wardwatch_mqtt_redelivered_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.redelivered",
  "messages that were in the journal already, and not taken again")
X(MQTT_HELD, "wardwatch_mqtt_acks_held", GAUGE, COUNT, ENGINE, "session", "sessions.%.acks_held",
  "messages received whose acknowledgement waits for a commit")
X(MQTT_HELD_LIMIT, "wardwatch_mqtt_acks_limit", GAUGE, COUNT, ENGINE, "session", "sessions.%.acks_limit",
  "acknowledgements that may be owed (mqtt.batch); the broker waits then")
X(MQTT_UNREAD, "wardwatch_mqtt_acks_unread", GAUGE, COUNT, ENGINE, "session", "sessions.%.acks_unread",
  "messages received whose acknowledgement the broker has not shown to have read")
X(MQTT_UNREAD_LIMIT, "wardwatch_mqtt_acks_unread_limit", GAUGE, COUNT, ENGINE, "session",
  "sessions.%.acks_unread_limit", "so many are remembered; beyond it, a redelivery would be taken for new")
X(MQTT_CONNECTS, "wardwatch_mqtt_connects_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.connects",
  "connections made")
X(MQTT_DISCONNECTS, "wardwatch_mqtt_disconnects_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.disconnects",
  "connections lost or closed")
X(MQTT_LOST, "wardwatch_mqtt_sessions_lost_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.sessions_lost",
  "times that the broker did not know our session any more")
X(MQTT_OWN, "wardwatch_mqtt_own_messages_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.own_topics_left_out",
  "messages under our own topics, left out")
X(MQTT_PUBLISHED, "wardwatch_mqtt_published_total", COUNTER, COUNT, ENGINE, "session", "sessions.%.published",
  "messages sent to devices; the fence is none")

/* --- engine: journal --- */
X(JOURNAL_HEAD, "wardwatch_journal_head", GAUGE, COUNT, ENGINE, "", "journal.head",
  "number of the newest input")
X(JOURNAL_TAIL, "wardwatch_journal_tail", GAUGE, COUNT, ENGINE, "", "journal.tail",
  "number of the oldest input")
X(JOURNAL_BYTES, "wardwatch_journal_size_bytes", GAUGE, COUNT, ENGINE, "", "journal.map_bytes",
  "size of the map")
X(JOURNAL_FILL, "wardwatch_journal_fill_ratio", GAUGE, REAL, ENGINE, "", "journal.fill",
  "how much of it is used, 0 to 1; at 0.85 the bulk session closes, at 0.95 the urgent one")
X(JOURNAL_LIVE, "wardwatch_journal_live_alarms", GAUGE, COUNT, ENGINE, "", "journal.live",
  "alarms that are not normal, as journaled")
X(JOURNAL_READERS, "wardwatch_journal_readers", GAUGE, COUNT, ENGINE, "", "journal.readers",
  "readers of the journal at this moment")
X(JOURNAL_COMMIT_SECONDS, "wardwatch_journal_commit_seconds_total", COUNTER, REAL, ENGINE, "", "",
  "time spent in commits; with wardwatch_engine_turns_total their mean")
X(JOURNAL_COMMIT_WORST, "wardwatch_journal_commit_worst_seconds", GAUGE, MILLI, ENGINE, "", "journal.commit_worst_ms",
  "the longest commit of the last 10 seconds")
X(JOURNAL_STORE_CURSOR, "wardwatch_journal_store_cursor", GAUGE, COUNT, ENGINE, "", "journal.store_cursor",
  "newest input that the store has reported as stored")
X(JOURNAL_STORE_LAG, "wardwatch_journal_store_lag", GAUGE, COUNT, ENGINE, "", "journal.store_lag",
  "inputs between it and the head")
X(JOURNAL_NOTIFY_CURSOR, "wardwatch_journal_notify_cursor", GAUGE, COUNT, ENGINE, "", "journal.notify_cursor",
  "newest input that the notifier has reported as read")
X(SNAPSHOT_INPUT, "wardwatch_snapshot_input", GAUGE, COUNT, ENGINE, "", "journal.snapshot",
  "input behind which the newest snapshot was taken")
X(SNAPSHOT_RUNNING, "wardwatch_snapshot_running", GAUGE, FLAG, ENGINE, "", "journal.snapshot_at_work",
  "1 while a snapshot is being written")
X(SNAPSHOTS, "wardwatch_snapshots_total", COUNTER, COUNT, ENGINE, "", "journal.snapshots",
  "snapshots written")
X(SNAPSHOTS_FAILED, "wardwatch_snapshots_failed_total", COUNTER, COUNT, ENGINE, "", "journal.snapshots_failed",
  "snapshots that could not be written")
X(SNAPSHOT_SECONDS, "wardwatch_snapshot_duration_seconds", GAUGE, REAL, ENGINE, "", "journal.snapshot_took_s",
  "how long the last one took, beside the engine")
X(SNAPSHOT_PAUSE, "wardwatch_snapshot_pause_seconds", GAUGE, MILLI, ENGINE, "", "journal.snapshot_pause_ms",
  "how long the last one kept the engine")
X(SNAPSHOT_TIME, "wardwatch_snapshot_timestamp_seconds", GAUGE, TIME, ENGINE, "", "journal.snapshot_time",
  "when the last one was whole, in seconds since 1970; absent if none was since the start")

/* --- engine: the stages --- */
X(TABLE_ENTRIES, "wardwatch_table_entries", GAUGE, COUNT, ENGINE, "table", "tables.%.entries",
  "entries of a bounded table in memory")
X(TABLE_LIMIT, "wardwatch_table_limit", GAUGE, COUNT, ENGINE, "table", "tables.%.limit",
  "entries that it may hold; then the oldest go or newcomers are refused")
X(DECODE_MESSAGES, "wardwatch_decode_messages_total", COUNTER, COUNT, ENGINE, "", "stages.decode.messages",
  "messages decoded")
X(DECODE_EVENTS, "wardwatch_decode_events_total", COUNTER, COUNT, ENGINE, "", "stages.decode.events",
  "events that they gave")
X(DECODE_REPEATS, "wardwatch_decode_repeats_total", COUNTER, COUNT, ENGINE, "", "stages.decode.repeats",
  "states and pulses that were told before, and gave no event")
X(DECODE_IGNORED, "wardwatch_decode_ignored_total", COUNTER, COUNT, ENGINE, "", "stages.decode.ignored",
  "messages that a sensor type says to ignore")
X(DECODE_UNDECODED, "wardwatch_decode_undecoded_total", COUNTER, COUNT, ENGINE, "", "stages.decode.undecoded",
  "messages that no sensor type could read")
X(DECODE_STATES, "wardwatch_decode_states", GAUGE, COUNT, ENGINE, "", "stages.decode.states",
  "states of devices that are remembered")
X(DECODE_STATE_BYTES, "wardwatch_decode_state_bytes", GAUGE, COUNT, ENGINE, "", "stages.decode.state_bytes",
  "memory of them")
X(DECODE_EVICTED, "wardwatch_decode_states_evicted_total", COUNTER, COUNT, ENGINE, "", "stages.decode.evicted",
  "states forgotten because their table was full")
X(DECODE_RESTORES, "wardwatch_decode_restores", GAUGE, COUNT, ENGINE, "", "stages.decode.restores",
  "states of devices that will end by themselves")
X(DECODE_RESTORED_EARLY, "wardwatch_decode_restored_early_total", COUNTER, COUNT, ENGINE, "",
  "stages.decode.restored_early", "states that ended before their time, because too many were to end by themselves")
X(DECODE_DRIFTED, "wardwatch_decode_drifted", GAUGE, COUNT, ENGINE, "", "stages.decode.drifted",
  "topics whose messages were understood once, and are not any more")
X(DECODE_FORGOTTEN, "wardwatch_decode_decoders_forgotten_total", COUNTER, COUNT, ENGINE, "",
  "stages.decode.forgotten", "nodes and devices that a built-in decoder forgot at its limit")
X(CORRELATE_EVENTS, "wardwatch_correlate_events_total", COUNTER, COUNT, ENGINE, "", "stages.correlate.events",
  "events correlated; this and the next five go on where a snapshot left them")
X(CORRELATE_MATCHED, "wardwatch_correlate_matched_total", COUNTER, COUNT, ENGINE, "", "stages.correlate.matched",
  "events that some rule selected")
X(CORRELATE_SKIPPED, "wardwatch_correlate_skipped_key_missing_total", COUNTER, COUNT, ENGINE, "",
  "stages.correlate.skipped_key_missing", "selections passed over because the event has no value for the rule's key")
X(CORRELATE_DETECTIONS, "wardwatch_correlate_detections_total", COUNTER, COUNT, ENGINE, "",
  "stages.correlate.detections", "conclusions handed to the alarms")
X(CORRELATE_EVICTED, "wardwatch_correlate_evicted_total", COUNTER, COUNT, ENGINE, "", "stages.correlate.evicted",
  "keys dropped at a rule's limit")
X(CORRELATE_REFUSED, "wardwatch_correlate_refused_total", COUNTER, COUNT, ENGINE, "", "stages.correlate.refused",
  "keys, partial sequences and devices refused at a limit")
X(CORRELATE_LATE, "wardwatch_correlate_late_total", COUNTER, COUNT, ENGINE, "", "stages.correlate.late",
  "events behind the watermark of a rule with the usual `wait`")
X(CORRELATE_KEYS, "wardwatch_correlate_keys", GAUGE, COUNT, ENGINE, "", "stages.correlate.keys",
  "live keys")
X(CORRELATE_KEY_BYTES, "wardwatch_correlate_key_bytes", GAUGE, COUNT, ENGINE, "", "stages.correlate.key_bytes",
  "memory of them")
X(CORRELATE_TIMERS, "wardwatch_correlate_timers", GAUGE, COUNT, ENGINE, "", "stages.correlate.timers",
  "keys that wait for a deadline")
X(CORRELATE_EPISODES, "wardwatch_correlate_episodes", GAUGE, COUNT, ENGINE, "", "stages.correlate.episodes",
  "open episodes")

/* --- engine: each rule, since the engine began --- */
X(RULE_SEEN, "wardwatch_rule_events_seen_total", COUNTER, COUNT, ENGINE, "rule", "",
  "events that came to a selection of the rule because kind and equalities fit; once for each selection")
X(RULE_MATCHED, "wardwatch_rule_events_matched_total", COUNTER, COUNT, ENGINE, "rule", "",
  "of these, those that the selection matches")
X(RULE_SKIPPED, "wardwatch_rule_events_skipped_total", COUNTER, COUNT, ENGINE, "rule", "",
  "of these, those without a value for the rule's key, which the rule never counts")
X(RULE_LATE, "wardwatch_rule_events_late_total", COUNTER, COUNT, ENGINE, "rule", "",
  "of the matched, those behind the rule's watermark: what they could have refuted is decided")
X(RULE_DETECTIONS, "wardwatch_rule_detections_total", COUNTER, COUNT, ENGINE, "rule", "",
  "conclusions of the rule: alarms raised, again, cleared, regraded")
X(RULE_SECONDS, "wardwatch_rule_seconds_total", COUNTER, REAL, ENGINE, "rule", "",
  "time spent in the rule, estimated from about every 64th event and deadline")
X(RULE_KEYS, "wardwatch_rule_keys", GAUGE, COUNT, ENGINE, "rule", "",
  "live keys of the rule")
X(RULE_KEYS_LIMIT, "wardwatch_rule_keys_limit", GAUGE, COUNT, ENGINE, "rule", "",
  "keys that it may have (`limits: {keys: …}`)")
X(RULE_EVICTED, "wardwatch_rule_keys_evicted_total", COUNTER, COUNT, ENGINE, "rule", "",
  "keys dropped at that limit")
X(RULE_REFUSED, "wardwatch_rule_keys_refused_total", COUNTER, COUNT, ENGINE, "rule", "",
  "new keys refused at that limit because no other could go")

X(RULE_RUNS_REFUSED, "wardwatch_rule_runs_refused_total", COUNTER, COUNT, ENGINE, "rule", "",
  "partial sequences refused at the limit of a key")
X(RULE_SHED, "wardwatch_rule_events_shed_total", COUNTER, COUNT, ENGINE, "rule", "",
  "events that a key forgot at its limit")

/* --- engine: alarms --- */
X(ALARMS, "wardwatch_alarms", GAUGE, COUNT, ENGINE, "", "stages.alarms.alarms",
  "alarms that are not normal")
X(ALARMS_UNACKNOWLEDGED, "wardwatch_alarms_unacknowledged", GAUGE, COUNT, ENGINE, "", "stages.alarms.unacknowledged",
  "of these, those that nobody has acknowledged")
X(ALARMS_ACTIVE, "wardwatch_alarms_active", GAUGE, COUNT, ENGINE, "", "stages.alarms.active",
  "of these, those whose condition is true")
X(ALARMS_SHELVED, "wardwatch_alarms_shelved", GAUGE, COUNT, ENGINE, "", "stages.alarms.shelved",
  "shelved alarms")
X(ALARMS_SUPPRESSED, "wardwatch_alarms_suppressed", GAUGE, COUNT, ENGINE, "", "stages.alarms.suppressed",
  "alarms muted by others")
X(ALARMS_OUT_OF_SERVICE, "wardwatch_alarms_out_of_service", GAUGE, COUNT, ENGINE, "", "stages.alarms.out_of_service",
  "alarms out of service")
X(ALARMS_TRANSITIONS, "wardwatch_alarm_transitions_total", COUNTER, COUNT, ENGINE, "", "stages.alarms.transitions",
  "changes of alarms")
X(ALARMS_PENDING, "wardwatch_alarms_pending", GAUGE, COUNT, ENGINE, "", "stages.alarms.pending",
  "of the suppressed, those not settled yet")
X(ALARMS_MUTING, "wardwatch_alarm_episodes_muting", GAUGE, COUNT, ENGINE, "", "stages.alarms.muting",
  "episodes that mute others")
X(ALARMS_MUTED, "wardwatch_alarms_muted_total", COUNTER, COUNT, ENGINE, "", "stages.alarms.muted",
  "alarms that were muted")
X(ALARMS_REGRADED, "wardwatch_alarms_regraded_total", COUNTER, COUNT, ENGINE, "", "stages.alarms.regraded",
  "priorities that rose because nobody acknowledged")

/* --- engine: the response --- */
X(ALARMS_STALE, "wardwatch_alarms_stale", GAUGE, COUNT, ENGINE, "", "stages.alarms.stale",
  "of the active ones, those that were raised more than 24 h ago")
X(ALARM_RATE, "wardwatch_alarm_rate", GAUGE, COUNT, ENGINE, "", "stages.response.rate",
  "alarms that asked for attention in the last 10 min, drills left out; 1024 = that or more")
X(ALARM_FLOOD, "wardwatch_alarm_flood", GAUGE, FLAG, ENGINE, "", "stages.response.flood",
  "1 = a flood goes on: more than 10 in 10 min, and not yet below 5 again")
X(ALARM_FLOOD_PEAK, "wardwatch_alarm_flood_peak", GAUGE, COUNT, ENGINE, "", "stages.response.peak",
  "the most in 10 min since it began; 0 = there is none")
X(ALARMS_CHATTERING, "wardwatch_alarms_chattering", GAUGE, COUNT, ENGINE, "", "stages.response.chattering",
  "alarms that came and went three times within the last minute")
X(INCIDENTS, "wardwatch_incidents", GAUGE, COUNT, ENGINE, "", "stages.response.incidents",
  "incidents that are not closed")
X(STEPS, "wardwatch_steps", GAUGE, COUNT, ENGINE, "", "stages.response.steps",
  "steps of their procedures that are not done and not skipped")
X(STEPS_WAITING, "wardwatch_steps_waiting", GAUGE, COUNT, ENGINE, "", "stages.response.waiting",
  "commands to the field that are not confirmed yet")
X(ESCALATIONS, "wardwatch_escalations", GAUGE, COUNT, ENGINE, "", "stages.response.ladders",
  "ladders of which a step waits")
X(NOTIFICATIONS, "wardwatch_notifications", GAUGE, COUNT, ENGINE, "", "stages.response.notifications",
  "notifications that are neither delivered nor given up")
X(POSTS_UNDERSTAFFED, "wardwatch_posts_understaffed", GAUGE, COUNT, ENGINE, "", "stages.response.understaffed",
  "posts that have fewer people than their `manning` asks for")
X(RESPONSE_CHANGES, "wardwatch_response_changes_total", COUNTER, COUNT, ENGINE, "", "stages.response.changes",
  "changes of incidents and all that belongs to them")
X(RESPONSE_REFUSED, "wardwatch_response_refused_total", COUNTER, COUNT, ENGINE, "", "stages.response.refused",
  "acts that were refused")
X(RESPONSE_FORGOTTEN, "wardwatch_response_forgotten_total", COUNTER, COUNT, ENGINE, "", "stages.response.forgotten",
  "closed incidents that can be reopened no more")
X(RESPONSE_CROWDED, "wardwatch_response_crowded_total", COUNTER, COUNT, ENGINE, "", "stages.response.crowded",
  "incidents that were closed, unseen, because ten thousand were open")
X(RECORDS, "wardwatch_records", GAUGE, COUNT, ENGINE, "", "stages.records.open",
  "records that are open")
X(RECORDS_OVERDUE, "wardwatch_records_overdue", GAUGE, COUNT, ENGINE, "", "stages.records.overdue",
  "records of which something is overdue")
X(RECORDS_CHANGES, "wardwatch_records_changes_total", COUNTER, COUNT, ENGINE, "", "stages.records.changes",
  "changes of records")
X(RECORDS_REFUSED, "wardwatch_records_refused_total", COUNTER, COUNT, ENGINE, "", "stages.records.refused",
  "acts on records that were refused")
X(RECORDS_FULL, "wardwatch_records_full_total", COUNTER, COUNT, ENGINE, "", "stages.records.full",
  "records that were not opened because too many of their kind were open")

/* --- engine: what is in force --- */
X(RULESET_INFO, "wardwatch_ruleset_info", GAUGE, INFO, ENGINE, "hash", "rules.hash",
  "1; the label says which rules, sensor types and site are in force")
X(RULESET_RULES, "wardwatch_ruleset_rules", GAUGE, COUNT, ENGINE, "", "rules.rules",
  "rules in force")
X(RULESET_SENSORS, "wardwatch_ruleset_sensors", GAUGE, COUNT, ENGINE, "", "rules.sensors",
  "sensor types in force")
X(RULESET_ASSETS, "wardwatch_ruleset_assets", GAUGE, COUNT, ENGINE, "", "rules.assets",
  "assets of the site")
X(RULESET_ZONES, "wardwatch_ruleset_zones", GAUGE, COUNT, ENGINE, "", "rules.zones",
  "zones of the site")
X(RELOAD_STATE, "wardwatch_reload_state", GAUGE, STATE, ENGINE, "state", "reload.state",
  "1 for what the reload is doing")
X(RELOAD_SECONDS, "wardwatch_reload_duration_seconds", GAUGE, REAL, ENGINE, "", "reload.took_s",
  "how long the last reload took, beside the engine")
X(RELOAD_PRIMED, "wardwatch_reload_primed_inputs", GAUGE, COUNT, ENGINE, "", "reload.primed",
  "inputs of the past that primed its rules")
X(RELOAD_ROUNDS, "wardwatch_reload_rounds", GAUGE, COUNT, ENGINE, "", "reload.rounds",
  "rounds of priming")
X(RELOAD_HELD, "wardwatch_reload_held_seconds", GAUGE, MILLI, ENGINE, "", "reload.held_loop_ms",
  "the longest time that it kept the engine")
X(RELOAD_COMPLETE, "wardwatch_reload_complete_timestamp_seconds", GAUGE, TIME, ENGINE, "", "reload.complete",
  "when windows that look back further than it primed will be whole, in seconds since 1970; absent if they are")
X(MODE_ON, "wardwatch_mode_on", GAUGE, FLAG, ENGINE, "mode", "modes.%.on",
  "1 while the site's mode is on")

/* --- engine: command socket --- */
X(FEED_CLIENTS, "wardwatch_feed_clients", GAUGE, COUNT, ENGINE, "", "feed.clients",
  "connections to the command socket")
X(FEED_CLIENTS_LIMIT, "wardwatch_feed_clients_limit", GAUGE, COUNT, ENGINE, "", "feed.clients_limit",
  "connections at most")
X(FEED_FOLLOWERS, "wardwatch_feed_followers", GAUGE, COUNT, ENGINE, "", "feed.followers",
  "of these, those that follow the alarms")
X(FEED_ACCEPTED, "wardwatch_feed_accepted_total", COUNTER, COUNT, ENGINE, "", "feed.accepted",
  "connections accepted")
X(FEED_REFUSED, "wardwatch_feed_refused_total", COUNTER, COUNT, ENGINE, "", "feed.refused",
  "connections refused: too many, too many of one user, or of nobody we know")
X(FEED_NOT_TAKEN, "wardwatch_feed_not_taken_total", COUNTER, COUNT, ENGINE, "reason", "feed.not_taken.%",
  "requests not taken: `size` too large; for now, the journal being `full` or nearly so (`lean`), or the user's bytes used up (`often`)")
X(FEED_RESETS, "wardwatch_feed_resets_total", COUNTER, COUNT, ENGINE, "", "feed.resets",
  "followers that were too slow and were told the whole state anew")

/* --- store --- */
X(STORE_CONNECTED, "wardwatch_store_connected", GAUGE, FLAG, STORE, "", "feed.readers.store.connected",
  "1 while PostgreSQL takes rows")
X(STORE_DOWN, "wardwatch_store_down_seconds", GAUGE, REAL, STORE, "", "feed.readers.store.down_s",
  "since it does not, 0 = it does")
X(STORE_ENGINE, "wardwatch_store_engine_connected", GAUGE, FLAG, STORE, "", "feed.readers.store.engine_connected",
  "1 while the engine's command socket is reached")
X(STORE_HEAD, "wardwatch_store_head", GAUGE, COUNT, STORE, "", "feed.readers.store.head",
  "newest input of the journal that may be stored")
X(STORE_CURSOR, "wardwatch_store_cursor", GAUGE, COUNT, STORE, "", "feed.readers.store.cursor",
  "newest input that is stored; absent until PostgreSQL has said so")
X(STORE_LAG, "wardwatch_store_lag", GAUGE, COUNT, STORE, "", "feed.readers.store.lag",
  "inputs between the two")
X(STORE_ROWS, "wardwatch_store_rows_total", COUNTER, COUNT, STORE, "", "feed.readers.store.rows",
  "rows written")
X(STORE_RECORDS, "wardwatch_store_records_total", COUNTER, COUNT, STORE, "", "feed.readers.store.records",
  "records of the journal that they hold")
X(STORE_TRANSACTIONS, "wardwatch_store_transactions_total", COUNTER, COUNT, STORE, "",
  "feed.readers.store.transactions", "transactions committed")
X(STORE_SECONDS, "wardwatch_store_write_seconds_total", COUNTER, REAL, STORE, "", "feed.readers.store.write_s",
  "time spent in writing batches, PostgreSQL's answers included")
X(STORE_QUARANTINED, "wardwatch_store_quarantined_total", COUNTER, COUNT, STORE, "", "feed.readers.store.quarantined",
  "rows that PostgreSQL refused, kept in quarantine")
X(STORE_RETRIES, "wardwatch_store_retries_total", COUNTER, COUNT, STORE, "", "feed.readers.store.retries",
  "transactions tried again")
X(STORE_DROPPED, "wardwatch_store_partitions_dropped_total", COUNTER, COUNT, STORE, "", "feed.readers.store.dropped",
  "partitions that were dropped because their time was over")
X(STORE_RETENTION_FAILED, "wardwatch_store_retention_failed_total", COUNTER, COUNT, STORE, "",
  "feed.readers.store.retention_failed", "times that retention could not be set or applied")
X(STORE_CONNECTS, "wardwatch_store_connects_total", COUNTER, COUNT, STORE, "", "feed.readers.store.connects",
  "connections to PostgreSQL made")
X(STORE_CHECKPOINTS, "wardwatch_store_checkpoints_total", COUNTER, COUNT, STORE, "", "feed.readers.store.checkpoints",
  "checkpoints of the hash chain that were signed and kept in proof.file")
X(STORE_CHECKPOINTS_FAILED, "wardwatch_store_checkpoints_failed_total", COUNTER, COUNT, STORE, "",
  "feed.readers.store.checkpoints_failed", "checkpoints that could not be kept")
X(STORE_CHECKPOINT_AGE, "wardwatch_store_checkpoint_age_seconds", GAUGE, REAL, STORE, "",
  "feed.readers.store.checkpoint_age_s", "since the last checkpoint; it grows while nothing is stored, too")

/* --- notify --- */
X(NOTIFY_ENGINE, "wardwatch_notify_engine_connected", GAUGE, FLAG, NOTIFY, "", "feed.readers.notify.engine_connected",
  "1 while the engine's command socket is reached")
X(NOTIFY_CURSOR, "wardwatch_notify_cursor", GAUGE, COUNT, NOTIFY, "", "feed.readers.notify.cursor",
  "newest input of the journal that was read")
X(NOTIFY_LAG, "wardwatch_notify_lag", GAUGE, COUNT, NOTIFY, "", "feed.readers.notify.lag",
  "inputs between it and the head")
X(NOTIFY_REPORTED, "wardwatch_notify_reported_total", COUNTER, COUNT, NOTIFY, "", "feed.readers.notify.reported",
  "attempts that the engine has been told of")
X(NOTIFY_UNKNOWN, "wardwatch_notify_unknown_channel_total", COUNTER, COUNT, NOTIFY, "",
  "feed.readers.notify.unknown_channel", "notifications for a channel that notify.channels does not have")
X(NOTIFY_SENT, "wardwatch_notify_sent_total", COUNTER, COUNT, NOTIFY, "channel", "feed.readers.notify.channels.%.sent",
  "notifications delivered")
X(NOTIFY_FAILED, "wardwatch_notify_failed_total", COUNTER, COUNT, NOTIFY, "channel",
  "feed.readers.notify.channels.%.failed", "attempts that failed, those left out while the breaker was open too")
X(NOTIFY_GIVEN_UP, "wardwatch_notify_given_up_total", COUNTER, COUNT, NOTIFY, "channel",
  "feed.readers.notify.channels.%.given_up", "notifications that are not tried again")
X(NOTIFY_WAITING, "wardwatch_notify_waiting", GAUGE, COUNT, NOTIFY, "channel",
  "feed.readers.notify.channels.%.waiting", "notifications that wait for an attempt")
X(NOTIFY_RUNNING, "wardwatch_notify_running", GAUGE, COUNT, NOTIFY, "channel",
  "feed.readers.notify.channels.%.running", "attempts on their way")
X(NOTIFY_OPENED, "wardwatch_notify_breaker_opened_total", COUNTER, COUNT, NOTIFY, "channel",
  "feed.readers.notify.channels.%.opened", "times that the breaker opened")
X(NOTIFY_BREAKER, "wardwatch_notify_breaker_state", GAUGE, STATE, NOTIFY, "channel state",
  "feed.readers.notify.channels.%.breaker", "1 for the state of the channel's breaker; open: it is left alone for a while")

/* --- console --- */
X(CONSOLE_ENGINE, "wardwatch_console_engine_connected", GAUGE, FLAG, CONSOLE, "", "",
  "1 while the engine answers and its feed is followed")
X(CONSOLE_DATABASE, "wardwatch_console_database_connected", GAUGE, FLAG, CONSOLE, "", "",
  "1 while history can be asked")
X(CONSOLE_CONNECTIONS, "wardwatch_console_connections", GAUGE, COUNT, CONSOLE, "", "",
  "connections of browsers and programs")
X(CONSOLE_CONNECTIONS_LIMIT, "wardwatch_console_connections_limit", GAUGE, COUNT, CONSOLE, "", "",
  "connections at most")
X(CONSOLE_TURNED_AWAY, "wardwatch_console_connections_turned_away_total", COUNTER, COUNT, CONSOLE, "why", "",
  "connections closed: too many of one address (address), a request that took too long (slow), to make room for "
  "another when descriptors ran out (files)")
X(CONSOLE_REQUESTS, "wardwatch_console_requests_total", COUNTER, COUNT, CONSOLE, "class", "",
  "requests by the first figure of the answer's code")
X(CONSOLE_SESSIONS, "wardwatch_console_sessions", GAUGE, COUNT, CONSOLE, "", "",
  "people and screens that are logged in")
X(CONSOLE_STREAMS, "wardwatch_console_streams", GAUGE, COUNT, CONSOLE, "", "",
  "streams of events that are open")
X(CONSOLE_STREAMS_DROPPED, "wardwatch_console_streams_dropped_total", COUNTER, COUNT, CONSOLE, "", "",
  "streams closed because they were too far behind; they come back where they were")
X(CONSOLE_LINES, "wardwatch_console_lines_total", COUNTER, COUNT, CONSOLE, "", "",
  "lines of the engine's feed that went into the streams")
X(CONSOLE_RESETS, "wardwatch_console_resets_total", COUNTER, COUNT, CONSOLE, "", "",
  "times that everything shown was told anew")
X(CONSOLE_LOGINS, "wardwatch_console_logins_total", COUNTER, COUNT, CONSOLE, "result", "",
  "attempts to log in: yes, no, totp (the second factor was missing), busy")
X(CONSOLE_TIPS, "wardwatch_console_tips_total", COUNTER, COUNT, CONSOLE, "result", "",
  "at the public form: hints `taken`, requests `refused`, of these too `often`, answers `asked` for")
X(CONSOLE_QUERIES, "wardwatch_console_queries_total", COUNTER, COUNT, CONSOLE, "result", "",
  "questions to PostgreSQL: done, failed, cancelled")

/* --- auth --- */
X(AUTH_USERS, "wardwatch_auth_users", GAUGE, COUNT, AUTH, "", "",
  "people who have a password")
X(AUTH_USERS_LIMIT, "wardwatch_auth_users_limit", GAUGE, COUNT, AUTH, "", "",
  "people at most")
X(AUTH_CHECKS, "wardwatch_auth_checks_total", COUNTER, COUNT, AUTH, "result", "",
  "passwords that were looked at: yes, no, totp (right, but the second factor was missing)")
X(AUTH_THROTTLED, "wardwatch_auth_throttled_total", COUNTER, COUNT, AUTH, "", "",
  "attempts that had to wait because of wrong ones before")
X(AUTH_BUSY, "wardwatch_auth_busy_total", COUNTER, COUNT, AUTH, "", "",
  "attempts that were turned away because too many waited")
X(AUTH_WAITING, "wardwatch_auth_waiting", GAUGE, COUNT, AUTH, "", "",
  "attempts that wait for their turn")
X(AUTH_WAITING_LIMIT, "wardwatch_auth_waiting_limit", GAUGE, COUNT, AUTH, "", "",
  "attempts that may wait")
X(AUTH_KEYS, "wardwatch_auth_throttle_keys", GAUGE, COUNT, AUTH, "", "",
  "people and sources whose wrong attempts are remembered")
X(AUTH_KEYS_LIMIT, "wardwatch_auth_throttle_keys_limit", GAUGE, COUNT, AUTH, "", "",
  "of these at most; then the oldest are forgotten")
X(AUTH_CONNECTIONS, "wardwatch_auth_connections", GAUGE, COUNT, AUTH, "", "",
  "connections to its socket")
/* clang-format on */
