"""A notifier's endpoint hangs: who is to be told is told by the second channel, nobody else waits, and alarms go on.

The recovery is from the incident to the second channel."""

import json

from harness.endpoint import Endpoint

TARGET = "second channel ≤ 30 s"
LIMIT = 30
SLICE = ()  # tests/integration/test_notify.py has it, channel by channel
RESPONSE = """\
required: {priority: critical}
channels:
  - {channel: slow, fallback: second}
  - {channel: good}
  - {channel: second}
recipients: [{recipient: chief, address: {}}]
escalations:
  - escalation: e
    match: {hazard: theft}
    steps:
      - {after: 0s, to: chief, by: [slow, good]}
"""


def run(h, random):
    slow, good, second = (h.closes(Endpoint()) for _ in range(3))
    slow.behave("hang")
    channels = h.folder / "channels.yaml"
    quick = "timeout: 1s, retry_min: 100ms, retry_max: 200ms, give_up_after: 60s"
    channels.write_text("channels:\n" + "".join(
        f"  - {{channel: {name}, kind: webhook, url: '{endpoint.url}', {'' if h.long else quick}}}\n".replace(", }", "}")
        for name, endpoint in (("slow", slow), ("good", good), ("second", second))))
    channels.chmod(0o600)
    response = h.folder / "response"
    response.mkdir()
    (response / "e.yaml").write_text(RESPONSE)
    h.start(notify__channels=channels, paths__response=[response])
    load = h.load(count=3000, rate=1000, devices=3)
    with h.recovery():
        h.wait_alarm("every-hundredth")
        h.wait(lambda: good.requests, "the channel beside it")
        h.wait(lambda: second.requests, "the second channel", 60)
    slow.behave("ok")
    slow.released.set()
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM notification WHERE state = 'due'") == 0 and
           h.postgres.value("SELECT count(*) FROM notification WHERE state = 'sent' AND channel = 'slow'"),
           "all notifications' end", 90)
    h.check(load)
    keys = [json.loads(request.body)["key"] for request in good.requests]
    h.expect(len(keys) == len(set(keys)), f"told twice: {keys}")
