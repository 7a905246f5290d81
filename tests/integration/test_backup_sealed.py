"""Backups that are signed and encrypted: what was altered is refused, and nothing is put back of it."""

import shutil

import pytest

from harness.backup import Kept, run
from harness.store import find_driver

pytestmark = pytest.mark.skipif(not find_driver(), reason="build first: ninja tests/unit/store/store-driver")


@pytest.fixture
def kept(tmp_path):
    if not shutil.which("mdb_copy"):
        pytest.skip("lmdb-utils is not installed")
    return Kept(tmp_path)


@pytest.fixture
def keys(tmp_path):
    """Of age: whom the backups are for, and the file with their public halves."""
    if not shutil.which("age"):
        pytest.skip("age is not installed")
    private, recipients = tmp_path / "age.key", tmp_path / "recipients"
    run("age-keygen", "-o", private)
    recipients.write_text(run("age-keygen", "-y", private))
    return private, recipients


def append(path):
    path.write_text(path.read_text() + "#")


def sum_anew(folder):
    listed = run("find", ".", "-type", "f", "!", "-name", "SHA256SUMS*", cwd=folder).split()
    (folder / "SHA256SUMS").write_text(run("sha256sum", *listed, cwd=folder))


def list_anew(folder):
    lines = run("find", ".", "-mindepth", "1", "!", "-name", "SHA256SUMS*", "!", "-name", "CONTENTS", "-printf", "%y %m %p %l\\n", cwd=folder)
    (folder / "CONTENTS").write_text("\n".join(sorted(lines.splitlines())) + "\n")


def link(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/shadow")


# what is done to a folder, and what a restore says of it
ALTERED = {
    "a byte": (lambda made: append(made / "etc/wardwatch.yaml"), "etc/wardwatch.yaml: FAILED"),
    "a byte, its checksum": (lambda made: (append(made / "etc/wardwatch.yaml"), sum_anew(made)), "has not signed it"),
    "a file less": (lambda made: (made / "etc/wardwatch.yaml").unlink(), "it is damaged"),
    "a file more": (lambda made: (made / "etc/more.yaml").write_text("x"), "/etc/more.yaml"),
    "a file more, the lists": (lambda made: ((made / "etc/more").write_text("x"), list_anew(made), sum_anew(made)), "has not signed it"),
    "a folder more": (lambda made: (made / "etc/more").mkdir(), "./etc/more"),
    "a link more": (lambda made: link(made / "etc/more"), "./etc/more /etc/shadow"),
    "another link": (lambda made: link(made / "etc/link"), "./etc/link /etc/shadow"),
    "another mode": (lambda made: (made / "etc/wardwatch.yaml").chmod(0o4755), "f 4755 ./etc/wardwatch.yaml"),
    "no list": (lambda made: (made / "CONTENTS").unlink(), "it is damaged"),
    "no signature": (lambda made: (made / "SHA256SUMS.sig").unlink(), "has not signed it"),
    "no checksums": (lambda made: (made / "SHA256SUMS").unlink(), "is no backup"),
}


def test_a_folder_that_was_altered_is_not_restored(kept):
    made = kept.backup()
    assert "restored from" in kept.restore(made)
    for what, (alter, told) in ALTERED.items():
        copy = kept.folder / "copy" / made.name
        shutil.copytree(made, copy, symlinks=True)
        alter(copy)
        assert told in kept.restore(copy), what
        shutil.rmtree(copy)


def test_who_has_signed_counts(kept):
    made = kept.backup()
    assert "that key has not signed it" in kept.restore(made, signed_by="stranger")
    assert "name by whom" in kept.restore(made, signed_by=None)
    # an older one is no newer one by its name
    older = made.with_name("wardwatch-20990101T000000Z")
    shutil.copytree(made, older, symlinks=True)
    assert f"it is {made.name}, under another name" in kept.restore(older)
    # who reads a backup cannot sign one
    assert not (made / "etc/secrets/sign.pem").exists() and (made / "etc/secrets/stranger.pem").exists()


def test_an_encrypted_one_that_was_altered_is_not_opened(kept, keys):
    private, recipients = keys
    made = kept.backup(BACKUP_RECIPIENTS=str(recipients))
    assert made.name.endswith(".tar.age") and not list(made.parent.glob("*[0-9]Z"))
    assert "restored from" in kept.restore(made, "--key", private)
    whole = made.read_bytes()
    for place in (0, 30, 100, 250, len(whole) // 2, len(whole) - 20, len(whole) - 1):
        made.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        assert "it cannot be opened" in kept.restore(made, "--key", private), place
    for cut in (len(whole) - 1, len(whole) // 2, 200, 0):
        made.write_bytes(whole[:cut])
        assert "it cannot be opened" in kept.restore(made, "--key", private), cut
    made.write_bytes(whole)
    assert "name who signed it" in kept.restore(made, "--key", private, signed_by=None)
    run("age-keygen", "-o", kept.folder / "other.key")
    assert "it cannot be opened" in kept.restore(made, "--key", kept.folder / "other.key")


def test_a_forged_one_that_opens_is_not_restored(kept, keys):
    """Everybody can encrypt to a public key."""
    private, recipients = keys
    forged = kept.backup(signed_by="stranger", BACKUP_RECIPIENTS=str(recipients))
    assert "that key has not signed it" in kept.restore(forged, "--key", private)
    assert "restored from" in kept.restore(forged, "--key", private, signed_by="stranger")


def test_settings_that_would_not_do_are_refused(kept, keys):
    private, recipients = keys
    assert "could tell a forged backup" in kept.backup(BACKUP_SIGN="", BACKUP_RECIPIENTS=str(recipients))
    assert "has no public keys of age" in kept.backup(BACKUP_RECIPIENTS=str(private))
    assert "is no private Ed25519 key" in kept.backup(BACKUP_SIGN=str(kept.public("sign")))
    assert "BACKUP_CERT is not known any more" in kept.backup(BACKUP_CERT="x")
    assert not list((kept.folder / "to").glob("wardwatch-*"))
