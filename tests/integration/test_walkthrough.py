"""contrib/add-a-sensor.md, played against a real broker and a real daemon: it comes out as it is written.

WARDWATCH_UPDATE=1 writes what came into the file; read it as somebody would who adds a first sensor.
"""

import os
import pathlib
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import spine, transcript  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.daemon import SOURCE, binary  # noqa: E402

TEXT = SOURCE / "contrib" / "add-a-sensor.md"
SITE = """\
site: walk-through
zones:
  - {zone: W3, title: Ward 3 maternity, type: ward}
  - {zone: W4, title: Ward 4 paediatrics, type: ward}
"""
# what these say follows upon something that happens beside them
LATER = re.compile(r"wardwatch (alarms|status|sensors unknown)\b")
PATIENCE = 20


def write_rules(folder):
    for part in ("sensors", "hospital", "site"):
        (folder / part).mkdir(parents=True)
    shutil.copy(SOURCE / "rules/sensors/wardtag.yaml", folder / "sensors")
    (folder / "hospital/fire.yaml").write_text(spine.pack_rule("fire-detector", "fire.yaml"))
    (folder / "site" / "zones.yaml").write_text(SITE)
    return folder


def play(step, folder, env, like):
    """What the command says; of one that has to wait for something, what it says in the end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        said = transcript.run(step.command, folder, env)
        if not LATER.search(step.command) or like(said) == like(step.said) or time.monotonic() > deadline:
            return said


def test_it_comes_out_as_it_is_written(tmp_path, make_daemon):
    text = TEXT.read_text()
    steps = transcript.parse(text, markdown=True)
    assert steps
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "wardwatch").symlink_to(binary())
    with Broker(tmp_path) as broker:
        daemon = make_daemon(broker=broker, rules=write_rules(tmp_path / "rules"), settings={"mqtt.bulk": ["home/#"]})
        daemon.start()
        daemon.wait_live()
        env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "PORT": str(broker.port),
               "WARDWATCH_PID": str(daemon.process.pid)}

        def like(lines):
            return transcript.normal(lines, (rf"\b{broker.port}\b", "1883"))

        outputs = [play(step, daemon.folder, env, like) for step in steps]
    if os.environ.get("WARDWATCH_UPDATE"):
        written = [[line.replace(str(broker.port), "1883") for line in said] for said in outputs]
        TEXT.write_text(transcript.rewrite(text, steps, written))
        return
    for step, said in zip(steps, outputs):
        assert like(said) == like(step.said), f"$ {step.command}"
