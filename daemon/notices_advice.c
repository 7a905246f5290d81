/* What a notice means to whoever is on duty, and what to do. The operations guide's sections are made from it. */
#include "notices.h"

#include <string.h>

/* clang-format off */
const struct notice_advice notice_advices[] = {
        { "intake-lost",
          "One of the two sessions at the broker (the subject says which: `urgent` or `bulk`) is gone. What devices send waits at the "
          "broker, and nothing of it is lost while the broker lives; but nothing of it is seen either. Absence and supervision stand "
          "still, so no device is called silent because of it.",
          "Until it is over, watch what only the devices show: call points, doors, the nursery. Post a guard where panic buttons are.\n"
          "The alarm's text has the reason in the broker's or the network's words. `systemctl status mosquitto` at the broker; "
          "`mosquitto_sub -h HOST -p PORT -t wardwatch/# -V 5 -W 5` from this machine, with the lines `-u wardwatch` and `-P …` in "
          "~/.config/mosquitto_sub: arguments can be seen by all users.\n"
          "\"not authorized\": the password in mqtt.password_file, or the ACL (`wardwatch broker acl`). \"session taken over\": a second "
          "client uses mqtt.client_id: two daemons, or a tool that borrowed the name.\n"
          "It ends by itself when the session has caught up (`intake-back`); the backlog is then taken at some 40,000 messages a second." },
        { "session-lost",
          "The broker no longer knows our session. What came in while we were away, and the broker had acknowledged to the devices, may be "
          "missing: from the last `intake-lost` or `engine-stopped` to now.",
          "Find out why: a broker that was killed (kill -9, power) loses what came since its last autosave; one whose "
          "persistent_client_expiration is below the time that we were away drops the session; a new mqtt.client_id is a new session.\n"
          "States came anew from retained messages. What is not retained (a press of a button, a card) is not repeated: have the wards asked "
          "for the time in question.\n"
          "`wardwatch query notices --from …` has the exact times for the record. Reset the alarm with a reason that says what was found." },
        { "broker-open",
          "The broker let us publish to a topic that nobody should be allowed to write. Then it has no ACL, or one that grants everything: "
          "any device, and whoever takes one off the wall, can say that there is no fire.",
          "`wardwatch broker acl --output /etc/mosquitto/wardwatch.acl` writes the ACL from the site; name it in the broker's listeners "
          "(acl_file), set allow_anonymous false, and reload the broker (`systemctl reload mosquitto`).\n"
          "`wardwatch broker check` tries it with and without a password, and says what is still open.\n"
          "It ends (`broker-closed`) at the next connection at which the broker refuses. A site that cannot have an ACL yet says "
          "`mqtt.self_test: false`, and then nobody looks." },
        { "journal-full",
          "The journal's map is 85 % full (subject `bulk`), or 95 % (`urgent`): that session is closed, and its messages wait at the broker. "
          "Nothing that was acknowledged is lost. At 95 % acts of operators are refused, too; where there is no room at all, escalations and what else is due wait "
          "(`journal-stands` in the log).",
          "`wardwatch status`: `journal.fill`, and `feed.readers`: who is behind? Mostly it is the store, because PostgreSQL is away or slow: "
          "then `database-lost` is what to mend.\n"
          "If nobody is behind, the journal is too small for its traffic: raise journal.size (it may grow at any start, never shrink), or "
          "lower journal.keep. \"Sizing\" has the figures.\n"
          "Never delete files in the journal's folder. It opens again below 80 % (`journal-room`), by itself." },
        { "journal-damaged",
          "Pages of the journal could not be read: a failing disk, memory without ECC, or somebody wrote into its file. It was moved aside, "
          "what could be read was carried over, and a new journal goes on. What the text names as lost is not in PostgreSQL, if it was not "
          "stored before.",
          "Look at the disk now (`smartctl -a`, `dmesg`): it will happen again. Plan to move to another machine.\n"
          "Keep the folder that was set aside (`state.dir`, its name is in the log) until somebody has looked at it.\n"
          "`wardwatch journal verify`, then `wardwatch verify`: is the record in the database whole? Write both answers into the reason "
          "with which the alarm is reset." },
        { "snapshot-failed",
          "The state could not be written to the disk. Everything goes on; but the journal cannot be trimmed behind an older snapshot, and a "
          "restart has more to replay.",
          "The text has the reason: mostly the disk is full (`df -h` of state.dir), or its folder has lost its owner.\n"
          "The next attempt is at the next snapshot; `wardwatch status` says when the newest one was." },
        { "snapshot-refused",
          "At the start a file in the folder of snapshots could not be taken: it is damaged, or of another journal, or somebody put it there. "
          "The start went back to the newest good one and replayed what came after it; nothing was lost by it.",
          "The text has the names. What was refused last stays as `snapshots/refused` in state.dir: keep it until somebody has looked at it.\n"
          "Damaged: look at the disk (`smartctl -a`, `dmesg`), and at `wardwatch journal verify`.\n"
          "Numbers that the journal has not reached yet nobody wrote but a stranger: who can write into state.dir? Its owner is users.engine, "
          "and nobody else may write there (mode 2750)." },
        { "database-lost",
          "PostgreSQL cannot be reached, or refuses. Alarms, consoles and notifications go on; the journal keeps what is to be stored "
          "(26 hours, and longer as long as it has room). History, figures and searches are not there, or end at this time.",
          "The text has the server's words. `systemctl status postgresql`; `psql` with the line of database.url as user wardwatch-store.\n"
          "\"schema\": an upgrade wants `wardwatch migrate`. \"read-only\": a standby, or a server that has no room. \"no room\": `df -h` of "
          "its data; retention frees whole partitions (`wardwatch retention --dry-run`).\n"
          "There is no hurry before the journal is 70 % full (`wardwatch status`, `journal.fill`). It ends by itself (`database-back`), and "
          "all that waited is carried over exactly once." },
        { "row-quarantined",
          "PostgreSQL refused a row. It stands in the table `quarantine` with its bytes and the reason; all others went on.",
          "`SELECT * FROM quarantine_raw ORDER BY recorded_at DESC LIMIT 10` as an auditor (reading it is recorded).\n"
          "Mostly a sensor type lets a text through that no text column takes, or a tool has added a constraint. Mend the type, or the "
          "constraint; the row itself stays where it is, and counts as stored." },
        { "store-gap",
          "The journal was trimmed before the database had its records: it was away for longer than the journal reaches, or was restored from "
          "a backup that is older. The missing numbers stand in `store_gap`.",
          "Is there another copy? A backup of the journal of that time, the database that was replaced (`wardwatch_before_…`), a file of "
          "`wardwatch journal dump`. Keep it: it is the only record of that time.\n"
          "Alarms of that time were raised and shown as always; only their history is missing.\n"
          "Take backups at least as often as the journal reaches back, and raise journal.size." },
        { "clock-backward",
          "This machine's clock was set back, or was put right after it had been ahead; the text says by how much. Time in the record runs on, "
          "slower by a tenth, until the clock has met it: no deadline passes twice, and what is due in five minutes comes within six.",
          "`timedatectl`, `chronyc tracking`: who set it? A machine that is synchronised never jumps.\n"
          "Until the two meet, times in the record and schedules are ahead by what `wardwatch status` calls `clock_ahead_s`: six minutes less in each hour.\n"
          "Hours ahead after a start: the clock's chip keeps local time, and the network's time came after the start. \"The clock\" in \"Installing\" keeps it from coming again." },
        { "clock-forward",
          "This machine's clock jumped forward by more than an hour. It is not followed, not by the next engine either: else every deadline of that "
          "time would pass at once.",
          "If the new time is right (the clock had been wrong before): `wardwatch clock confirm`, by an administrator.\n"
          "If it is wrong: set it right (`timedatectl`, `chronyc makestep`); nothing else is to be done." },
        { "record-skipped",
          "A message crashed the engine twice. It was set aside: it is in the record with its bytes, and nothing was concluded from it.",
          "Which device sent it, and what: `wardwatch query undecoded`. If it is somebody's attempt, it is an incident of its own.\n"
          "Report it with the line of `wardwatch journal dump --from N` of that number: this is a fault of Wardwatch.\n"
          "Is the device heard otherwise? If it goes on sending such messages, take it off the network." },
        { "replay-differs",
          "At the start the journal was replayed and gave something else than what had been written: another version, or a fault. What was "
          "written stands; from here on the new conclusions hold.",
          "Compare what is shown now with the places: an alarm that should be open may be closed, or the other way round. `wardwatch alarms`.\n"
          "`wardwatch replay --as-recorded --from …` of the time in question shows what differs. Report it, with both versions." },
        { "rules-refused",
          "Changed files (configuration, sensor types, rules, site) were not put in force, because something in them is wrong. The old ones "
          "stay in force, with all their state.",
          "`wardwatch check` says file, line, column and cure. Put it right, and reload (`wardwatch reload --reason …`).\n"
          "A restart goes on with the old ones, too: they are in the journal." },
        { "rules-unsigned",
          "A rule set came into force that nobody had signed: the first one of a new journal, which is taken as it is, or any other "
          "one where `rules.sign_off` is `off`.",
          "Whoever answers for the rules looks at what changed (`wardwatch query rules-signed`) and signs it "
          "afterwards: `wardwatch reload --sign-only --reason …`.\n"
          "That no set comes in like this: `rules.sign_off: one`, or `two` for two persons. README.md has more." },
        { "second-person",
          "Over the console somebody was asked to be the second person of an act, and agreed or said no in a session of their own: the text "
          "says who, and to what. It is kept for the record and asks for nothing.",
          "An auditor compares it with the act: `wardwatch query operator-acts`. Where the two names are often the same pair at the same "
          "desk, ask both." },
        { "limit-reached",
          "A rule follows so many keys that it reached its limit (`limit`, or the memory for all): the oldest ones were let go. What they "
          "had counted so far begins anew.",
          "`wardwatch status` (`rules`) says which rule and how many keys. Mostly its `by` names something that is new in each message (a "
          "number, a time), or somebody floods it with made-up names: `wardwatch sensors devices --unknown`.\n"
          "Mend the rule; raise its `limit` only if there really are so many things to follow." },
        { "sensor-drift",
          "Messages on topics that a sensor type used to understand are not understood any more. A new firmware, or another device under "
          "the same topic. Its events are missing: what it should raise it does not raise.",
          "`wardwatch sensors unknown` shows the messages, `wardwatch sensors try TYPE` why they do not fit.\n"
          "Have the devices checked by hand (walk test) until the type is mended; a type is one YAML file, and a reload.\n"
          "It ends with the first message that is understood again (`sensor-understood`)." },
        { "sandbox-degraded",
          "This machine's kernel lacks what holds each process to the files, ports and system calls that it needs (Landlock, seccomp), or the "
          "unit forbids it. All works; but a process that is taken over could do more than it may.",
          "The text says what is missing. `cat /sys/kernel/security/lsm` should name landlock: a kernel of Debian 12 has it, "
          "`lsm=landlock,…` on the kernel's command line switches it on.\n"
          "A container or an addition to the unit (`systemctl cat wardwatch`) may refuse the system calls: take that line out.\n"
          "A site that can do neither says so in the configuration (`sandbox` in man wardwatch.yaml). It ends (`sandbox-whole`) at a start at which nothing is "
          "missing." },
        { "worker-forbidden",
          "A process did what it may not, and the kernel killed it: somebody has taken it over, or it is a fault of ours. It was started again.",
          "Which process and which system call: `journalctl -k -g seccomp` and `journalctl -u wardwatch`. Keep both.\n"
          "The console and the notifier speak to strangers: if it is one of them, look at who was connected at that time "
          "(`wardwatch query logins`), change the secrets that it could read (\"Keys\"), and tell whoever looks after the network.\n"
          "Report it in any case, with those lines. One that comes again and again after an upgrade is a fault: go back a version." },
        { "spoofed-message",
          "A message that has to be signed had no signature, or a wrong one: somebody else than the device sent it, or the device has another key. "
          "It is kept with its bytes, and nothing was concluded from it.",
          "Look at the place before anything else: is what the message said true? It may be the device itself, with a key that was changed on one "
          "side only.\n"
          "The broker's log says which client sent it (connection_messages); `wardwatch broker acl` sees to it that only the device's own "
          "client may publish there.\n"
          "Give the device a new key if the old one may be known. Reset the alarm with what was found as the reason." },
        { "replayed-message",
          "A signed message came that had come before: somebody recorded it and sends it again, or a device has lost count. It is kept, and nothing "
          "was concluded from it.",
          "Look at the place: a recorded \"closed\" may hide an open door.\n"
          "A device that begins to count anew after a restart must say so (its boot number); if it cannot, it is to be given a new key.\n"
          "The broker's log says which client sent it." },
        { "signatures-refused",
          "What is needed to check signed messages is not there: a key's file cannot be read, or is no key. Messages of those devices cannot be told "
          "from forged ones.",
          "The text names the file. Its owner is users.engine, its mode 0600; put it right and reload (`wardwatch reload --reason …`).\n"
          "Until then check by hand what those devices watch." },
        { "engine-started", "The engine has started: after an installation, an upgrade, a crash. Nothing was lost by it.",
          "Nothing, if somebody did it. If nobody did: `journalctl -u wardwatch` says what ended the one before. Two within a minute, and "
          "it starts carefully." },
        { "engine-stopped", "The engine was stopped in order.", "Nothing, if somebody did it: `wardwatch query notices` has the times." },
        { "configuration-changed", "Another configuration is in force. The view `configuration` has it, with all defaults.",
          "`wardwatch query configuration-at` shows it. Who changed it says the file's history, and who reloaded `wardwatch query rules-signed`." },
        { "version-changed", "Another version of Wardwatch goes on where the one before stopped.",
          "After an upgrade: nothing. The text has both versions." },
        { "signature-key", "Topics of mqtt.signatures have a key that they did not have before. The numbers of what was signed with an earlier one "
          "no longer count there: whoever had that key cannot have used them up.",
          "If nobody gave a device another key: who can write into that file? `wardwatch query notices` has the times." },
        { "intake-blind", "The intake is behind its backlog, or cut off. Absence and supervision stand still; all other rules go on.",
          "Seconds of it are normal at each start and reconnection, and when an absence was about to be told while the broker did not show within "
          "a second that nothing waits there. Minutes of it without `intake-lost` are a broker or a machine that cannot "
          "keep up: `wardwatch status`, rates and lags." },
        { "intake-sighted", "The intake has caught up: absence and supervision are decided again.", "Nothing." },
        { "clock-confirmed", "Somebody confirmed that a forward step of the clock is right.", "Nothing; the record says who." },
        { "credentials-changed", "A person's password, second factor or key changed. What they are is not recorded.",
          "If the person did not ask for it: `wardwatch user remove NAME`, which ends their sessions, too; then look at `wardwatch query logins`." },
        { "login", "A person logged in at the console.", "Nothing." },
        { "login-refused", "A log-in was refused: a wrong password or second factor, an unknown name, too many attempts.",
          "One of them is a slip. Many from one address are an attempt: `wardwatch query logins`; the console delays them by itself, and locks "
          "nobody out. Find out who sits at that address." },
        { "logout", "A session ended: by the person, by its time, or because its credentials changed.", "Nothing." },
        { "session-locked", "A session was locked by hand or because nobody acted (console.idle), or unlocked with the password.", "Nothing." },
        { "key-used", "A program came with its key.", "A key that you do not know: `wardwatch user list`, and take it away." },
        { "history-exported", "Somebody exported history. The text says what, in which form, and how much.",
          "Nothing, if it was for a purpose; auditors look at these (`wardwatch query logins`)." },
};
/* clang-format on */
const size_t notice_advices_n = sizeof notice_advices / sizeof *notice_advices;

static const struct notice_advice *advice_of(const char *name) {
        for (size_t i = 0; i < notice_advices_n; i++) {
                if (strcmp(notice_advices[i].name, name) == 0)
                        return &notice_advices[i];
        }
        return NULL;
}

const struct notice_kind *notice_of_rule(struct ww_str rule) {
        for (size_t i = 0; i < notice_kinds_n; i++) {
                const struct notice_kind *kind = &notice_kinds[i];

                if (kind->rule && kind->form != NOTICE_ENDS && ww_str_is(rule, kind->rule))
                        return kind;
        }
        return NULL;
}

const struct notice_advice *notice_advice(const struct notice_kind *kind) {
        const struct notice_advice *own = advice_of(kind->name);

        if (own || !kind->rule)
                return own;
        kind = notice_of_rule(ww_str(kind->rule));
        return kind ? advice_of(kind->name) : NULL;
}
