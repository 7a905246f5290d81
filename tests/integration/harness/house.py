"""A house with a page: broker, PostgreSQL, daemon with console, three people who can log in, and a browser.

    with Broker(folder) as broker, Postgres() as postgres, House(folder, broker, postgres) as house:
        house.run("queue_keys")

A flood goes on from the start, so that none begins in the middle of a case.
"""

import base64
import hashlib
import hmac
import json
import struct
import subprocess
import time

from . import browser, spine
from .console import Visitor
from .daemon import Daemon, binary, wait_for
from .machine import free_port
from .proxy import Proxy
from .scene import SENSORS, read_live

GIVEN, PASSWORD = "lamp river seven copper", "nine quiet elephants sing"
NEWCOMER = "newcomer"
PEOPLE = {
    "alice": ["operator", "supervisor"],
    "bob": ["operator", "supervisor"],
    "dora": ["operator"],
    "ella": ["operator"],
    "chief": ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"],
}
RULE = """\
- rule: {name}
  title: "{name} at {{device}}"
  select: {{x: {{kind: passage, where: "number == {number}"}}}}
  by: device
  raise: {{hazard: theft, priority: {priority}, procedure: {procedure}}}
  examples:
    - given: [0s x D1 number={number}]
      alarms: [0s D1]
"""
RULES = "".join(RULE.format(name=name, number=number, priority=name, procedure="look")
                for name, number in (("low", 1), ("high", 2), ("critical", 3)))
SITE = """\
site: test
zones:
  - {zone: main, title: Main building, type: building}
  - {zone: floor-1, title: First floor, type: floor, in: main}
  - {zone: W1, title: Ward 1, type: ward, in: floor-1}
  - {zone: W1-r1, title: Room 1, type: room, in: W1, key_area: true, adjacent: W1-r2}
  - {zone: W1-r2, title: Room 2, type: room, in: W1}
assets:
  - {asset: screen-1, device: screen-1, class: door, zone: W1-r1, title: Door of room 1}
"""
PLANS = """\
plans:
  - plan: floor-1
    title: First floor
    file: floor-1.svg
    zone: floor-1
    zones: {W1-r1: "40,40 300,40 300,260 40,260", W1-r2: "300,40 560,40 560,260 300,260"}
"""
PLAN = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300"><rect x="40" y="40" width="260" height="220" fill="none"
stroke="#555" stroke-width="4"/><rect x="300" y="40" width="260" height="220" fill="none" stroke="#555" stroke-width="4"/></svg>
"""
RESPONSE = """\
incidents:
  gather: {by: ward, within: 1s}
  from: medium
required:
  priority: [medium, high, critical]
dispositions:
  - {code: genuine, title: Genuine, outcome: genuine}
  - {code: nuisance, title: Nuisance, outcome: nuisance, two_persons: critical}
posts: [{post: control-room, title: Control room}]
procedures:
  - procedure: look
    title: Look
    steps:
      - {step: camera, text: "Look at the camera", required: true}
      - {step: call, text: "Call them"}
