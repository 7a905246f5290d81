#!/usr/bin/python3
"""The page in Chromium: how fast it answers with 5,000 active alarms and 100 transitions a second, and how soon an alarm is seen.

    WARDWATCH_BUILD=/tmp/build-release tests/bench/page.py [--alarms 5000] [--rate 100] [--messages 1000] [--seconds 20 | --hours 1]
                                                           [--samples 100] [--profile FOLDER]

Prints one JSON object. Times are in ms. `key`: from a key to the frame that shows it; `scroll`: from a scroll to anywhere to the
frame that has its rows, `wheel`: by three rows; `seen`: from PUBLISH to the frame that has the row, both by this machine's clock, beside `--rate` transitions
a second and `--messages` messages a second that change no alarm; on a cold cache, the middle of five: `login`: from the address
to the form; `first`: for who is logged in, to the page that is live and has its first rows, of which its main thread worked
`first_spent`; `script`: KiB of script that came for it, compressed; `heap`: MiB of JavaScript that are held after the garbage is
collected, before, after the samples, and then each minute; `later`: keys and scrolling again at the end. `spent`: processor time of the
page's main thread, ms: of each second of transitions (`storm`), and of one key, scroll and turn of the wheel beyond that. With
--profile the folder gets a .cpuprofile of each phase, as Chromium's own tools read it; the times are then somewhat longer.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

import paho.mqtt.client as mqtt

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
if os.environ.get("WARDWATCH_BUILD"):
    os.environ.setdefault("WARDWATCH_BIN", str(pathlib.Path(os.environ["WARDWATCH_BUILD"]) / "daemon" / "wardwatch"))

from harness.broker import Broker  # noqa: E402
from harness.daemon import wait_for  # noqa: E402
from harness.house import House  # noqa: E402
from harness.postgres import Postgres  # noqa: E402


class Traffic:
    """Publishes; and, while it is on, the same devices again and again, so that their alarms come again."""

    def __init__(self, broker, rate, devices):
        self.client = mqtt.Client(client_id="page-bench")
        self.client.max_queued_messages_set(0)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.rate, self.devices, self.on = rate, devices, True
        self.thread = threading.Thread(target=self._go, daemon=True)

    def publish(self, device, number):
        self.client.publish(f"bulk/{device}", json.dumps({"device": device, "number": number}), qos=1)
        return time.time() * 1000

    def fill(self):
        for n in range(self.devices):
            self.publish(f"load-{n}", 1)

    def start(self):
        self.thread.start()

    def _go(self):
        n, begin = 0, time.monotonic()
        while self.on:
            self.publish(f"load-{n * 7919 % self.devices}", 1)
            n += 1
            time.sleep(max(0.0, begin + n / self.rate - time.monotonic()))

    def background(self, messages):
        """Messages of devices that raise nothing, so many a second."""
        def go():
            n, begin = 0, time.monotonic()
            while self.on:
                self.publish(f"calm-{n % 500}", 0)
                n += 1
                if n % 20 == 0:
                    time.sleep(max(0.0, begin + n / messages - time.monotonic()))

        self.calm = threading.Thread(target=go, daemon=True)
        self.calm.start()

    def stop(self):
        self.on = False
        self.thread.join()
        self.client.loop_stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--hours", type=float, default=0)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--profile", default="", metavar="FOLDER")
    options = parser.parse_args()
    if options.profile:
        options.profile = str(pathlib.Path(options.profile).resolve())
        os.makedirs(options.profile, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory(prefix="page-bench-") as name, Postgres() as postgres:
        folder = pathlib.Path(name)
        with Broker(folder, verbose=False) as broker, House(folder, broker, postgres) as house:
            traffic = Traffic(broker, options.rate, options.alarms)
            traffic.fill()
            wait_for(lambda: len(house.alarms()) >= options.alarms, 120, f"{options.alarms} alarms")
            traffic.start()
            if options.messages:
                traffic.background(options.messages)
            house.run("bench", 900 + options.hours * 3600, bench=lambda: vars(options), press=traffic.publish, result=found.update)
            traffic.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
