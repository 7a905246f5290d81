"""What a scenario acts on: broker, PostgreSQL and daemon with the rules of spine.py, load that writes down what it
published, and the time that it took to recover.

    def run(h, random):
        h.start()
        load = h.load(count=3000, rate=1500)
        with h.recovery():
            …the blow…; wait until all is well
        h.check(load)
"""

import contextlib
import json
import os
import pathlib
import re
import time

import psycopg2

from harness import spine
from harness.broker import Broker
from harness.daemon import Daemon
from harness.machine import HarnessError, free_port, wait_for
from harness.postgres import Postgres

from . import oracle

NUMBERED = "topic ~ '^(bulk|urgent)/d?[0-9]+$'"  # what load() publishes; a scenario's own messages come from devices with a name


class Skipped(Exception):
    """This machine cannot bring the fault about."""


class Cluster:
    """One PostgreSQL for all runs; each gets a database of its own, made from one that is migrated."""

    def __init__(self):
        self.postgres = None
        self.migrated = False

    def fresh(self, config):
        if not self.postgres:
            self.postgres = Postgres("fsync = off")
            self.postgres.__enter__()
        if not self.postgres.process or self.postgres.process.poll() is not None:
            self.postgres.start()
        if self.migrated:
            self._sql("DROP DATABASE IF EXISTS wardwatch WITH (FORCE)", "CREATE DATABASE wardwatch TEMPLATE migrated")
        else:
            spine.migrate(self.postgres, config)
            self._sql("CREATE DATABASE migrated TEMPLATE wardwatch")
            self.migrated = True
        return self.postgres

    def _sql(self, *statements):
        connection = self.postgres.connect("postgres")
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def start(self):
        """There, so that its address is known, with an empty database."""
        if not self.postgres:
            self.postgres = Postgres("fsync = off")
            self.postgres.__enter__()
        return self.postgres

    def close(self):
        if self.postgres:
            self.postgres.close()
            self.postgres = None


