"""Without a fault: what the oracle expects is what an undisturbed run gives."""


def run(h, random):
    h.start()
    published = h.check(h.load(count=30000 if h.long else 5000, devices=10), deep=True)
    h.expect(len(published) == (30000 if h.long else 5000), f"{len(published)} were published")
