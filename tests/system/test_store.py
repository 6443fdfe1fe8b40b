"""The store through the years: backup and the way back, a new master key, and whatever can be wrong with its files."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

import ssh
from host import MASTER_KEY, master_key
from hotp import Hotp
from ssh import Conversation, typed
from terminal import CODE
from totp import STEP
from waiting import wait_for

STATE = pathlib.Path("/var/lib/stepup")
SECONDS_FOR_THE_DRILL = 15 * 60


def admin(*words, text=""):
    """`stepup admin WORDS`, as root: CompletedProcess."""
    return subprocess.run(["stepup", "admin", *map(str, words)], input=text, capture_output=True, text=True, check=False,
                          timeout=60)


def logs_in(user, *codes):
    with Conversation(user, typed(user, *codes)) as login:
        return login.granted


@pytest.fixture(scope="module")
def share(host):
    """The recovery share of this host, made once."""
    made = admin("recovery-share", "--new")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture
def backup(share, tmp_path):
    return tmp_path / "backup"


@pytest.fixture
def new_host(daemon):
    """Takes store and key away; what they were comes back unless the test has put others there."""
    daemon("stop")
    aside = STATE.with_name("stepup.aside")
    key = MASTER_KEY.read_bytes()
    shutil.move(STATE, aside)
    MASTER_KEY.unlink()
    yield daemon
    daemon("stop")
    if not (STATE / "stepup.db").exists():
        shutil.rmtree(STATE, ignore_errors=True)
        shutil.move(aside, STATE)
        MASTER_KEY.write_bytes(key)
        MASTER_KEY.chmod(0o400)
    shutil.rmtree(aside, ignore_errors=True)


def test_a_backup_and_the_share_bring_everything_back_on_a_new_host(alice, backup, share, request):
    began = time.monotonic()
    made = admin("backup", backup)
    assert made.returncode == 0, made.stderr
    spent_since = alice.totp.code()
    assert logs_in(alice, spent_since)

    daemon = request.getfixturevalue("new_host")
    dictated = share.lower().replace(" ", "-") + "\n"
    restored = admin("restore", backup, text=dictated)
    assert restored.returncode == 0, restored.stderr
    assert "Recovery codes that were used since" in restored.stdout
    daemon("start")
    alice.totp.last_step = int(time.time()) // STEP + 1  # codes up to then may have been used up since the backup

    assert not logs_in(alice, spent_since, spent_since, spent_since)
    assert logs_in(alice, alice.totp.code())
    assert logs_in(alice, alice.recovery_codes[0])
    assert time.monotonic() - began < SECONDS_FOR_THE_DRILL
    events = [row[0] for row in rows(STATE, "SELECT event FROM audit ORDER BY seq DESC LIMIT 40")]
    assert {"MFA-1925", "MFA-1921"} <= set(events), "the trail tells of the restore, and of what was taken back"


@pytest.fixture
def dora(new_user):
    """A user with a token that counts its presses, and recovery codes."""
    user = new_user("dora")
    with user.terminal("stepup", "enroll", "hotp", "--label", "token") as screen:
        screen.expect(r"secret=([A-Z2-7]+)&[^\r\n]*&counter=0\r?\n")
        user.token = Hotp(screen.child.match[1])
        screen.play((r"Next code of the token: ", user.token.code()))
        assert screen.finish() == 0, screen.transcript
        user.recovery_codes = [word for word in screen.transcript.split() if word.count("-") == 4]
    return user


def test_codes_of_a_token_that_were_used_since_the_backup_are_refused_after_a_restore(dora, backup, share, request,
                                                                                        terminals):
    assert admin("backup", backup).returncode == 0
    used = [dora.token.code(), dora.token.code()]
    assert all(logs_in(dora, code) for code in used)
    daemon = request.getfixturevalue("new_host")
    restored = admin("restore", backup, text=share)
    assert restored.returncode == 0 and "HOTP codes count again" in restored.stdout, restored
    daemon("start")

    assert not logs_in(dora, *used), "nor two in a row"
    with Conversation(dora, typed(dora, "?", dora.token.code())) as login:
        assert not login.granted, "nor one that was never used: nobody can tell"
        assert 'hotp "token", after another' in login.prompts[2][0]
    shell = terminals(ssh.login(dora, code=dora.recovery_codes[0]))
    assert shell.run("stepup verify --factor hotp", (CODE, dora.token.code())).status == 0
    assert not logs_in(dora, used[1])
    assert logs_in(dora, dora.token.code())


def test_a_backup_alone_shows_nothing(alice, backup):
    assert admin("backup", backup).returncode == 0
    content = backup.read_bytes()
    assert alice.name.encode() not in content and b"SQLite" not in content
    assert backup.stat().st_mode & 0o077 == 0
    assert any(row[0] == "MFA-1924" for row in rows(STATE, "SELECT event FROM audit ORDER BY seq DESC LIMIT 5"))


def test_a_backup_replaces_no_file(backup):
    backup.write_text("mine", encoding="ascii")
    assert admin("backup", backup).returncode == 1
    assert backup.read_text(encoding="ascii") == "mine" and os.listdir(backup.parent) == [backup.name]


def test_a_backup_that_was_changed_or_cut_is_refused_and_leaves_nothing(backup, share, request):
    assert admin("backup", backup).returncode == 0
    request.getfixturevalue("new_host")
    sealed = backup.read_bytes()
    for name, content in {"cut": sealed[:-1], "changed": sealed[:3000] + b"\0\1\2" + sealed[3003:], "none": b"hello"}.items():
        (backup.parent / name).write_bytes(content)
        refused = admin("restore", backup.parent / name, text=share)
        assert refused.returncode == 1 and refused.stderr.startswith("stepup: restore: "), name
        assert not (STATE / "stepup.db").exists() and not MASTER_KEY.exists()


def test_a_wrong_share_is_refused(backup, share, new_host, tmp_path):
    del new_host
    backup.write_bytes(b"StepUp backup 1\n" + bytes(200))
    letters = list(share.replace(" ", ""))
    letters[7] = "A" if letters[7] != "A" else "B"
    refused = admin("restore", backup, text="".join(letters))
    assert refused.returncode == 1 and "a letter of the recovery share is wrong" in refused.stderr


def test_a_restore_overwrites_nothing_unless_it_is_told_to(backup, share, daemon):
    assert admin("backup", backup).returncode == 0
    assert "there is a database already" in admin("restore", backup, text=share).stderr
    assert "stepupd runs" in admin("restore", backup, "--replace", text=share).stderr
    daemon("stop")
    before = (STATE / "stepup.db").stat().st_ino
    replaced = admin("restore", backup, "--replace", text=share)
    assert replaced.returncode == 0, replaced.stderr
    assert before in [path.stat().st_ino for path in STATE.glob("stepup.db.before-*")]
    daemon("start")
    for path in STATE.glob("*.before-*"):
        path.unlink()


def test_a_new_key_seals_everything_and_the_old_one_opens_nothing(alice, daemon):
    assert "stepupd runs" in admin("key", "rotate").stderr
    daemon("stop")
    old = master_key()
    rotated = admin("key", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    assert master_key() != old and MASTER_KEY.stat().st_mode & 0o777 == 0o400
    daemon("start")
    assert logs_in(alice, alice.totp.code())
    assert logs_in(alice, alice.recovery_codes[0]), "the pepper of recovery codes was kept"
    daemon("stop")
    with Instance(STATE.parent / "other") as instance:
        shutil.copytree(STATE, instance.state, dirs_exist_ok=True)
        instance.own_files()
        instance.key.write_bytes(old)
        assert "not the key the database was sealed with" in instance.refusal()


def test_only_root_may_look_after_the_store(carol):
    for words in (["backup", "/tmp/x"], ["recovery-share"], ["key", "rotate"]):
        done = carol.without_terminal("stepup", "admin", *words)
        assert done.returncode == 4 or "cannot be read" in done.stderr, done


# What can be wrong with the files, each at a daemon of its own

CONFIG = """\
[paths]
state = "{0}/state"
runtime = "{0}/run"
policy = "{0}/policy.toml"
[keys]
master = "{0}/key"
[bus]
enabled = false
"""


class Instance(contextlib.AbstractContextManager):
    """A stepupd of root's own in a folder."""

    def __init__(self, folder):
        self.folder, self.state, self.key = folder, folder / "state", folder / "key"
        self.database = self.state / "stepup.db"
        self.running = None
        for one in (folder, self.state, folder / "run"):
            one.mkdir(mode=0o700, exist_ok=True)
        (folder / "config").write_text(CONFIG.format(folder), encoding="ascii")
        (folder / "policy.toml").write_text('[defaults]\nrequirement = "required"\n', encoding="ascii")
        self.key.write_bytes(b"k" * 32)
        self.key.chmod(0o400)

    def __exit__(self, *_):
        if self.running:
            self.running.kill()
            self.running.wait()
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def own_files(self):
        for path in self.state.iterdir():
            os.chown(path, 0, 0)

    def start(self):
        """Until it answers, or has ended."""
        socket = self.folder / "run" / "pam.sock"
        socket.unlink(missing_ok=True)
        if self.running:
            self.log.close()
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        self.running = subprocess.Popen(["/usr/sbin/stepupd", "--config", self.folder / "config"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        wait_for(lambda: "daemon-started" in self.said() or self.running.poll() is not None, "it started", seconds=30)
        return self

    def said(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def stop(self):
        self.running.send_signal(signal.SIGTERM)
        assert self.running.wait(10) == 0, self.said()

    def live(self):
        """One whole life."""
        self.start().stop()

    def refusal(self):
        """What it says as it refuses to start."""
        self.start()
        assert self.running.wait(10) == 1, self.said()
        assert "daemon-started" not in self.said()
        return self.said()


def rows(state, query):
    with contextlib.closing(sqlite3.connect(f"file:{state}/stepup.db?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


@pytest.fixture
def instance(tmp_path):
    with Instance(tmp_path / "instance") as one:
        one.live()
        yield one


def damage_a_page(instance):
    with open(instance.database, "r+b") as file:
        file.seek(4096)
        file.write(b"\xA5" * 4096)


def be_newer(instance):
    with contextlib.closing(sqlite3.connect(instance.database)) as database:
        database.execute("PRAGMA user_version = 1000")


FAULTS = {
    "a damaged page": (damage_a_page, "the database is damaged"),
    "a newer schema": (be_newer, "written by a newer StepUp; install that version again"),
    "something else": (lambda one: one.database.write_bytes(b"x" * 8192), "holds something else"),
    "no database": (lambda one: one.database.unlink(), "the database is gone, but there was one; restore a backup"),
    "an empty one": (lambda one: one.database.write_bytes(b""), "the database is gone, but there was one"),
    "no key": (lambda one: one.key.unlink(), "there is none, but there is a database: put the key that belongs to it"),
    "a short key": (lambda one: one.key.write_bytes(b"k" * 31), "the master key is not 32 bytes long"),
    "an empty key": (lambda one: one.key.write_bytes(b""), "the master key is not 32 bytes long"),
    "another key": (lambda one: one.key.write_bytes(b"o" * 32), "not the key the database was sealed with"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_daemon_that_finds(instance, fault):
    """... does not start, says why, and makes nothing anew."""
    break_it, sentence = FAULTS[fault]
    break_it(instance)
    before = instance.database.read_bytes() if instance.database.exists() else None
    assert sentence in instance.refusal()
    after = instance.database.read_bytes() if instance.database.exists() else None
    assert after == before


def test_a_daemon_with_a_damaged_database_names_the_newest_backup(instance):
    assert subprocess.run(["stepup", "admin", "recovery-share", "--config", instance.folder / "config"], check=True,
                          capture_output=True)
    made = instance.folder / "the-backup"
    subprocess.run(["stepup", "admin", "backup", made, "--config", instance.folder / "config"], check=True,
                   capture_output=True)
    damage_a_page(instance)
    assert f"the newest backup that this host knows of: " in (said := instance.refusal()) and str(made) in said


def test_a_database_locked_by_somebody_else_is_said_so(instance):
    with contextlib.closing(sqlite3.connect(instance.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        assert "another process holds the database locked" in instance.refusal()
    instance.live()


def test_a_read_only_file_system_is_said_so(instance):
    subprocess.run(["mount", "--bind", instance.state, instance.state], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", instance.state], check=True)
        assert "the database is read-only" in instance.refusal()
    finally:
        subprocess.run(["umount", instance.state], check=True)
    instance.live()


@pytest.mark.parametrize("name", ["stepup.db", "stepup.db-wal", "stepup.db-shm"])
def test_a_database_that_is_deleted_under_a_running_daemon_ends_it(instance, name):
    instance.start()
    (instance.state / name).unlink()
    assert instance.running.wait(15) == 1
    assert "the database was deleted or replaced while it was in use" in instance.said()


def test_a_database_that_was_put_back_is_noticed(instance):
    shutil.copy(instance.database, instance.folder / "copy")
    instance.live()
    shutil.copy(instance.folder / "copy", instance.database)
    instance.start().stop()
    assert "the database is older than it was" in instance.said() and "store-is-older" in instance.said()
    instance.live()
    assert "older" not in instance.said()


def test_a_full_disk_keeps_nobody_from_starting(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "tmpfs", disk], check=True)
    try:
        with Instance(disk / "instance") as instance:
            instance.live()
            reserve = instance.state / "stepup.reserve"
            assert reserve.stat().st_size == 16 * 1024 * 1024
            for name in ("stepup.db-wal", "stepup.db-shm"):
                (instance.state / name).unlink(missing_ok=True)
            fill(disk / "filler")
            instance.live()
            assert not reserve.exists(), "its room was needed"
            (disk / "filler").unlink()
            instance.live()
            assert reserve.exists(), "it was made again"
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(path):
    with open(path, "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
            file.flush()
