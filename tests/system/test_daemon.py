"""The daemon's own life: reload, restart, death, and what logins see of it. And the restrictions it lives under."""

import os
import pathlib
import signal
import subprocess

import pytest

import ssh
from host import POLICY, UNITS
from ssh import Conversation, typed
from waiting import wait_for


def test_a_reload_brings_a_new_policy_into_force(alice, policy):
    policy('[defaults]\nrequirement = "disabled"\n')
    with Conversation(alice, typed(alice)) as login:
        assert login.granted and len(login.prompts) == 1, "nobody is asked for a code any more"


def test_a_broken_policy_never_replaces_a_good_one(alice, host, policy):
    POLICY.write_text('[defaults]\nrequirement = "disabeld"\n', encoding="utf-8")
    host.daemon("reload")
    with Conversation(alice, typed(alice)) as login:
        assert not login.granted
    host.heard("stepupd", "disabeld")


def test_a_window_survives_a_restart(alice, daemon, terminals):
    shell = terminals(ssh.login(alice, code=alice.totp.code()))
    assert not shell.asks("sudo -k id", ("password for", alice.password))
    daemon("restart")
    assert not shell.asks("sudo -k id", ("password for", alice.password))


def test_a_spent_code_stays_spent_over_kill_9(alice, daemon):
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, login.error
    kill_and_wait(daemon)
    with Conversation(alice, typed(alice, *[alice.totp.spent_code()] * 3)) as login:
        assert not login.granted


def test_a_login_that_comes_while_the_daemon_restarts_waits_for_it(alice, daemon):
    daemon("kill", number=signal.SIGKILL)
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, login.error


def test_who_has_the_question_may_answer_while_the_daemon_stops(alice, daemon):
    code = alice.totp.code()

    def answer(prompt):
        if "Code" not in prompt:
            return alice.password
        daemon("kill", number=signal.SIGTERM)
        return code

    with Conversation(alice, answer) as login:
        assert login.granted, login.error


def test_a_stopped_daemon_is_started_by_the_next_login(alice, daemon):
    daemon("stop", socket_too=False)
    with Conversation(alice, typed(alice, alice.totp.code())) as login:
        assert login.granted, login.error


def test_without_the_daemon_nobody_is_let_in_and_one_sentence_says_so(alice, daemon, terminals):
    daemon("stop")
    with Conversation(alice, typed(alice)) as login:
        assert not login.granted
        assert not any("Code" in text for text, _ in login.prompts)
    ran = terminals(alice.shell()).run("sudo -k id", *[("password for", alice.password)] * 3)
    assert ran.status != 0 and "uid=0" not in ran.output
    assert "StepUp is not answering; ask your administrator." in ran.output


def test_root_s_own_programs_do_not_wait_for_the_daemon(alice, daemon):
    daemon("stop")
    for command in (["sudo", "-n", "-u", alice.name, "id", "-un"], ["su", "-c", "id -un", alice.name]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        assert done.stdout == f"{alice.name}\n"


def kill_and_wait(daemon):
    starts = daemon("status")["starts"]
    daemon("kill", number=signal.SIGKILL)
    wait_for(lambda: (now := daemon("status"))["ready"] and now["starts"] > starts, "the daemon is back")


def test_the_daemon_runs_as_its_own_user_without_any_capability(daemon):
    status = dict(line.split(":", 1) for line in
                  pathlib.Path(f"/proc/{daemon('status')['pid']}/status").read_text(encoding="ascii").splitlines())
    assert set(status["Uid"].split()) == {str(os.stat("/var/lib/stepup").st_uid)} != {"0"}
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[capabilities], 16) == 0, capabilities
    assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2"


def test_the_daemon_has_no_network_and_leaves_no_core(daemon):
    pid = daemon("status")["pid"]
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


@pytest.mark.parametrize("path", ["/etc", "/usr/bin", "/run/stepup", "/home", "/root"])
def test_the_daemon_sees_nothing_it_could_write_but_its_state(daemon, path):
    root = f"/proc/{daemon('status')['pid']}/root"
    with pytest.raises(OSError):
        open(f"{root}{path}/probe", "x", encoding="ascii").close()


def test_files_of_the_state_folder_are_for_the_daemon_alone():
    for path in pathlib.Path("/var/lib/stepup").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_unit_exposes_at_most_0_6():
    subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=6", str(UNITS / "stepupd.service")],
                   check=True, capture_output=True)


def test_the_database_holds_no_secret_in_the_clear(alice):
    import base64
    raw = base64.b32decode(alice.totp.secret + "=" * (-len(alice.totp.secret) % 8))
    for path in pathlib.Path("/var/lib/stepup").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert alice.totp.secret.encode() not in content and raw not in content, path
        for code in alice.recovery_codes:
            assert code.encode() not in content and code.replace("-", "").encode() not in content, path