"""


def add_people(daemon, people):
    for name, roles in people.items():
        answer = daemon.call("operator-add", name=name, may=roles, break_glass=True, reason="the first ones")
        assert answer["ok"], answer
        done = subprocess.run([binary(), "user", "-c", daemon.config, "add", name], input=GIVEN + "\n", timeout=60,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def choose_passwords(port, people):
    """What an administrator gave lets nobody do anything but choose a password. Returns a session of each."""
    sessions = {}
    for name in people:
        visitor = Visitor(port)
        assert visitor.login(name, GIVEN).status == 200
        answer = visitor.post("/session/password", password=GIVEN, new=PASSWORD)
        assert answer.status == 200, answer
        sessions[name] = visitor.cookie
    return sessions


class House:
    """All of it, and what cases ask for while they run."""

    def __init__(self, folder, broker, postgres):
        self.folder = folder
        self.broker, self.postgres = broker, postgres
        (folder / "response").mkdir()
        (folder / "response" / "test.yaml").write_text(RESPONSE)
        rules = spine.write_rules(folder / "rules", RULES, SENSORS, SITE)
        (rules / "site" / "plans.yaml").write_text(PLANS)
        (rules / "site" / "floor-1.svg").write_text(PLAN)
        port = free_port()
        self.daemon = Daemon(folder, broker=broker, postgres=postgres, rules=rules, settings={
            "auth.enabled": True,
            "console.listen": f"127.0.0.1:{port}",
            "console.names": ["localhost"],
            "console.pages": browser.pages(),
            "console.database": postgres.url,
            "paths.response": [folder / "response"],
        })
        spine.migrate(postgres, self.daemon.config)
        self.port, self.rules, self.proxy = port, rules, None
        try:
            self._furnish()
        except BaseException:
            self.daemon.close()
            raise

    def _furnish(self):
        """Started, with people who have chosen their passwords, a browser, and some alarms."""
        self.daemon.start()
        self.daemon.wait_live()
        wait_for((self.daemon.run_dir / "auth" / "auth.sock").exists, 30, "the auth process")
        add_people(self.daemon, PEOPLE | {NEWCOMER: ["operator"]})
        browser.wait_page(self.port)
        self.sessions = choose_passwords(self.port, PEOPLE)
        self.browser = browser.Browser(self.port, self.folder)
        for n in range(12):
            self.publish(f"crowd-{n}", 1)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.proxy:
            self.proxy.close()
        self.daemon.close()

    def alarms(self):
        with self.daemon.connect() as feed:
            return read_live(feed)[0]

    def alarm(self, rule, device):
        return wait_for(lambda: self.alarms().get((rule, f"device={device}")), 20, f"an alarm of {device}")

    def publish(self, device, number):
        self.broker.publish(f"bulk/{device}", json.dumps({"device": device, "number": number}))

    def raw(self, topic, payload):
        self.broker.publish(topic, payload)

    def stored(self, device, state=None):
        """Waits until PostgreSQL has it, as the history is asked there."""
        def found():
            return self.postgres.value("SELECT count(*) FROM alarm_now WHERE device = %s AND (%s::text IS NULL OR state::text = %s)",
                                       device, state, state)

        wait_for(found, 60, f"{device} in the database")

    # --- who may in

    def second_factor(self, name):
        done = subprocess.run([binary(), "user", "-c", self.daemon.config, "totp", name], timeout=60, capture_output=True, text=True,
                              check=True, stdin=subprocess.DEVNULL)
        return done.stdout.split()[1]

    @staticmethod
    def code(secret):
        """RFC 6238, as the telephone computes it."""
        mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
        place = mac[19] & 15
        return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7fffffff) % 1000000:06d}"

    def idle(self, name):
        """The console's file as it would be if that person had not acted for a day, short of the session's end."""
        self.daemon.freeze("console")
        path = self.daemon.folder / "state" / "console" / "sessions"
        kept = json.loads(path.read_text())
        for one in kept["sessions"]:
            if one["name"] == name:
                one["seen"] -= 7200 * 1000000
        old = self.daemon.pid("console")
        self.daemon.kill("console")
        path.write_text(json.dumps(kept))
        self.daemon.wait_restarted("console", old)
        browser.wait_page(self.port)

    # --- what goes away and comes back

    def through_proxy(self):
        """The console's address by a way that can be cut."""
        self.proxy = self.proxy or Proxy("127.0.0.1", self.port, packets=False)
        return f"http://localhost:{self.proxy.port}"

    def cut(self, cut):
        (self.proxy.silence if cut else self.proxy.speak)()

    def database(self, up):
        (self.postgres.start if up else self.postgres.stop)()

    def check_plans(self, text):
        """What `wardwatch check` has against the site with these plans; empty if nothing."""
        path = self.rules / "site" / "plans.yaml"
        kept = path.read_text()
        path.write_text(text)
        try:
            done = self.daemon.run("check")
            return "" if done.returncode == 0 else done.stdout + done.stderr
        finally:
            path.write_text(kept)

    def ack(self, alarm, version):
        """By somebody else; then it comes again."""
        answer = self.daemon.call("ack", alarm=alarm, version=version, reason="another was quicker")
        assert answer["ok"], answer

    def guard(self, name):
        assert self.daemon.call("guard-status", name=name, status="free")["ok"]

    def run(self, case, timeout=120, **more):
        people = {name: {"name": name, "password": PASSWORD, "session": self.sessions[name]} for name in PEOPLE}
        newcomer = {"name": NEWCOMER, "given": GIVEN, "password": PASSWORD}
        asks = ("publish", "raw", "alarm", "guard", "ack", "stored", "second_factor", "code", "idle", "through_proxy", "cut", "database",
                "check_plans")
        self.browser.run(case, timeout, {"people": people, "newcomer": newcomer}, alarms=lambda: list(self.alarms().values()),
                         kill=self.daemon.kill, freeze=self.daemon.freeze, thaw=self.daemon.thaw,
                         **{name: getattr(self, name) for name in asks}, **more)
