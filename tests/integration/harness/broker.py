"""A real Mosquitto on a port of its own, in a folder of its own.

    with Broker(tmp_path, users={"ww": "secret"}) as broker:
        broker.port, broker.stop(), broker.kill(), broker.freeze(), broker.thaw(), broker.start()

The folder outlives a stop, so persistence is real. Nothing here waits for a time: start() waits until the broker
answers a CONNECT.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from .machine import HarnessError, free_port, wait_for

LIMITS = """\
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 0
max_inflight_messages 0
{passwords}
{extra}
"""


class BrokerError(HarnessError):
    pass


def mosquitto():
    """The program, which Debian keeps where users do not look."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/sbin")
    if not found:
        raise BrokerError("mosquitto is not installed: apt-get install mosquitto")
    return found


class Broker:
    def __init__(self, folder, users=None, tls=None, extra="", acl=None, port=None, verbose=True):
        """`users`: {name: password}, None = anonymous. `tls`: Certificates, None = plain. `acl`: text of an ACL file.
        `extra`: further lines of configuration. `verbose`: a line in the log for each packet."""
        self.folder = pathlib.Path(folder) / "mosquitto"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.users, self.tls, self.acl, self.extra = users, tls, acl, extra
        self.fixed_port = port
        self.verbose = verbose
        self.port = port
        self.process = None
        self.host = "127.0.0.1"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.kill()

    @property
    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _passwords(self):
        if self.users is None:
            return "allow_anonymous true"
        path = self.folder / "passwords"
        path.write_text("".join(f"{name}:{word}\n" for name, word in self.users.items()))
        path.chmod(0o600)
        subprocess.run([shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd", "-U", path], check=True)
        return f"allow_anonymous false\npassword_file {path}"

    def _configure(self):
        lines = [f"listener {self.port} 127.0.0.1", LIMITS]
        if os.geteuid() == 0:
            lines.insert(0, "user root")  # else it drops to a user that cannot read the test's folder
        if self.tls:
            lines.insert(1 + lines.index(f"listener {self.port} 127.0.0.1"),
                         f"cafile {self.tls.ca}\ncertfile {self.tls.cert}\nkeyfile {self.tls.key}")
        if self.acl is not None:
            (self.folder / "acl").write_text(self.acl)
            (self.folder / "acl").chmod(0o600)
            lines.append(f"acl_file {self.folder}/acl")
        text = "\n".join(lines).format(folder=self.folder, passwords=self._passwords(), extra=self.extra)
        (self.folder / "conf").write_text(text + "\n")

    def _answers(self):
        if self.process.poll() is not None:
            raise BrokerError(f"mosquitto ended with {self.process.returncode}:\n{self.log[-2000:]}")
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def start(self):
        """Start, with the port of before, and wait until it listens."""
        for attempt in range(5):
            if self.port is None or (attempt and self.fixed_port is None):
                self.port = free_port()
            self._configure()
            with open(self.folder / "log", "ab") as log:
                command = [mosquitto(), *(["-v"] if self.verbose else []), "-c", self.folder / "conf"]
                self.process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                wait_for(self._answers, 10, "mosquitto listens")
                return
            except HarnessError:
                self.kill()
                if "in use" not in self.log.lower():
                    raise
        raise BrokerError("no free port")

    def _end(self, number):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
            if number != signal.SIGCONT:
                self.process.send_signal(signal.SIGCONT)  # a frozen one cannot end
        self.process.wait(20)
        self.process = None

    def stop(self):
        """Orderly: what is queued goes to the disk."""
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def client_arguments(self):
        """For mosquitto_pub and mosquitto_sub."""
        arguments = ["-h", "localhost" if self.tls else self.host, "-p", str(self.port)]
        if self.users:
            name, word = next(iter(self.users.items()))
            arguments += ["-u", name, "-P", word]
        if self.tls:
            arguments += ["--cafile", str(self.tls.ca)]
        return arguments

    def publish(self, topic, *payloads, qos=1, retain=False):
        """Publishes each payload (text) and returns when the broker has acknowledged all of them."""
        command = ["mosquitto_pub", *self.client_arguments(), "-V", "5", "-q", str(qos), "-t", topic, "-l"]
        if retain:
            command.append("-r")
        subprocess.run(command, input="".join(p + "\n" for p in payloads), text=True, check=True, timeout=60)


class Certificates:
    """A certificate authority and a server certificate for `name`, made by openssl in `folder`."""

    def __init__(self, folder, name="localhost"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.ca_key = self.folder / "ca.pem", self.folder / "ca.key"
        self.cert, self.key = self.folder / "server.pem", self.folder / "server.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
                      "-subj", "/CN=test authority", "-keyout", self.ca_key, "-out", self.ca)
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.folder / "server.csr")
        (self.folder / "san").write_text(f"subjectAltName=DNS:{name}\n")
        self._openssl("x509", "-req", "-in", self.folder / "server.csr", "-CA", self.ca, "-CAkey", self.ca_key,
                      "-CAcreateserial", "-days", "3650", "-extfile", self.folder / "san", "-out", self.cert)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
