"""A client of the console: what a browser sends, byte for byte where it matters.

    with Visitor(console_port) as v:
        v.login("alice", PASSWORD); v.get("/session"); v.post("/acts/ack", alarm=1, ...); v.stream()
"""

import http.client
import json
import socket

PREFIX = "/api/v1"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The name of the refusal, None if there is none."""
        try:
            return self.json.get("error", {}).get("name")
        except (ValueError, AttributeError):
            return None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Stream:
    """Server-sent events, as they come: {"event", "id", "data"}."""

    def __init__(self, visitor, last=None, timeout=20):
        self.connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=timeout)
        headers = visitor.headers()
        if last:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", PREFIX + "/stream", headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last = last

    def next(self):
        """The next event, None at the end."""
        event = {}
        while True:
            try:
                line = self.response.readline()
            except (OSError, http.client.HTTPException):
                return None
            if not line:
                return None
            line = line.decode().rstrip("\n")
            if not line and "event" in event:
                if "id" in event:
                    self.last = event["id"]
                return event
            name, _, value = line.partition(": ")
            if name in ("event", "id"):
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)

    def until(self, wanted):
        """Events up to and with the first of which `wanted` is true, beats left out."""
        seen = []
        while True:
            event = self.next()
            assert event is not None, f"the stream ended after {seen[-3:]}"
            if event["event"] != "beat" or wanted(event):
                seen.append(event)
            if wanted(event):
                return seen

    def close(self):
        self.response.close()
        self.connection.close()


class Visitor:
    def __init__(self, port, timeout=30):
        self.port, self.timeout = port, timeout
        self.cookie = self.csrf = self.key = None
        self.origin = f"http://127.0.0.1:{port}"

    def headers(self):
        found = {}
        if self.cookie:
            found["Cookie"] = f"theme=dark; __Host-wardwatch={self.cookie}"
        if self.key:
            found["Authorization"] = f"Bearer {self.key}"
        return found

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body=body, headers=self.headers() | (headers or {}))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.ask("GET", PREFIX + path, headers=headers)

    def post(self, path, headers=None, **fields):
        """As our page sends it; a header of None is left out."""
        ours = {"Content-Type": "application/json", "Origin": self.origin, "X-Wardwatch-CSRF": self.csrf or "login"}
        ours = {name: value for name, value in (ours | (headers or {})).items() if value is not None}
        return self.ask("POST", PREFIX + path, json.dumps(fields), ours)

    def _take(self, answer):
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0].partition("=")[2]
            self.csrf = answer.json["csrf"]
        return answer

    def login(self, name, password, **fields):
        return self._take(self.post("/login", name=name, password=password, **fields))

    def enroll(self, name, given, password):
        """The first log-in of somebody who was given a password: chooses one of his own."""
        assert self.login(name, given).json["password_given"] is True
        assert self.get("/live").error == "password-given"
        answer = self.post("/session/password", password=given, new=password)
        assert answer.status == 200 and self.get("/session").json["password_given"] is False, answer
        return self

    def wallboard(self, code):
        return self._take(self.post("/wallboards/login", code=code))

    def act(self, act, **fields):
        return self.post("/acts/" + act, **fields)

    def stream(self, last=None, timeout=20):
        return Stream(self, last, timeout)


def raw(port, data, timeout=15):
    """All that comes back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as s:
        s.sendall(data)
        found = b""
        try:
            while part := s.recv(65536):
                found += part
        except (ConnectionResetError, socket.timeout):
            pass
        return found


def console_role(postgres):
    """Makes a login that has the console's role and no other; its address, of a database that is migrated."""
    postgres.query("CREATE ROLE only_console LOGIN IN ROLE wardwatch_console")
    return postgres.url.replace(f"user={postgres.user}", "user=only_console")
