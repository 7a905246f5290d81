"""A row that PostgreSQL refuses for good is found by bisection, kept raw in quarantine and told; the others go on.

The recovery is from the refusal until everything else is stored."""

import json

TARGET = "others ≤ 1 s late"
LIMIT = 1
VARIANTS = ("message", "event")
SLICE = ("event",)


def messages(h, first, last):
    """The inputs of that span that are messages: time's own marks stand between them."""
    lines = h.daemon.run("journal", "dump", "--json", "--from", str(first), "--to", str(last)).stdout.splitlines()
    return [line["record"]["seq"] for line in map(json.loads, lines)
            if line["in"] == "input" and line["record"]["type"] == "message"]


def run(h, random):
    h.start()
    at = random.randrange(600, 1500)
    h.postgres.query(f"ALTER TABLE {h.variant} ADD CONSTRAINT poison CHECK (seq NOT IN ({at}, {at + 1}))")
    load = h.load(count=5000, rate=1500, devices=10)
    h.wait(lambda: h.status().get("journal", {}).get("head", 0) > at + 10, "the poison in the journal")
    with h.recovery():
        h.wait(lambda: h.postgres.value("SELECT coalesce(max(seq), 0) FROM store_cursor") > at + 5, "the rows behind it")
    h.wait_alarm("system/row-quarantined")
    h.check(load)
    rows = h.postgres.query("SELECT seq, sqlstate, octet_length(record) FROM quarantine ORDER BY seq")
    poisoned = messages(h, at, at + 1)
    h.expect(poisoned and [row[:2] for row in rows] == [(seq, "23514") for seq in poisoned] and all(row[2] for row in rows),
             f"quarantine has {rows}, the poison were {poisoned}")
