"""A real browser on the page: one case of tests/browser is one run of node, which drives Chromium.

    browser = Browser(port, folder); browser.run("queue", people={…}, publish=function)

While it runs the case may ask for things that only the test can do, by name: what it prints as a line {"ask": name,
"with": […]} is a call of that keyword, and the answer goes back as a line. Its last line says {"ok": true}.
"""

import fcntl
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import threading

from .machine import SOURCE, HarnessError, find_built, wait_for

CASES = SOURCE / "tests" / "browser"


class BrowserError(HarnessError):
    pass


def pages():
    """The page as it was built."""
    found = find_built("daemon/console/web/dist/index.html")
    if not found:
        raise BrowserError("the page is not built: ninja -C BUILD")
    return found.parent


def libraries():
    """A folder with the cases and what they need from elsewhere; fetched when the lock file has changed."""
    folder = SOURCE / "var" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fetch_libraries(folder)
    return folder


def fetch_libraries(folder):
    lock = (CASES / "package-lock.json").read_text()
    stamp = folder / "node_modules" / ".locked"
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(CASES / name, folder / name)
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], cwd=folder,
                       check=True, capture_output=True, timeout=300)
        stamp.write_text(lock)
    for case in CASES.glob("*.mjs"):
        copy = folder / case.name
        if not copy.exists() or copy.read_bytes() != case.read_bytes():
            shutil.copy(case, copy)


def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise BrowserError("chromium is not installed: apt-get install chromium")
    return found


class Browser:
    def __init__(self, port, folder):
        self.port = port
        self.folder = pathlib.Path(folder)
        self.libraries = libraries()

    def run(self, case, timeout=120, given=None, **asked):
        """Raises with what the case printed if it fails. `given`: data for it."""
        shots = SOURCE / "var" / "screenshots"
        shots.mkdir(parents=True, exist_ok=True)
        profile = self.folder / f"profile-{case}"
        known = {"base": f"http://localhost:{self.port}", "chromium": chromium(), "profile": str(profile),
                 "shots": str(shots), "given": given or {}}
        log = self.folder / f"{case}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(["node", self.libraries / "run.mjs", case], cwd=self.libraries, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=errors, text=True,
                                       env=os.environ | {"WARDWATCH_CASE": json.dumps(known)})
            timer = threading.Timer(timeout, process.kill)
            timer.start()
            try:
                ok = self._serve(process, asked)
            finally:
                timer.cancel()
                process.kill()
                process.wait()
                shutil.rmtree(profile, ignore_errors=True)
        if not ok:
            raise BrowserError(f"{case} failed:\n{log.read_text()[-6000:]}")

    @staticmethod
    def _serve(process, asked):
        ok = False
        for line in process.stdout:
            said = json.loads(line)
            if said.get("ok"):
                ok = True
            elif "ask" in said:
                answer = asked[said["ask"]](*said.get("with", []))
                process.stdin.write(json.dumps({"answer": answer}) + "\n")
                process.stdin.flush()
        return ok


def wait_page(port):
    """Until the console serves the page."""
    def served():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    wait_for(served, 30, "the page")
