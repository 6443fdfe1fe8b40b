"""`stepup audit` beside a living, a stopped and a dead daemon; and the journal, which holds the end of the chain."""

import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import sqlite3
import struct
import subprocess

import pytest

import journald
import ssh
from conftest import TREE
from ssh import Conversation, typed
from terminal import CODE, Terminal
from waiting import wait_for

STATE = pathlib.Path("/var/lib/stepup")
NOT_WHOLE, USAGE, UNREADABLE, NOT_AUTHORIZED = 1, 2, 3, 4


def audit(*options):
    return subprocess.run(["stepup", "audit", *options], capture_output=True, text=True, check=False)


def records(*options):
    done = audit("--json", *options)
    assert done.returncode == 0, done
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(*options, status=0):
    done = audit("--verify", "--json", *options)
    assert done.returncode == status, done
    return json.loads(done.stdout)


@pytest.fixture
def journal(daemon):
    """A real journald, and a daemon that knows it."""
    running = journald.Journald()
    daemon("restart")
    yield running
    running.stop()
    daemon("restart")


@pytest.fixture
def copy(tmp_path, daemon):
    """The database as root might have copied it, to be tampered with: copy(sql) changes it, copy.path is where it is."""
    daemon("stop")
    path = tmp_path / "stepup.db"
    shutil.copyfile(STATE / "stepup.db", path)
    daemon("start")

    def change(*statements):
        with sqlite3.connect(path) as database:
            database.executescript("DROP TRIGGER IF EXISTS audit_is_never_changed;"
                                   "DROP TRIGGER IF EXISTS audit_is_never_shortened;" + ";".join(statements))
    change.path = path
    return change


def log_in(user):
    with Conversation(user, typed(user, user.totp.code())) as login:
        assert login.granted, login.error


def test_it_shows_what_a_user_did(alice):
    log_in(alice)
    (last,) = records("--user", alice.name, "--event", "factor-accepted", "-n", "1")
    assert (last["event"], last["user"], last["service"]) == ("MFA-1001", alice.name, "sshd")
    assert last["uid"] == alice.entry.pw_uid and last["fields"]["source"] == alice.address
    assert records("--user", str(alice.entry.pw_uid), "--event", "MFA-1001", "-n", "1") == [last]
    assert last in records("--since", "5m") and last not in records("--until", "1h")


def catalogue():
    """Event id → the fields that docs/audit-events.md names."""
    page = (TREE / "docs/audit-events.md").read_text(encoding="utf-8")
    return {event: set(re.findall(r"`(\w+)`", fields))
            for event, fields in re.findall(r"^\| (MFA-\d+) \|[^|]*\|[^|]*\|[^|]*\|([^|]*)\|", page, re.M)}


def test_records_have_the_fields_that_the_catalogue_names_and_no_others(alice, bob, terminals):
    log_in(alice)
    shell = terminals(bob.shell())
    shell.run("stepup verify --json", (CODE, bob.totp.code()))
    shell.run("stepup lock")
    known = catalogue()
    for record in records("-n", "all"):
        assert set(record["fields"]) <= known[record["event"]], record


def test_it_follows_over_a_restart_of_the_daemon(alice, daemon):
    with subprocess.Popen(["stepup", "audit", "--follow", "--json", "-n", "0"], stdout=subprocess.PIPE,
                          text=True) as following:
        def next_of(name):
            for line in following.stdout:
                if (record := json.loads(line))["name"] == name:
                    return record
            raise AssertionError(f"no {name}")
        log_in(alice)
        assert next_of("factor-accepted")["user"] == alice.name
        daemon("restart")
        assert next_of("daemon-stopped")
        log_in(alice)
        assert next_of("daemon-started")
        assert next_of("factor-accepted")["user"] == alice.name
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == -signal.SIGINT


