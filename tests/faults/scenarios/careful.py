"""Careful operation, after two deaths within a minute: messages among operators' acts are kept one by one, and none is lost."""


def acknowledge(h, known):
    """Those that are new since; in the turns between messages."""
    for alarm in h.alarms().values():
        if alarm["state"] == "UNACK" and (alarm["id"], alarm["version"]) not in known:
            known.add((alarm["id"], alarm["version"]))
            h.daemon.call("ack", alarm=alarm["id"], version=alarm["version"], reason="seen")


def run(h, random):
    h.start()
    for _ in range(2):
        h.daemon.wait_restarted("engine", h.daemon.kill("engine"))
        h.daemon.wait_ready()
    h.expect(h.status().get("careful"), "it is not careful")
    count = 20000 if h.long else 2000
    load = h.load(count=count, rate=500, devices=50)
    known = set()

    def all_taken():
        acknowledge(h, known)
        return h.status().get("sessions", {}).get("bulk", {}).get("messages", 0) >= count
    h.wait(all_taken, "all messages", 600)
    h.expect(known, "nothing was acknowledged")
    h.check(load, alarms=False)
