"""Faults of the daemon as users and administrators see them: nobody is let in, nothing is lost, one sentence is said to
the one and one line written for the other. When it is over, the next login works."""

import os
import pathlib
import shutil
import signal
import subprocess
import threading

import pytest

import door
from host import POLICY
from ssh import Conversation, typed
from terminal import CODE
from waiting import wait_for

SOCKET = pathlib.Path("/run/stepup/pam.sock")
SETTINGS = pathlib.Path("/etc/stepup/stepup.toml")
NOT_ANSWERING = "StepUp is not answering; ask your administrator."
NOT_FINISHED = "This login was not finished; please try again."


@pytest.fixture
def hung(host, daemon):
    """The daemon stopped in its tracks, until the test is over."""
    daemon("kill", number=signal.SIGSTOP)
    yield daemon
    revive(daemon)


def revive(daemon):
    """Waits until a daemon answers again that was stopped, killed or both."""
    if (pid := daemon("status")["pid"]) and state_of(pid) == "T":
        daemon("kill", number=signal.SIGCONT)
    wait_for(lambda: daemon("status")["ready"], "the daemon is back", seconds=30)


def state_of(pid):
    """As proc(5) has it: "T" is stopped; "" once the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def refused_over_ssh(user, code="", meanwhile=lambda: None):
    """Logs in with password and `code`, which must be refused; what its user was told. `meanwhile` happens between the
    question and the answer."""
    def answer(prompt):
        if "assword" in prompt:
            return user.password
        meanwhile()
        return code

    with Conversation(user, answer) as login:
        assert not login.granted
        return "\n".join(login.told)


def logs_in(user, code=None):
    with Conversation(user, typed(user, code or user.totp.code())) as login:
        return login.granted


def unread_at_the_door():
    """Whether a message waits at pam.sock that the daemon has not read."""
    listed = subprocess.run(["ss", "-x", "-a", "-H"], capture_output=True, text=True, check=True).stdout.splitlines()
    return any(int(line.split()[2]) > 0 for line in listed if str(SOCKET) in line and "ESTAB" in line)


def test_a_hung_daemon_lets_nobody_in_and_says_so(alice, host, hung):
    assert NOT_ANSWERING in refused_over_ssh(alice)
    host.heard("syslog", r"pam_stepup\(sshd:auth\): login not granted: the daemon did not answer in time")


def test_a_hung_daemon_cannot_be_told_from_one_that_a_caller_of_sudo_made_look_hung(alice, hung, terminals):
    shell = terminals(alice.shell())
    ran = shell.run("sudo -k id", *[("password for", alice.password)] * 3)
    assert ran.status != 0 and "uid=0" not in ran.output
    assert NOT_FINISHED in ran.output


def test_a_daemon_that_goes_on_serves_again_what_it_did_not_grant(alice, daemon):
    code = alice.totp.code()
    daemon("kill", number=signal.SIGSTOP)
    assert not logs_in(alice, code)
    revive(daemon)
    assert logs_in(alice, code), "the code was never judged"


def test_a_daemon_killed_with_an_answer_in_its_hands_grants_nobody_and_spends_nothing(alice, host, daemon):
    code = alice.totp.code()

    def kill_once_answered():
        wait_for(unread_at_the_door, "the answer is on its way")
        daemon("kill", number=signal.SIGKILL)

    killer = threading.Thread(target=kill_once_answered)

    def stop():
        daemon("kill", number=signal.SIGSTOP)
        killer.start()

    assert NOT_FINISHED in refused_over_ssh(alice, code, stop)
    killer.join()
    revive(daemon)
    host.heard("syslog", "login not granted: the daemon hung up")
    assert logs_in(alice, code), "the code was never judged"


def test_a_restart_between_prompt_and_answer_grants_nobody_and_spends_nothing(alice, daemon):
    code = alice.totp.code()
    assert NOT_FINISHED in refused_over_ssh(alice, code, lambda: daemon("restart"))
    assert logs_in(alice, code)


def test_a_restart_while_sudo_asks_ends_that_question_alone(alice, daemon, terminals):
    code = alice.totp.code()
    shell = terminals(alice.shell())
    shell.begin("sudo -k id", [("password for", alice.password)])
    shell.expect(CODE)
    daemon("restart")
    shell.type(code)
    shell.play(("password for", alice.password), (CODE, code))
    shell.expect(shell.ENDED)
    assert NOT_FINISHED in shell.transcript and "uid=0" in shell.transcript


@pytest.mark.crashes
def test_a_daemon_that_cannot_start_says_why_and_comes_back_by_itself(alice, host, daemon):
    before = len(host.log("stepupd"))
    SETTINGS.write_text('[door]\nmax_connectoins = 64\n', encoding="utf-8")
    try:
        starts = daemon("status")["starts"]
        daemon("kill", number=signal.SIGKILL)
        wait_for(lambda: daemon("status")["starts"] >= starts + 3, "it crashes again and again")
        assert NOT_ANSWERING in refused_over_ssh(alice)
        host.heard("stepupd", r"stepup\.toml:2:1: .*max_connectoins.*max_connections", before)
    finally:
        SETTINGS.unlink()
    revive(daemon)
    assert logs_in(alice)


def test_a_policy_with_a_typo_is_named_to_the_letter_and_the_last_good_one_serves_after_a_restart(alice, host, policy,
                                                                                               daemon):
    policy('[defaults]\nrequirement = "required"\n')
    before = len(host.log("stepupd"))
    POLICY.write_text('[defaults]\nrequirement = "disabled"\nwindwo = "15m"\n', encoding="utf-8")
    daemon("restart")
    host.heard("stepupd", r"policy\.toml:3:1: .*windwo.*window", before)
    host.heard("stepupd", "the last good one stays in force", before)
    with Conversation(alice, typed(alice)) as login:
        assert not login.granted, "the broken file was not taken in parts"


def test_a_missing_socket_lets_nobody_in(alice, host):
    hidden = SOCKET.with_suffix(".away")
    SOCKET.rename(hidden)
    try:
        assert NOT_ANSWERING in refused_over_ssh(alice)
    finally:
        hidden.rename(SOCKET)
    host.heard("syslog", "login not granted: the daemon is not running")
    assert logs_in(alice)


GRANTS_EVERYBODY = """
import os, socket, struct, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen(8)
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    begin = client.recv(16384)
    if len(begin) > 11:
        client.send(struct.pack("<B", 4) + begin[3:11] + struct.pack("<IH", 0x5AC3961D, 0))