def test_the_table_fits_eighty_columns_and_shows_hostile_names_safely(alice, host):
    with Conversation(alice, lambda prompt: "x", name="evil\x1b[2J\u202e" + "n" * 60) as login:
        assert not login.granted
    with Terminal(["stepup", "audit", "-n", "all"], size=(50, 80)) as screen:
        assert screen.finish() == 0
        lines = screen.transcript.splitlines()
    assert len(lines) > 20 and max(len(line) for line in lines) <= 80
    assert not any(letter in screen.transcript for letter in "\x1b\u202e")


def test_it_is_root_s_to_read(alice):
    done = alice.without_terminal("stepup", "audit")
    assert done.returncode == NOT_AUTHORIZED and "root" in done.stderr and not done.stdout


def test_wrong_words_are_answered_with_what_to_write():
    for words, sentence in ((["--event", "lockd"], "is no event"), (["--since", "soon"], "is no time"),
                            (["--verify", "--user", "alice"], "takes no filter")):
        done = audit(*words)
        assert done.returncode == USAGE and sentence in done.stderr, done


def test_reading_leaves_nothing_of_root_s_beside_the_database(daemon):
    owner = pwd.getpwnam("stepup").pw_uid
    for change in ("status", "stop"):
        daemon(change)
        assert verdict()["whole"] and records()
        assert {path.stat().st_uid for path in STATE.iterdir()} == {owner}
    daemon("start")


def test_a_chain_is_whole_after_kill_9(alice, daemon):
    log_in(alice)
    starts = daemon("status")["starts"]
    daemon("kill", number=signal.SIGKILL)
    assert verdict()["whole"], "with the daemon dead or just back"
    wait_for(lambda: (now := daemon("status"))["ready"] and now["starts"] > starts, "the daemon is back")
    assert verdict()["whole"]


def test_the_journal_knows_the_end_of_the_chain_when_the_daemon_stops(journal, alice, daemon):
    log_in(alice)
    daemon("stop")
    (anchor,) = journal.entries("STEPUP_EVENT=MFA-1911")[-1:]
    last = records("-n", "1")[0]
    assert (int(anchor["STEPUP_SEQ"]), anchor["STEPUP_HASH"]) == (last["seq"], last["hash"])
    assert last["name"] == "daemon-stopped"
    found = verdict()
    assert found["whole"] and found["last_compared"] == found["records"] == last["seq"]


def test_a_cut_tail_shows_against_the_journal_or_an_anchor(journal, alice, copy):
    log_in(alice)
    head = records("-n", "1")[0]
    copy(f"DELETE FROM audit WHERE seq > {head['seq'] - 5}")
    assert verdict("--file", copy.path)["whole"], "a copy may be older than the journal"
    for more in (["--journal", next(journald.FILES.iterdir())], ["--anchor", f"{head['hash']}:{head['seq']}"]):
        found = verdict("--file", copy.path, *more, status=NOT_WHOLE)
        assert (found["fault"], found["at"]) == ("cut", found["records"] + 1)
        assert found["other"] >= head["seq"]


def rechain(path, first):
    """What somebody does who knows the format: every hash from record `first` on is made anew."""
    with sqlite3.connect(path) as database:
        (previous,) = database.execute("SELECT hash FROM audit WHERE seq = ?", (first - 1,)).fetchone()
        for row in database.execute("SELECT seq, at_wall, at_boot, uid, boot, event, user, service, fields FROM audit"
                                    " WHERE seq >= ? ORDER BY seq", (first,)).fetchall():
            texts = b"".join(struct.pack("<q", len(text.encode())) + text.encode() for text in row[4:])
            previous = hashlib.sha256(previous + struct.pack("<4q", *row[:4]) + texts).digest()
            database.execute("UPDATE audit SET hash = ? WHERE seq = ?", (previous, row[0]))


def test_a_chain_that_was_made_anew_shows_against_the_journal(journal, alice, copy):
    (login,) = records("--user", alice.name, "--event", "enrollment-confirmed", "-n", "1")
    copy(f"UPDATE audit SET user = 'mallory' WHERE seq = {login['seq']}")
    assert verdict("--file", copy.path, status=NOT_WHOLE)["at"] == login["seq"]
    rechain(copy.path, login["seq"])
    found = verdict("--file", copy.path, status=NOT_WHOLE)
    assert (found["fault"], found["at"]) == ("rewritten", login["seq"])


