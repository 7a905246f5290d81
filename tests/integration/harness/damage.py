"""Damage to a journal's file, as a disk or a hand does it."""


def used_bytes(path):
    """How much of the file LMDB has written: the rest is reserved and zero."""
    data = path.read_bytes()
    return len(data.rstrip(b"\0"))


def flip(path, places):
    with path.open("r+b") as f:
        for place in places:
            f.seek(place)
            byte = f.read(1)[0]
            f.seek(place)
            f.write(bytes([byte ^ 0x10]))


def flip_pages(path):
    """In the head of each page: nothing of it can be read by its trees any more."""
    flip(path, range(2 * 4096 + 10, used_bytes(path), 4096))
