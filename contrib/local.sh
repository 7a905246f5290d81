# The private broker, PostgreSQL and processes of contrib/run-local; sourced by it after lib.sh.
#
# Each process is started in a session of its own, so that a Ctrl-C at the terminal reaches this script alone and it
# can stop them in order; and with a parent-death signal, so that they end with the script whatever ends it.

VAR=$(realpath -m "${WARDWATCH_VAR:-$ROOT/var}")
BUILD=$(realpath -m "${WARDWATCH_BUILD:-$VAR/build}")
BIN=$BUILD/daemon/wardwatch
PAGES=$BUILD/daemon/console/web/dist
CONFIG=$VAR/wardwatch.yaml
SECRETS=$VAR/secrets
LOGS=$VAR/log
BROKER=$VAR/mosquitto
REMEMBERED=$VAR/remembered.env
STARTED=()
declare -A PIDS=()

MQTT_PORT=
PG_PORT=
METRICS_PORTS=()
CONSOLE_PORT=
PG_DIR=
umask 077
mkdir -p "$VAR" "$SECRETS" "$LOGS" "$BROKER"
[ ! -f "$REMEMBERED" ] || . "$REMEMBERED"

remember() {
        printf 'MQTT_PORT=%q\nPG_PORT=%q\nPG_DIR=%q\nCONSOLE_PORT=%q\nMETRICS_PORTS=(%s)\n' "$MQTT_PORT" "$PG_PORT" \
                "$PG_DIR" "$CONSOLE_PORT" "${METRICS_PORTS[*]}" >"$REMEMBERED"
}

take_lock() {
        exec 9>"$VAR/run-local.lock"
        flock -n 9 || die "it runs already from this folder"
}

# --- processes ---

# start NAME COMMAND…: its output goes to the log of that name.
start() {
        local name=$1
        shift
        setpriv --pdeathsig TERM setsid "$@" </dev/null >>"$LOGS/$name.log" 2>&1 9>&- &
        PIDS[$name]=$!
        STARTED+=("$name")
}

runs() {
        [ -n "${PIDS[$1]:-}" ] && kill -0 "${PIDS[$1]}" 2>/dev/null
}

# stop NAME SIGNAL SECONDS: waits, then kills.
stop() {
        local name=$1 signal=$2 deadline=$((SECONDS + $3))
        runs "$name" || return 0
        kill -s "$signal" "${PIDS[$name]}" 2>/dev/null || true
        while runs "$name" && [ "$SECONDS" -lt "$deadline" ]; do
                sleep 0.1
        done
        kill -s KILL "${PIDS[$name]}" 2>/dev/null || true
        wait "${PIDS[$name]}" 2>/dev/null || true
        unset "PIDS[$name]"
}

# The sources first, the stores last: nothing that is on its way is lost.
stop_all() {
        local code=$?
        trap - EXIT
        trap '' INT TERM HUP
        [ "${#STARTED[@]}" = 0 ] || say 'stopping'
        stop feed TERM 5
        stop simulator TERM 10
        stop daemon TERM 30
        stop broker TERM 30
        stop postgres INT 60
        exit "$code"
}

# wait_for SECONDS WHAT COMMAND…
wait_for() {
        local deadline=$((SECONDS + $1)) what=$2 name
        shift 2
        until "$@"; do
                for name in "${STARTED[@]}"; do
                        runs "$name" || die "$name ended while waiting for $what; see $LOGS/$name.log"
                done
                [ "$SECONDS" -lt "$deadline" ] || die "waited in vain for $what; the logs are in $LOGS"
                sleep 0.2
        done
}

# --- ports and secrets ---