def test_nobody_else_can_put_words_into_the_journal_s_mouth(journal, alice, carol):
    journald.log_as(carol, MESSAGE="x", STEPUP_SEQ="9999999", STEPUP_HASH="ab" * 32)
    log_in(alice)
    assert journal.entries("STEPUP_SEQ=9999999"), "journald took it"
    assert verdict()["whole"]


def test_tampering_is_located_in_a_copy(alice, copy):
    log_in(alice)
    copy("UPDATE audit SET user = 'mallory' WHERE seq = 5")
    done = audit("--verify", "--file", str(copy.path))
    assert done.returncode == NOT_WHOLE and "Record 5 was edited." in done.stdout


def test_what_is_no_database_of_ours_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database\n" * 100, encoding="ascii")
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE audit(seq)").connection.commit()
    for name in ("text", "other.db", "missing"):
        done = audit("--verify", "--file", str(tmp_path / name))
        assert done.returncode == UNREADABLE and name in done.stderr and not done.stdout, done


def test_a_copy_that_cannot_be_written_beside_can_be_read(copy, carol):
    folder = pathlib.Path("/srv/evidence")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(copy.path, folder / "stepup.db")
    os.chmod(folder / "stepup.db", 0o444)
    done = carol.without_terminal("stepup", "audit", "--verify", "--file", str(folder / "stepup.db"))
    assert done.returncode == 0, done


def test_a_hung_journal_holds_up_no_login(journal, alice, terminals):
    shell = terminals(ssh.login(alice, code=alice.totp.code()))
    assert not shell.asks("sudo -k id", ("password for", alice.password))
    before = len(journal.entries("STEPUP_EVENT=MFA-1101", f"STEPUP_USER={alice.name}"))
    journal.signal(signal.SIGSTOP)
    for _ in range(30):  # the socket of a private network takes ten or so
        assert not shell.asks("sudo -k id", ("password for", alice.password))
    assert len(records("--user", alice.name, "--event", "factor-accepted", "-n", "all")) >= 1
    journal.signal(signal.SIGCONT)
    wait_for(lambda: len(journal.entries("STEPUP_EVENT=MFA-1101", f"STEPUP_USER={alice.name}")) >= before + 30,
             "the journal has what was kept for it")


# The last one: what it puts back is no whole trail.
def test_a_restore_is_explained_and_a_copy_that_was_put_back_is_not(journal, alice, daemon, tmp_path):
    def admin(*words, text=""):
        done = subprocess.run(["stepup", "admin", *words], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        return done.stdout

    share = admin("recovery-share", "--new")
    admin("backup", str(tmp_path / "backup"))
    log_in(alice)
    daemon("stop")
    known = records("-n", "1")[0]["seq"]
    shutil.copyfile(STATE / "stepup.db", tmp_path / "stepup.db")
    admin("restore", str(tmp_path / "backup"), "--replace", text=share)
    daemon("start")
    journal.sync()
    found = verdict()
    (restored,) = found["restored"]
    (record,) = records("--event", "store-restored", "-n", "1")
    assert restored["record"] == record["seq"] and restored["backup_of"] == record["fields"]["made"]
    assert found["whole"] and restored["known_to"] >= known > record["seq"]
    assert f"records {record['seq']} to {restored['known_to']} of then" in audit("--verify").stdout

    daemon("stop")
    shutil.copyfile(tmp_path / "stepup.db", STATE / "stepup.db")
    shutil.chown(STATE / "stepup.db", "stepup", "stepup")
    daemon("start")
    journal.sync()
    found = verdict(status=NOT_WHOLE)
    assert found["fault"] in ("rewritten", "cut") and "restored" not in found
    for path in STATE.glob("*.before-*"):
        path.unlink()
