"""Messages as real devices and bridges have sent them, word for word; recorded.jsonl names where each is documented."""

import json
import pathlib

FILE = pathlib.Path(__file__).with_name("recorded.jsonl")
PAUSE = 0.5  # s between two of them


def messages():
    return [json.loads(line) for line in FILE.read_text().splitlines()]


def as_sent(record):
    def message(now):
        return record["topic"], record["payload"], record.get("retained", False)

    return message


def replay(calendar, source):
    for record in messages():
        calendar.send(as_sent(record))
        yield PAUSE
