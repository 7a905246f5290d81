"""Those whom the notifier tells: a real HTTP server and a real SMTP server, which can be made to misbehave.

    with Endpoint() as endpoint:
        endpoint.behave("hang")        # ok, hang, a status, (status, text), or a function of the request
        endpoint.requests              # [Request(headers, body)], as they came

Nothing here waits for a time: who waits does so for a condition.
"""

import asyncio
import collections
import http.server
import socketserver
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from .machine import free_port

Request = collections.namedtuple("Request", "headers body")
Mail = collections.namedtuple("Mail", "sender recipients content user tls")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class Endpoint:
    def __init__(self, behaviour="ok", port=0):
        self.requests = []
        self.behaviour = behaviour
        self.released = threading.Event()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(dict(self.headers), body)
                behaviour = endpoint.behaviour(request) if callable(endpoint.behaviour) else endpoint.behaviour
                endpoint.requests.append(request)
                if behaviour == "hang":
                    endpoint.released.wait(60)
                    return
                status, text = behaviour if isinstance(behaviour, tuple) else (204 if behaviour == "ok" else behaviour, "")
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/alarms"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def behave(self, behaviour):
        self.behaviour = behaviour

    def keys(self):
        return [request.headers["Idempotency-Key"] for request in self.requests]

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Mailbox:
    """`users`: {name: password}, None = whoever comes. `context`: an ssl.SSLContext for STARTTLS, None = none.
    `answer`: what is said to a message: "250 OK", or a function that gives it when it likes."""

    def __init__(self, users=None, context=None, answer="250 OK"):
        self.mails = []
        self.answer = answer
        mailbox = self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                answer = await asyncio.to_thread(mailbox.answer) if callable(mailbox.answer) else mailbox.answer
                if answer.startswith("2"):
                    mailbox.mails.append(Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content,
                                              session.auth_data, bool(session.ssl)))
                return answer

        def check(server, session, envelope, mechanism, data):
            good = users.get(data.login.decode()) == data.password.decode()
            return AuthResult(success=good, handled=good, auth_data=data.login.decode())

        options = {"auth_required": True, "authenticator": check} if users else {}
        if context:
            options |= {"require_starttls": True, "tls_context": context}
        self.controller = Controller(Handler(), hostname="127.0.0.1", port=free_port(), **options)
        self.controller.start()
        self.port = self.controller.port

    def close(self):
        self.controller.stop()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