class Hospital:
    def __init__(self, folder, cluster, variant=None, long=False):
        """`long`: as large as the fault is told of; otherwise a slice of it, for CI."""
        self.folder = pathlib.Path(folder)
        self.cluster, self.variant, self.long = cluster, variant, long
        self.broker = self.daemon = self.postgres = None
        self.verdict = oracle.Verdict()
        self.recoveries, self.notes = [], []
        self.missed = False  # a target that is no time of recovery
        self.closing = contextlib.ExitStack()
        self.loads, self.all_loads = 0, []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.closing.close()

    def closes(self, thing):
        """For whatever the scenario itself brings along."""
        return self.closing.enter_context(thing)

    def prepare(self, rules=spine.RULES, sensors=spine.SENSORS, site=spine.SITE, broker=None, postgres=True,
                environment=None, program=None, **settings):
        """Everything but the start. `broker`: options of Broker. `postgres`: False = none, or one of the scenario's own,
        migrated. `settings`: journal__size="4MiB"."""
        self.broker = self.closes(Broker(self.folder, verbose=False, **(broker or {})))
        own = postgres not in (True, False)
        self.postgres = postgres if own else self.cluster.start() if postgres else None
        self.daemon = Daemon(self.folder, broker=self.broker, postgres=self.postgres,
                             rules=spine.write_rules(self.folder / "rules", rules, sensors, site),
                             settings={name.replace("__", "."): value for name, value in settings.items()})
        self.closing.callback(self.daemon.close)
        self.daemon.environment, self.daemon.program = environment or {}, program
        if environment:  # what is loaded before the process opens files of its own
            self.daemon.write_config(sandbox__mode="off")
        if postgres and not own:
            self.cluster.fresh(self.daemon.config)
        return self

    def with_console(self):
        """Console, its password process, and the notifier, too."""
        channels = self.folder / "channels.yaml"
        channels.write_text("channels:\n  - {channel: desk, kind: screen}\n")
        channels.chmod(0o600)
        self.console_port = free_port()
        self.daemon.write_config(auth__enabled=True, console__listen=f"127.0.0.1:{self.console_port}", notify__channels=channels,
                                 console__names=["localhost"])

    def start(self, **options):
        if not self.daemon:
            self.prepare(**options)
        self.daemon.start(timeout=60)
        self.live()
        if self.postgres:
            self.storing()  # a new database has got its partitions
        return self

    def live(self, timeout=60):
        self.daemon.wait_live(timeout)

    def storing(self, timeout=60):
        """Until the store is connected and has nothing left to do."""
        def idle():
            journal = self.status().get("journal", {})
            return journal.get("head") and journal.get("store_lag") == 0
        self.wait(idle, "a store without lag", timeout)

    # --- load ---

    def load(self, **options):
        self.loads += 1
        name = options.pop("name", f"load{self.loads}")
        load = spine.Load(options.pop("broker", self.broker), self.folder / f"{name}.log", name=name, **options)
        self.all_loads.append(load)
        self.closing.callback(lambda: load.process.poll() is None and load.process.kill())
        return load

    def pause(self, low, high, random):
        """How long the load runs on before the blow: chance, nothing is waited for."""
        time.sleep(random.uniform(low, high))

    @contextlib.contextmanager
    def recovery(self):
        """Around what begins with the fault, or with its end where that is what counts, and ends when all is well."""
        began = time.monotonic()
        yield
        self.recoveries.append(time.monotonic() - began)

    def taking(self, timeout=60):
        """Until the engine takes messages: it has taken one, or there is none that waits."""
        def takes():
            status = self.daemon.answers()
            return status and (not status["blind"] or status["sessions"]["bulk"]["messages"])
        self.daemon.wait_ready(timeout)
        self.wait(takes, "an engine that takes messages", timeout)

    def wait(self, condition, what, timeout=60):
        return wait_for(condition, timeout, what)

    def status(self):
        return self.daemon.answers() or {}

    def alarms(self):
        """{(rule, key): alarm} of what is not normal; empty while nobody answers."""
        from harness.scene import read_live
        try:
            with self.daemon.connect() as feed:
                return read_live(feed)[0]
        except (OSError, TypeError, ValueError):
            return {}

    def wait_alarm(self, rule, timeout=60, key=None):
        def there():
            return next((a for (name, k), a in self.alarms().items() if name == rule and key in (None, k)), None)
        return self.wait(there, f"an alarm of {rule}", timeout)

    # --- the oracle ---

    def wrong(self, text):
        self.verdict.wrong.append(text)

    def expect(self, condition, text):
        if not condition:
            self.wrong(text)

    def check(self, *loads, deep=None, timeout=120, more=(), alarms=True):
        """Waits until all is quiet, and compares. `deep`: the journal, the chain and a replay, too; in a slice they are
        looked at where the scenario asks for it."""
        published = list(more)
        for load in loads:
            result = load.finish(timeout)
            published += load.list()
            self.expect(result["acknowledged"] == len(load.list()), f"the generator lost count: {result}")
        if self.postgres:
            self._check_stored(published, alarms, timeout)
        self.verdict.add(oracle.journal(self.daemon)).add(oracle.clean_deaths(self.daemon))
        if self.postgres and (self.long if deep is None else deep):
            self.verdict.add(oracle.chain(self.daemon, self.postgres)).add(oracle.replayed(self.daemon, self.postgres))
        return published

    def _check_stored(self, published, alarms, timeout):
        def quiet():
            status = self.daemon.answers()
            return status and not status["blind"] and status["journal"]["store_lag"] == 0 and (
                self.stored_count() >= len(published))
        try:
            wait_for(quiet, timeout, f"{len(published)} messages in PostgreSQL, and a store without lag")
        except HarnessError as error:
            self.wrong(f"{error}; {self.stored_count()} are stored\n{self.daemon.log[-2000:]}")
        again = [pair for load in self.all_loads for pair in load.again()]
        self.verdict.add(oracle.compare_lists(published, self.stored(), again))
        if alarms:
            self.verdict.add(oracle.alarms(self.postgres, published))

    def stored_count(self):
        """0 while the server is away, or lets the store go first: to make a partition it locks what we read."""
        try:
            return self.postgres.value(f"SELECT (SELECT count(*) FROM message WHERE {NUMBERED}) + "
                                       "(SELECT count(*) FROM quarantine WHERE n = -1)")
        except psycopg2.OperationalError:
            return 0

    def stored(self):
        rows = self.postgres.query(f"SELECT convert_from(payload, 'UTF8') FROM message WHERE {NUMBERED}")
        raw = self.postgres.query("SELECT record FROM quarantine WHERE n = -1")
        rows += [(found.group().decode(),) for (record,) in raw for found in [re.search(rb'\{"device".*?\}', bytes(record))] if found]
        bodies = [json.loads(text) for (text,) in rows]
        return [(int(body["device"].lstrip("d")), body["number"]) for body in bodies]


def need_root(what):
    if os.geteuid() != 0:
        raise Skipped(f"only root can {what}")
