"""Bad payloads: cut off, huge, binary, NUL, bad UTF-8, deep JSON, NaN, 1e999. Each is kept as it came, told as undecoded,
counted; the notices are rate limited, and nobody dies of one."""

import base64

import paho.mqtt.client

TARGET = "0 crashes"


def payloads(random, more):
    good = b'{"device":"d1","number":7}'
    fixed = [b"", b"\0", b"\xff\xfe\0\x01", b"{", b'{"number":', b'{"number":NaN}', b'{"number":1e999}', b'{"number":-1e999}',
             b'{"number":"\xc3\x28"}', b'{"number":"\\ud800"}', b"[" * 60000, b'{"a":' * 20000, b'{"number":' + b"9" * 100000 + b"}",
             b"x" * 250000, b'{"device":"' + b"d" * 200000 + b'","number":1}', b'{"number":7,"number":8,"number":9}',
             "病院\u0000".encode(), base64.b64encode(bytes(range(256))), b'{"device":{"device":[]},"number":[[[]]]}',
             b"\xef\xbb\xbf" + good, good[:-1], good + b"}"]
    for _ in range(more):
        text = bytearray(good)
        for _ in range(random.randrange(1, 6)):
            place = random.randrange(len(text))
            text[place:place + random.randrange(0, 3)] = random.randbytes(random.randrange(0, 3))
        fixed.append(bytes(text))
    return fixed


def publish(h, all):
    """In order, on one connection; returns when the broker has acknowledged the last one."""
    client = paho.mqtt.client.Client("hostile", protocol=paho.mqtt.client.MQTTv5)
    client.max_inflight_messages_set(100)
    client.connect(h.broker.host, h.broker.port)
    client.loop_start()
    for n, payload in enumerate(all):
        last = client.publish(f"bulk/hostile-{n}", payload, qos=1)
    last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def run(h, random):
    h.start()
    pid = h.daemon.pid("engine")
    load = h.load(count=2000, rate=1500)
    all = payloads(random, 20000 if h.long else 300)
    publish(h, all)
    h.wait(lambda: h.postgres.value("SELECT count(*) FROM message WHERE topic LIKE 'bulk/hostile-%'") >= len(all),
           "all of them in PostgreSQL", 240)
    h.check(load)
    rows = h.postgres.query("SELECT topic, payload FROM message WHERE topic LIKE 'bulk/hostile-%'")
    stored = {int(topic.rpartition("-")[2]): bytes(payload) for topic, payload in rows}
    differs = [n for n, payload in enumerate(all) if stored.get(n) != payload]
    h.expect(not differs and len(rows) == len(all), f"not kept as they came: {[all[n][:80] for n in differs[:5]]}")
    decoded = h.postgres.value("SELECT count(DISTINCT seq) FROM event JOIN message USING (journal, seq) WHERE topic LIKE 'bulk/hostile-%'")
    undecoded = h.postgres.value("SELECT count(DISTINCT seq) FROM undecoded JOIN message USING (journal, seq) WHERE topic LIKE 'bulk/hostile-%'")
    h.expect(undecoded > 15, f"only {undecoded} were told as undecoded")
    h.expect(decoded + undecoded >= len(all), f"{len(all) - decoded - undecoded} are neither decoded nor told as undecoded")
    notices = h.postgres.value("SELECT count(*) FROM notice WHERE name ~ 'decod|unknown|payload'")
    h.expect(notices < 30, f"{notices} notices: not rate limited")
    h.expect(h.daemon.pid("engine") == pid, "the engine died of one")
    h.notes.append(f"{len(all)} payloads, {decoded} decoded, {undecoded} told as undecoded, {notices} notices")
