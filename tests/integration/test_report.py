"""Reports: the same numbers in every format, and nothing of the database that is taken for markup."""

import csv
import html.parser
import io
import json
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.daemon import SOURCE, binary  # noqa: E402
from harness.postgres import Postgres  # noqa: E402
from harness.store import Store, find_driver  # noqa: E402
from test_figures import DAY, History  # noqa: E402

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")

HOSTILE = "</td><script>alert(1)</script>\"'&\x1b[2J=1+1"
REPORTS = ("daily", "weekly", "monthly", "compliance", "statutory")


def fill(history):
    history.site([("W1", "")], [("smoke", "d1", "W1", "90 seconds")])
    history.shift(1, "ann", -3600, 8 * 3600)
    history.shift(2, "bob", 8 * 3600)
    for number in range(60):
        second = number * 1300 if number < 40 else 60000 + number * 7  # a flood in the evening
        alarm = history.alarm(second, key=HOSTILE if number % 3 else f"door-{number}", rule="forced" if number % 4 else "smoke",
                              hazard="theft" if number % 4 else "fire", class_="general" if number % 4 else "fire",
                              priority=("low", "low", "medium", "high")[number % 4])
        history.change(alarm, second + 20 + 7 * (number % 9), "ACKNOWLEDGE", "ACKED", "ann", reason=HOSTILE)
        history.change(alarm, second + 200, "CLEAR", "NORM")
    for number in range(1, 7):
        history.incident(number * 3000, number, acknowledged=number * 3000 + 40, hazard="fire" if number % 2 else "theft")
        history.subject(number * 3000, "member", number, "joined", incident=number, alarm=number, cause=True, rule="forced", device=HOSTILE)
        history.subject(number * 3000 + 60, "dispatch", number, "sent", incident=number, sent_at=history.at(number * 3000 + 60))
        history.subject(number * 3000 + 600, "disposition", number, "disposed", incident=number, state="final", at=history.at(number * 3000 + 600),
                        code="x", outcome="nuisance" if number % 3 else "genuine", done=HOSTILE, by="ann")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres() as postgres, Store(tmp_path_factory.mktemp("report"), postgres) as store:
        store.migrate()
        connection = postgres.connect(autocommit=False)
        fill(History(connection.cursor()))
        connection.commit()
        connection.close()
        yield postgres


def report(postgres, name, form, *words):
    done = subprocess.run([binary(), "report", name, "--format", form, "--database", postgres.url, "--from", DAY.isoformat(), "--to", "2026-03-03",
                           *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Page(html.parser.HTMLParser):
    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("name", REPORTS)
def test_html_is_one_file_and_whole(postgres, name):
    text = report(postgres, name, "html")
    page = Page(text)
    assert page.open == [] and page.of("script") == [] and page.of("img") == [] and page.of("link") == []
    assert not any(key.startswith("on") or key in ("src", "href") for _, attributes in page.tags for key in attributes)
    assert "\x1b" not in text and "size:A4" in text
    # every chart has its numbers for who cannot see it
    assert len(page.of("svg")) == text.count("<title>") - 1 == text.count("<desc>")
    assert all(svg["role"] == "img" for svg in page.of("svg"))


def test_what_a_device_says_is_text(postgres):
    page = Page(report(postgres, "weekly", "html"))
    assert any(data.startswith("</td><script>alert(1)</script>\"'&") for data in page.texts)


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_has_the_same_numbers(postgres, name):
    made = json.loads(report(postgres, name, "json"))
    assert (made["report"], made["from"], made["to"]) == (name, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")
    cells = list(csv.DictReader(io.StringIO(report(postgres, name, "csv"), newline="")))
    text, page = report(postgres, name, "text"), Page(report(postgres, name, "html"))
    for section in made["sections"]:
        assert section["title"] in text and section["title"] in page.texts
        assert len({c["row"] for c in cells if c["section"] == section["question"]}) == len(section["rows"])
    first = made["sections"][0]
    for row, line in enumerate(first["rows"], 1):
        value = "" if line["value"] is None else str(line["value"])
        (cell,) = [c for c in cells if (c["section"], c["row"], c["column"]) == (first["question"], str(row), "value")]
        assert float(cell["value"] or 0) == float(value or 0)
        named = line.get("figure") or line["what"]
        assert named in page.texts and named in text and cell["value"] in text and (not value or cell["value"] in page.texts)


def test_the_figures_of_the_day(postgres):
    figures = {row["figure"]: row for row in json.loads(report(postgres, "daily", "json"))["sections"][0]["rows"]}
    assert figures["peak"]["value"] == 20 and figures["peak"]["met"] is False
    assert figures["flood"]["value"] > 0 and figures["standing"]["value"] == 0
    assert figures["nuisance share"]["value"] == 66.7


def test_of_a_zone_or_hazard(postgres):
    everywhere = json.loads(report(postgres, "daily", "json"))
    fire = json.loads(report(postgres, "daily", "json", "--hazard", "fire"))
    nowhere = json.loads(report(postgres, "daily", "json", "--zone", "nowhere"))
    rates = [made["sections"][0]["rows"][1]["value"] for made in (everywhere, fire, nowhere)]
    assert rates == [60, 15, 0] and fire["hazard"] == "fire" and nowhere["zone"] == "nowhere"


def test_without_a_span_the_last_whole_period(postgres):
    done = subprocess.run([binary(), "report", "weekly", "--json", "--database", postgres.url, "--timezone", "Asia/Shanghai"], capture_output=True,
                          text=True, timeout=120)
    made = json.loads(done.stdout)
    (week,) = postgres.query("SELECT date_trunc('week', now() AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' = %s::timestamptz,"
                             " %s::timestamptz - %s::timestamptz = '7 days'", made["to"], made["to"], made["from"])
    assert week == (True, True) and made["from"].endswith("T00:00:00+08:00")


@pytest.mark.parametrize("words, said", ((("dayly",), "did you mean `daily`"), (("daily", "--format", "pdf"), "one of: html, text, csv, json")))
def test_what_there_is_not(words, said):
    done = subprocess.run([binary(), "report", *words], capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr
