"""The public form for hints: what it takes from whom, and what it keeps to itself. How people use it: test_charter."""

import json
import pathlib
import re
import sys
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.console import Visitor, raw  # noqa: E402
from harness.daemon import SOURCE, Daemon, wait_for  # noqa: E402
from harness.machine import free_port  # noqa: E402

NUMBER = re.compile(r'id="number">((?:[2-9A-HJ-NP-Z]{5}-){3}[2-9A-HJ-NP-Z]{5})<')
MARKUP = "<script>alert(1)</script>\"'&"


def make(folder, **settings):
    port = free_port()
    daemon = Daemon(folder, settings={"auth.enabled": True, "console.listen": f"127.0.0.1:{port}",
                                      "paths.response": [SOURCE / "rules/response"],
                                      "paths.records": [SOURCE / "rules/records"]} | settings)
    daemon.port = port
    return daemon


def up(daemon):
    def answers():
        try:
            return Visitor(daemon.port, 5).get("/health").status == 200
        except OSError:
            return False
    wait_for(answers, 30, "the console")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with make(tmp_path_factory.mktemp("tips"), **{"console.tips": True, "console.tips_per_address": 1000,
                                                  "console.tips_per_hour": 1000}) as daemon:
        up(daemon)
        yield daemon


def send(house, path="/tips", body=None, headers=None, **fields):
    data = urllib.parse.urlencode(fields).encode() if body is None else body
    ours = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{house.port}"}
    ours = {name: value for name, value in (ours | (headers or {})).items() if value is not None}
    return Visitor(house.port).ask("POST", path, data, ours)


def page(house, path="/tips", headers=None):
    return Visitor(house.port).ask("GET", path, headers=headers)


def tips(house):
    done = house.run("records", "tip", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def given(house, text):
    found = [tip for tip in tips(house) if tip["body"]["fields"]["text"] == text]
    assert len(found) == 1, found
    return found[0]


def test_a_hint_is_in_the_journal_and_nothing_else_is_known(house):
    answer = send(house, text="  The gate is open\r\nevery night ", place="east", lang="en")
    assert answer.status == 200, answer
    number, = NUMBER.findall(answer.body.decode())
    tip = given(house, "The gate is open\nevery night")
    fields = {name: value for name, value in tip["body"]["fields"].items() if value is not None}
    assert fields.keys() == {"text", "place", "reference"} and re.fullmatch("[0-9a-f]{32}", fields["reference"])
    dumped = house.run("journal", "dump").stdout
    assert "every night" in dumped and number not in dumped and number.replace("-", "") not in dumped
    assert "127.0.0.1" not in json.dumps(tip)
    shown = send(house, "/tips/answer", **{"number-asked": number.lower().replace("-", " ")})
    assert shown.status == 200 and b"waits to be looked at" in shown.body


def test_the_form_speaks_both_languages_and_needs_no_script(house):
    english, chinese = page(house), page(house, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert "Tell the security department" in english.body.decode() and "向保卫部门反映情况" in chinese.body.decode()
    assert "向保卫部门" in page(house, "/tips?lang=zh").body.decode()
    for answer in (english, chinese):
        assert "<script" not in answer.body.decode() and " on" not in re.sub(r">[^<]*<", "><", answer.body.decode().split("<body>")[1])
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "form-action 'self'" in policy and "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Set-Cookie"] is None


def test_the_same_hint_again_is_one(house):
    reference, = re.findall(r'name="reference" value="([^"]+)"', page(house).body.decode())
    answers = [send(house, text="pressed twice", reference=reference) for _ in range(3)]
    assert {NUMBER.findall(answer.body.decode())[0] for answer in answers} == {reference}
    given(house, "pressed twice")
    assert send(house, text="another one", reference=reference).status == 200  # back, and other words: nothing is lost
    given(house, "another one")


HOSTILE = {
    "nothing": ({"text": " \n "}, 400),
    "no text": ({"place": "here"}, 400),
    "not a form": ({"body": b'{"text": "x"}', "headers": {"Content-Type": "application/json"}}, 400),
    "no type": ({"body": b"text=x", "headers": {"Content-Type": None}}, 400),
    "not UTF-8": ({"body": b"text=%ff%fe"}, 400),
    "overlong UTF-8": ({"body": b"text=%c0%af"}, 400),
    "a surrogate": ({"body": b"text=%ed%a0%80"}, 400),
    "a raw NUL": ({"body": b"text=a\0b"}, 400),
    "no pairs": ({"body": b"&&&&"}, 400),
    "too long": ({"text": "x" * 2001}, 413),
    "a place too long": ({"text": "x", "place": "y" * 201}, 413),
    "a body too long": ({"body": b"text=" + b"x" * 17000}, 413),
    "from another page": ({"text": "x", "headers": {"Origin": "https://evil.example"}}, 403),
    "from nowhere": ({"text": "x", "headers": {"Origin": "null"}}, 403),
    "across sites": ({"text": "x", "headers": {"Origin": None, "Sec-Fetch-Site": "cross-site"}}, 403),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_wrong_is_refused_and_leaves_nothing(house, what):
    fields, status = HOSTILE[what]
    before = len(tips(house))
    answer = send(house, **fields)
    assert answer.status == status, answer
    assert not NUMBER.findall(answer.body.decode()) and len(tips(house)) == before


def test_nothing_that_was_sent_comes_back(house):
    """Neither markup nor what looks like a number, whatever field it stands in."""
    for path, fields in (("/tips", {"text": MARKUP, "place": MARKUP, "from": MARKUP, "reply_to": MARKUP, "reference": MARKUP}),
                         ("/tips", {"text": "", "reference": MARKUP}), ("/tips/answer", {"number-asked": MARKUP}),
                         ("/tips/answer", {"number-asked": MARKUP, "lang": MARKUP})):
        answer = send(house, path, **fields)
        assert b"alert(1)" not in answer.body, (path, fields)
    assert b"alert(1)" not in page(house, "/tips?lang=" + urllib.parse.quote(MARKUP)).body
    assert given(house, MARKUP)["body"]["fields"]["from"] == MARKUP  # it is text


def test_controls_are_left_out_and_other_letters_stay(house):
    assert send(house, body="text=a%01%1b[31mb%7f%E9%97%A8 \U0001f6a8".encode()).status == 200
    given(house, "a[31mb门 \U0001f6a8")


def test_numbers_can_neither_be_listed_nor_guessed(house):
    seen = set()
    for _ in range(20):
        seen |= set(re.findall(r'name="reference" value="([^"]+)"', page(house).body.decode()))
    assert len(seen) == 20
    unknown = [send(house, "/tips/answer", **{"number-asked": number}) for number in list(seen)[:3]]
    assert {answer.status for answer in unknown} == {503}  # not live, and there is no database here to be asked
    for wrong in ("", "VI-2026-1", "1", "%", "0" * 20, "22222-22222-22222-22222-2"):
        assert send(house, "/tips/answer", **{"number-asked": wrong}).status == 400
    for method, path in (("GET", "/tips/answer"), ("PUT", "/tips"), ("DELETE", "/tips")):
        assert Visitor(house.port).ask(method, path).status in (405, 501)


def test_requests_that_no_browser_makes(house):
    host = f"Host: 127.0.0.1:{house.port}\r\n".encode()
    for request in (b"POST /tips HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n5\r\ntext=\r\n0\r\n\r\n",
                    b"POST /tips HTTP/1.1\r\n" + host + b"Content-Length: 70000\r\n\r\n",
                    b"GET /tips?%zz=%zz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"):
        answer = raw(house.port, request)
        assert answer == b"" or answer.split()[1] in (b"400", b"413", b"421"), answer[:200]
    assert page(house).status == 200


def test_so_often_and_not_oftener(tmp_path):
    """From one address, and from all together; looking things up has bounds of its own."""
    with make(tmp_path, **{"console.tips": True, "console.tips_per_address": 3, "console.tips_per_hour": 100}) as daemon:
        up(daemon)
        codes = [send(daemon, text=f"hint {n}").status for n in range(5)]
        assert codes == [200, 200, 200, 429, 429] and len(tips(daemon)) == 3
        asked = [send(daemon, "/tips/answer", **{"number-asked": "x"}).status for _ in range(11)]
        assert asked.count(429) == 2


def test_switched_off_there_is_none(tmp_path):
    with make(tmp_path) as daemon:
        up(daemon)
        assert b"/tips" not in page(daemon).body and send(daemon, text="x").status == 405
        assert tips(daemon) == []