"""


@pytest.fixture
def foreign_daemon(carol):
    """A socket on which carol lets everybody in."""
    folder = pathlib.Path("/run/foreign")
    folder.mkdir()
    os.chown(folder, carol.entry.pw_uid, carol.entry.pw_gid)
    program = subprocess.Popen(["/usr/bin/python3", "-c", GRANTS_EVERYBODY, str(folder / "pam.sock")], text=True,
                               stdout=subprocess.PIPE, preexec_fn=carol.become)
    assert program.stdout.readline() == "ready\n"
    yield folder / "pam.sock"
    program.kill()
    program.wait()
    shutil.rmtree(folder)


@pytest.mark.parametrize("put", [os.rename, os.symlink], ids=["itself", "a link to it"])
def test_somebody_else_s_socket_in_its_place_lets_nobody_in(alice, host, foreign_daemon, put):
    hidden = SOCKET.with_suffix(".away")
    SOCKET.rename(hidden)
    try:
        put(foreign_daemon, SOCKET)
        assert NOT_ANSWERING in refused_over_ssh(alice)
    finally:
        hidden.replace(SOCKET)
    host.heard("syslog", "the socket belongs neither to root nor to the user stepup")
    assert logs_in(alice)


HIDDEN = "/proc hides other users' processes (hidepid): nobody can be identified, so every login is refused. " \
         "Mount it without hidepid, or with gid= of a group that stepup is in."
HIDING = """
mount -t proc -o hidepid=invisible proc /proc
exec setpriv --reuid=stepup --regid=stepup --clear-groups --bounding-set=-all --inh-caps=-all \
    timeout 20 /usr/sbin/stepupd --config "$1"
"""


def test_a_daemon_to_which_proc_hides_its_peers_says_what_to_do():
    folder = pathlib.Path("/run/hiding")
    folder.mkdir()
    (folder / "stepup.toml").write_text(f'[paths]\nstate = "{folder}/state"\nruntime = "{folder}"\n'
                                        f'[keys]\nmaster = "{folder}/master.key"\n[bus]\nenabled = false\n',
                                        encoding="utf-8")
    subprocess.run(["/usr/sbin/stepupd", "--make-key", folder / "master.key"], check=True)
    (folder / "state").mkdir(mode=0o700)
    for path in (folder, folder / "state", folder / "master.key"):
        shutil.chown(path, "stepup", "stepup")
    log = folder / "log"
    with open(log, "wb") as out:
        child = subprocess.Popen(["unshare", "--mount", "sh", "-c", HIDING, "sh", folder / "stepup.toml"], stdout=out,
                                 stderr=out)
    try:
        wait_for(lambda: "daemon-started" in log.read_text(encoding="utf-8"), "the daemon is up")
        assert HIDDEN in log.read_text(encoding="utf-8")
        assert door.log_in("root", path=f"{folder}/pam.sock")[0].packet == b"", "hung up on, which is no"
    finally:
        child.terminate()
        child.wait()
        shutil.rmtree(folder)