port_is_free() {
        ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The remembered one if nobody else took it meanwhile, else a free one.
choose_port() {
        if [ -n "$1" ] && port_is_free "$1"; then
                printf '%s\n' "$1"
        else
                "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
        fi
}

# secret NAME: makes it once; 144 bits.
secret() {
        [ -s "$SECRETS/$1" ] || head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$SECRETS/$1"
        cat "$SECRETS/$1"
}

# --- the broker ---

broker_answers() {
        ! port_is_free "$MQTT_PORT"
}

# Before the configuration, which names its port.
prepare_broker() {
        MQTT_PORT=$(choose_port "$MQTT_PORT")
        remember
        secret mqtt-wardwatch >/dev/null
}

# Who may publish what comes from the site; its simulator is every device at once.
start_broker() {
        local mosquitto
        mosquitto=$(PATH=$PATH:/usr/sbin:/sbin command -v mosquitto) || die 'there is no mosquitto here'
        "$BIN" broker acl -c "$CONFIG" --simulator simulator --output "$BROKER/acl" 2>"$LOGS/acl.log" ||
                die "the broker's rights could not be made; see $LOGS/acl.log"
        printf 'wardwatch:%s\nsimulator:%s\n' "$(secret mqtt-wardwatch)" "$(secret mqtt-simulator)" >"$BROKER/passwords"
        mosquitto_passwd -U "$BROKER/passwords"
        mkdir -p "$SECRETS/publisher" # for XDG_CONFIG_HOME: all users see the arguments of mosquitto_pub
        printf -- '-u simulator\n-P %s\n' "$(secret mqtt-simulator)" >"$SECRETS/publisher/mosquitto_pub"
        sed -e "s|@PORT@|$MQTT_PORT|; s|@ADDRESS@|127.0.0.1|; s|@DIR@|$BROKER|; s|@USER@|$(id -un)|" \
                "$ROOT/contrib/mosquitto.conf" >"$BROKER/mosquitto.conf"
        start broker "$mosquitto" -c "$BROKER/mosquitto.conf"
        wait_for 10 'the broker' broker_answers
}

# --- PostgreSQL ---
#
# Its server refuses to run as root: then it runs as the user postgres, which must be able to reach its data.

as_postgres() {
        if [ "$(id -u)" = 0 ]; then
                setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/ "$@"
        else
                "$@"
        fi
}

postgres_place() {
        [ -z "$PG_DIR" ] || return 0
        PG_DIR=$VAR/postgres
        if [ "$(id -u)" = 0 ]; then
                chmod 711 "$VAR"
                as_postgres test -x "$VAR" || {
                        PG_DIR=/var/lib/wardwatch-local/$(printf '%s' "$VAR" | sha256sum | cut -c1-12)
                        mkdir -p -m 755 /var/lib/wardwatch-local
                }
        fi
        remember
}

# Its superuser is the owner of the tables, with a password: any user of this machine can reach the port.
make_cluster() {
        local bin=$1
        [ ! -f "$PG_DIR/PG_VERSION" ] || return 0
        rm -rf "$PG_DIR"
        mkdir -p -m 700 "$PG_DIR"
        secret postgres >"$PG_DIR.password"
        [ "$(id -u)" != 0 ] || chown postgres: "$PG_DIR" "$PG_DIR.password"
        (cd / && as_postgres "$bin/initdb" -D "$PG_DIR" -U wardwatch --auth=scram-sha-256 \
                --pwfile="$PG_DIR.password" -E UTF8 --locale=C.UTF-8) >"$LOGS/initdb.log" 2>&1 ||
                die "PostgreSQL's data could not be made; see $LOGS/initdb.log"
        rm -f "$PG_DIR.password"
}

start_postgres() {
        local bin command
        bin=$(postgres_bin)
        postgres_place
        make_cluster "$bin"
        PG_PORT=$(choose_port "$PG_PORT")
        remember
        printf '127.0.0.1:%s:*:wardwatch:%s\n' "$PG_PORT" "$(secret postgres)" >"$SECRETS/pgpass"
        command=("$bin/postgres" -D "$PG_DIR" -p "$PG_PORT" -c listen_addresses=127.0.0.1
                -c unix_socket_directories= -c logging_collector=off)
        if [ "$(id -u)" = 0 ]; then
                command=(setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig INT
                        env -C / HOME=/ "${command[@]}")
        fi
        start postgres "${command[@]}"
        wait_for 60 'PostgreSQL' postgres_answers
        [ "$(query "SELECT 1 FROM pg_database WHERE datname = 'wardwatch'" postgres)" = 1 ] ||
                query 'CREATE DATABASE wardwatch' postgres >/dev/null
}

# query SQL [DATABASE]; SQL - is read from standard input
query() {
        local sql=(-c "$1")
        [ "$1" != - ] || sql=(-f -)
        PGPASSFILE=$SECRETS/pgpass psql -X -q -A -t -h 127.0.0.1 -p "$PG_PORT" -U wardwatch -d "${2:-wardwatch}" "${sql[@]}"
}

postgres_answers() {
        query 'SELECT 1' postgres >/dev/null 2>&1
}

psql_line() {
        printf 'PGPASSFILE=%q psql -h 127.0.0.1 -p %s -U wardwatch wardwatch' "$SECRETS/pgpass" "$PG_PORT"
}

# --- the daemon's configuration ---

choose_metrics_ports() {
        local i port ports=()
        CONSOLE_PORT=$(choose_port "$CONSOLE_PORT")
        for i in 0 1 2 3 4; do
                port=$(choose_port "${METRICS_PORTS[i]:-}")
                while [[ " ${ports[*]} $CONSOLE_PORT " = *" $port "* ]]; do
                        port=$(choose_port '')
                done
                ports+=("$port")
        done
        METRICS_PORTS=("${ports[@]}")
        remember
}

# Made once, and yours from then on: a start sets nothing but the ports, which may have changed. One of another place, moved
# here, is put aside.
configure() {
        if ! grep -qsxF "  dir: $VAR/state" "$CONFIG"; then
                [ ! -f "$CONFIG" ] || mv "$CONFIG" "$CONFIG.old"
                write_config
        fi
        sed -i -E -e "/^mqtt:/,/^[a-z]/s/^(  port:).*/\1 $MQTT_PORT/" \
                -e "s/^(  url: .*port=)[0-9]+/\1$PG_PORT/" \
                -e "/^console:/,/^[a-z]/s/^(  listen: .*:)[0-9]+/\1$CONSOLE_PORT/" \
                -e "/^console:/,/^[a-z]/s/^(  database: .*port=)[0-9]+/\1$PG_PORT/" \
                -e "/^metrics:/,/^[a-z]/s/^(  supervisor:) [0-9]+/\1 ${METRICS_PORTS[0]}/" \
                -e "/^metrics:/,/^[a-z]/s/^(  engine:) [0-9]+/\1 ${METRICS_PORTS[1]}/" \
                -e "/^metrics:/,/^[a-z]/s/^(  store:) [0-9]+/\1 ${METRICS_PORTS[2]}/" \
                -e "/^metrics:/,/^[a-z]/s/^(  console:) [0-9]+/\1 ${METRICS_PORTS[3]}/" \
                -e "/^metrics:/,/^[a-z]/s/^(  auth:) [0-9]+/\1 ${METRICS_PORTS[4]}/" "$CONFIG"
}

write_config() {
        secret database-console >/dev/null
        cat >"$CONFIG" <<TEXT
# Made by contrib/run-local; what you change stays, but for the ports.
site:
  name: example
state:
  dir: $VAR/state
  run_dir: $VAR/run
paths:
  # the devices of the simulated house; the directory has many more
  sensors: [$(types "${SENSOR_TYPES[@]}")]
  rules: [$ROOT/rules/hospital]
  site: [$ROOT/rules/site]
  response: [$ROOT/rules/response]
  records: [$ROOT/rules/records]
mqtt:
  host: 127.0.0.1
  port: $MQTT_PORT
  user: wardwatch
  password_file: $SECRETS/mqtt-wardwatch
  urgent: [$(quoted "${URGENT_TOPICS[@]}")]
  bulk: [$(quoted "${BULK_TOPICS[@]}")]
journal:
  size: 256MiB
database:
  url: host=127.0.0.1 port=$PG_PORT user=wardwatch dbname=wardwatch sslmode=disable
  password_file: $SECRETS/postgres
auth:
  enabled: true
console:
  listen: 127.0.0.1:$CONSOLE_PORT
  pages: $PAGES
  database: host=127.0.0.1 port=$PG_PORT user=console dbname=wardwatch sslmode=disable
  database_password_file: $SECRETS/database-console
  tips: true
metrics:
  supervisor: ${METRICS_PORTS[0]}
  engine: ${METRICS_PORTS[1]}
  store: ${METRICS_PORTS[2]}
  console: ${METRICS_PORTS[3]}
  auth: ${METRICS_PORTS[4]}
users:
  engine: ""
  store: ""
  auth: ""
  console: ""
  notify: ""
TEXT
}

# The example hospital's devices, by how urgent they are; no filter of one list may overlap one of the other. Its panic
# buttons, smoke detectors and infant tags are on the radio networks; the doors make most of the traffic.
SENSOR_TYPES=(zigbee2mqtt wardtag access-control frigate nut services front-desk lorawan sparkplug contact-id-sia)
URGENT_TOPICS=(zigbee2mqtt/# zigbee/# tags/+/+ frigate/# v1/ups/# screening/+ gases/+ rounds/+ authorities/+/+ desk/+/tips application/+/device/+/event/+ v3/+/devices/# receiver/+/raw sia/+/accounts/+/msgdata)
BULK_TOPICS=(/rfid/send desk/+/visitors desk/+/receipts keys/+ counters/+ computing/+ door/+/card_read frontdoor/access spBv1.0/# STATE/+)

types() {
        local text
        text=$(printf '%s.yaml, ' "${@/#/$ROOT/rules/sensors/}")
        printf '%s' "${text%, }"
}

quoted() {
        local text
        text=$(printf '"%s", ' "$@")
        printf '%s' "${text%, }"
}

# --- the console and who works there ---
#
# Each of the example's people has one role and its name. Their passwords are made once and kept among the secrets, as
# chosen by themselves: nobody is asked for a new one. There is no second factor; `wardwatch user totp NAME` adds one.

PEOPLE=(operator supervisor maintenance auditor integrator administrator)

has_console() {
        grep -q '^console:' "$CONFIG"
}

# Its login reads what the console may, and no more.
console_database() {
        local password
        password=$(secret database-console)
        [ -n "$(query "SELECT 1 FROM pg_roles WHERE rolname = 'console'")" ] || query 'CREATE ROLE console LOGIN'
        query 'GRANT wardwatch_console TO console'
        query - <<<"ALTER ROLE console PASSWORD '$password'" # not among the arguments, which all users can see
}

console_answers() {
        [ -S "$VAR/run/auth/auth.sock" ] && "$PYTHON" - "$CONSOLE_PORT" <<'PYTHON' >/dev/null 2>&1
import json, sys, urllib.request
with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/api/v1/health", timeout=5) as answer:
    sys.exit(not json.load(answer)["engine"])
PYTHON
}

make_person() {
        local name=$1 given
        given=$(head -c 18 /dev/urandom | base64)
        head -c 12 /dev/urandom | base64 | tr '+/' '-_' >"$SECRETS/login-$name.new"
        "$BIN" act operator-add "name=$name" "may=[\"$name\"]" break_glass=true --reason 'an example' -c "$CONFIG" || true
        "$BIN" user remove "$name" -c "$CONFIG" || true
        "$BIN" user add "$name" -c "$CONFIG" <<<"$given" &&
                { printf '%s\n' "$given"; cat "$SECRETS/login-$name.new"; } |
                "$BIN" user passwd "$name" --own -c "$CONFIG" &&
                mv "$SECRETS/login-$name.new" "$SECRETS/login-$name"
}

make_people() {
        local name
        for name in "${PEOPLE[@]}"; do
                [ -s "$SECRETS/login-$name" ] || make_person "$name" >>"$LOGS/people.log" 2>&1 ||
                        die "the example's $name could not be made; see $LOGS/people.log"
        done
}

tell_console() {
        local name
        has_console || return 0
        printf '\nThe console: http://127.0.0.1:%s/ – log in as\n\n' "$CONSOLE_PORT"
        for name in "${PEOPLE[@]}"; do
                printf '  %-14s %s\n' "$name" "$(cat "$SECRETS/login-$name" 2>/dev/null)"
        done
}
