"""`stepup pam`: putting our lines into PAM's files, and taking them out again."""

import itertools
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess

import pytest

from host import MODULE, STACKS
from ssh import Conversation, typed
from terminal import CODE, PASSWORD
from waiting import wait_for

REFUSED, NOT_AUTHORIZED = 1, 4
SERVICES = ("sshd", "sudo", "sudo-i", "su", "login")
DROP_IN = pathlib.Path("/etc/ssh/sshd_config.d/00-stepup.conf")
OF_THIS_HOST = "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\n"
HOW_TO_ASK = ("Password: ", False), ("Code (? for help): ", True)


def stepup(*words):
    """`stepup pam …` run by root: CompletedProcess."""
    return subprocess.run(["stepup", "pam", *words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)


def done(*words):
    ran = stepup(*words)
    assert ran.returncode == 0, ran
    return ran.stdout


def file(service):
    return pathlib.Path("/etc/pam.d", service)


def of_debian(service):
    """The stack as the distribution has it: what we ship without our lines and our words about them."""
    lines = (STACKS / service).read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if "pam_stepup" not in line and "account line" not in line
                   and "# it would never be asked" not in line)


@pytest.fixture(autouse=True)
def plain(host):
    """Debian's stacks and Debian's sshd_config; afterwards the rig's own."""
    config = pathlib.Path("/etc/ssh/sshd_config")
    before = config.read_text(encoding="utf-8")
    config.write_text(OF_THIS_HOST + "HostKey /etc/ssh/rig_key\n", encoding="utf-8")
    for service in SERVICES:
        host.write_stack(service, of_debian(service))
    yield
    config.write_text(before, encoding="utf-8")
    DROP_IN.unlink(missing_ok=True)
    for service in SERVICES:
        host.use_stack(service)


@pytest.fixture
def nobody_enrolled(daemon):
    """A daemon that knows nobody, for this test."""
    state, aside = pathlib.Path("/var/lib/stepup"), pathlib.Path("/var/lib/stepup.aside")
    daemon("stop")
    state.rename(aside)
    daemon("start")
    yield
    daemon("stop")
    shutil.rmtree(state)
    aside.rename(state)
    daemon("start")


def test_sudo_asks_for_a_code_once_its_lines_are_there_and_no_more_without_them(alice, terminals):
    before = file("sudo").read_text(encoding="utf-8")
    shown = done("enable", "sudo")
    assert "+auth       [success=ok ignore=ignore default=die]  pam_stepup.so\n" in shown
    asked = terminals(alice.terminal("sudo", "-k", "id", "-u"))
    asked.play((PASSWORD, alice.password), (CODE, alice.totp.code()))
    assert asked.finish() == 0 and "0" in asked.transcript
    done("disable", "sudo")
    assert file("sudo").read_text(encoding="utf-8") == before
    not_asked = terminals(alice.terminal("sudo", "-k", "id", "-u"))
    not_asked.play((PASSWORD, alice.password))
    assert not_asked.finish() == 0 and "Code" not in not_asked.transcript


def test_sshd_that_cannot_ask_is_said_and_the_drop_in_makes_it_ask(alice, sshd):
    before = file("sshd").read_text(encoding="utf-8")
    refused = stepup("enable", "sshd")
    assert refused.returncode == REFUSED
    assert 'sshd has "KbdInteractiveAuthentication no"' in refused.stderr
    assert "\nUsePAM yes\nKbdInteractiveAuthentication yes\n" in refused.stderr
    assert file("sshd").read_text(encoding="utf-8") == before and not DROP_IN.exists()

    assert "systemctl reload ssh" in done("enable", "--sshd-config", "sshd")
    sshd(2211, *OF_THIS_HOST.splitlines())
    with Conversation(alice, typed(alice, alice.totp.code()), port=2211) as login:
        assert login.granted, login.error
        assert login.prompts == list(HOW_TO_ASK)

    done("disable", "sshd")
    assert file("sshd").read_text(encoding="utf-8") == before and not DROP_IN.exists()
    sshd(2212, "KbdInteractiveAuthentication yes")
    with Conversation(alice, typed(alice), port=2212) as login:
        assert login.granted and login.prompts == [HOW_TO_ASK[0]]


@pytest.mark.parametrize("config, fix", [
    ("UsePAM yes\nKbdInteractiveAuthentication no\n",
     "does not include it: write `Include /etc/ssh/sshd_config.d/*.conf` as its first line."),
    ("UsePAM yes\n# ours\nKbdInteractiveAuthentication no\nInclude /etc/ssh/sshd_config.d/*.conf\n",
     '/etc/ssh/sshd_config:3 says "KbdInteractiveAuthentication no" before it, and the first word counts'),
    ("Match User root\n  Include /etc/ssh/sshd_config.d/*.conf\nMatch all\n  KbdInteractiveAuthentication no\n",
     "is it included within a Match block?"),
])
@pytest.mark.parametrize("verb", ["enable", "try"])
def test_a_drop_in_that_sshd_does_not_heed_is_taken_back_before_any_stack_changes(alice, systemd, config, fix, verb):
    pathlib.Path("/etc/ssh/sshd_config").write_text(config + "HostKey /etc/ssh/rig_key\n", encoding="utf-8")
    before = [file(service).read_bytes() for service in SERVICES]
    for _ in range(2):
        ran = stepup(verb, "--sshd-config", "sudo", "sshd")
        assert ran.returncode == REFUSED and fix in " ".join(ran.stderr.split()), ran
        assert [file(service).read_bytes() for service in SERVICES] == before and not DROP_IN.exists()
    assert "No trial" in stepup("confirm", "--anyway").stderr, "nothing is under way"


def test_a_drop_in_that_is_there_already_and_not_heeded_is_no_better(alice):
    pathlib.Path("/etc/ssh/sshd_config").write_text(
        "UsePAM yes\nKbdInteractiveAuthentication no\nInclude /etc/ssh/sshd_config.d/*.conf\nHostKey /etc/ssh/rig_key\n",
        encoding="utf-8")
    before = file("sshd").read_bytes()
    DROP_IN.write_text("# Written by `stepup pam enable sshd`; `stepup pam disable sshd` removes it.\n"
                       "# A code can be asked for by keyboard-interactive alone.\n"
                       "UsePAM yes\nKbdInteractiveAuthentication yes\n", encoding="utf-8")
    ran = stepup("enable", "--sshd-config", "sshd")
    assert ran.returncode == REFUSED and "/etc/ssh/sshd_config:2 says" in ran.stderr, ran
    assert file("sshd").read_bytes() == before and DROP_IN.exists()


def test_programs_are_told_too_that_sshd_must_read_its_configuration(alice):
    told = json.loads(done("enable", "--json", "--sshd-config", "sshd"))
    assert any("systemctl reload ssh" in one for one in told["advice"]), told
    assert json.loads(done("disable", "--json", "sshd"))["advice"] == ["Now tell sshd: `systemctl reload ssh`."]


def test_of_several_services_all_change_or_none(alice, host, systemd):
    before = file("sudo").read_bytes()
    real = file("su").with_suffix(".real")
    file("su").rename(real)
    file("su").symlink_to(real)
    try:
        for verb in ("enable", "try"):
            ran = stepup(verb, "sudo", "su")
            assert ran.returncode == REFUSED and "/etc/pam.d/su is no plain file" in ran.stderr, ran
            assert file("sudo").read_bytes() == before
        assert "No trial" in stepup("confirm", "--anyway").stderr, "nothing is under way"
    finally:
        file("su").unlink()
        real.rename(file("su"))


@pytest.mark.parametrize("verb", ["enable", "try"])
def test_what_cannot_be_written_half_way_takes_back_the_rest(alice, systemd, verb):
    """The second file cannot be put in place: its rename fails, for whatever reason."""
    before = [file(service).read_bytes() for service in SERVICES]
    for number in range(1, 8):
        ran = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=rename:error=EPERM:when={number}",
                              "-e", "trace=rename", "stepup", "pam", verb, "--anyway", "sudo", "su", "login"],
                             capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)
        if ran.returncode == 0:
            break
        assert ran.returncode == REFUSED and "Cannot write" in ran.stderr, ran
        assert [file(service).read_bytes() for service in SERVICES] == before, number
        assert "No trial" in stepup("confirm", "--anyway").stderr, "nothing is under way"
    assert number > 3, "every file's turn came"


def test_a_service_that_includes_another_is_not_asked_twice(alice, host):
    before = file("su-l").read_text(encoding="utf-8") if file("su-l").exists() else None
    host.write_stack("su-l", "auth include su\naccount include su\nsession include su\n")
    try:
        for services in (("su", "su-l"), ("su-l", "su")):
            done("enable", *services)
            assert "pam_stepup" in file("su").read_text(encoding="utf-8")
            assert "pam_stepup" not in file("su-l").read_text(encoding="utf-8")
            done("disable", *services)
    finally:
        if before is None:
            file("su-l").unlink()
        else:
            host.write_stack("su-l", before)


def test_a_line_of_ours_that_another_one_jumps_over_is_not_taken_out(host):
    """As that of docs/fail-modes.md: without ours, the jump would lead over the password's line, or out of the stack."""
    stack = ("@include common-auth\nauth [success=1 default=ignore] pam_succeed_if.so quiet user = breakglass\n"
             "auth [success=ok ignore=ignore default=die] pam_stepup.so\n@include common-account\n")
    host.write_stack("login", stack)
    ran = stepup("disable", "login")
    assert ran.returncode == REFUSED and "/etc/pam.d/login:2 jumps over our line" in " ".join(ran.stderr.split()), ran
    assert file("login").read_text(encoding="utf-8") == stack
    done("disable", "--anyway", "login")


def test_a_stack_that_the_vendor_has_elsewhere_is_gated_by_a_copy_which_goes_again(alice):
    vendor, copy = pathlib.Path("/usr/lib/pam.d/polkit-1"), file("polkit-1")
    assert vendor.exists() and not copy.exists(), "as Debian 12 has it"
    done("enable", "polkit-1")
    made = copy.read_text(encoding="utf-8")
    assert made.count("pam_stepup.so") == 2 and "".join(
        line for line in made.splitlines(keepends=True) if "pam_stepup" not in line) == vendor.read_text(encoding="utf-8")
    found = {one["service"]: one for one in json.loads(done("status", "--json"))["services"]}
    assert found["polkit-1"]["verdict"] == "good" and found["polkit-1"]["account"]
    assert done("enable", "polkit-1") == "Nothing to do: the lines are there.\n"
    done("disable", "polkit-1")
    assert not copy.exists()
    assert done("disable", "polkit-1") == "Nothing to do: no line there is ours.\n"
    done("enable", "polkit-1")
    copy.write_text(copy.read_text(encoding="utf-8") + "# somebody's\n", encoding="utf-8")
    done("disable", "polkit-1")
    assert copy.read_text(encoding="utf-8") == vendor.read_text(encoding="utf-8") + "# somebody's\n"
    copy.unlink()


def test_a_trial_of_a_copied_stack_leaves_no_copy(alice, systemd):
    done("try", "polkit-1")
    assert file("polkit-1").exists()
    done("revert")
    assert not file("polkit-1").exists()


def test_lines_that_come_by_an_include_are_not_said_to_be_none(alice, host):
    common = [pathlib.Path("/etc/pam.d/common-auth"), pathlib.Path("/etc/pam.d/common-account")]
    texts = [one.read_text(encoding="utf-8") for one in common]
    ours = "[success=ok ignore=ignore default=die] pam_stepup.so\n"
    try:
        common[0].write_text(texts[0] + "auth " + ours, encoding="utf-8")
        common[1].write_text("account " + ours + texts[1], encoding="utf-8")
        ran = stepup("disable", "sudo")
        said = " ".join(ran.stderr.split())
        assert ran.returncode == REFUSED and "/etc/pam.d/common-account, /etc/pam.d/common-auth" in said, ran
        assert "pam-auth-update --disable stepup" in said
    finally:
        for one, text in zip(common, texts):
            one.write_text(text, encoding="utf-8")
    done("enable", "su")
    assert "stepup pam disable su`" in " ".join(stepup("disable", "su-l").stderr.split())
    done("disable", "su", "su-l")


def test_a_key_and_then_a_code(alice, sshd):
    import ssh
    before = file("sshd").read_text(encoding="utf-8")
    done("enable", "--key", "--sshd-config", "sshd")
    sshd(2213, *OF_THIS_HOST.splitlines())
    key = ssh.private_key(alice)
    with Conversation(alice, typed(alice, alice.totp.code()), port=2213, key=key) as login:
        assert login.granted, login.error
        assert login.prompts == [HOW_TO_ASK[1]]
    with Conversation(alice, typed(alice, alice.totp.code()), port=2213) as login:
        assert not login.granted, "no key, and in"
    done("disable", "sshd")
    assert file("sshd").read_text(encoding="utf-8") == before


def test_enabling_twice_changes_nothing(alice):
    done("enable", "sudo", "su", "login")
    once = [file(service).read_text(encoding="utf-8") for service in SERVICES]
    assert done("enable", "sudo", "su", "login") == "Nothing to do: the lines are there.\n"
    assert [file(service).read_text(encoding="utf-8") for service in SERVICES] == once


def test_a_service_that_is_named_twice_is_one(alice):
    before = file("sudo").read_bytes()
    for verb in ("enable", "disable"):
        assert done(verb, "sudo", "sudo").count("+++ /etc/pam.d/sudo") == 1
    assert file("sudo").read_bytes() == before


def test_a_dry_run_shows_and_writes_nothing(alice):
    before = file("sudo").read_text(encoding="utf-8")
    assert "+account " in done("enable", "--dry-run", "sudo")
    assert file("sudo").read_text(encoding="utf-8") == before


def test_mode_and_owner_stay_and_the_old_text_is_kept(alice):
    before = file("sudo").read_text(encoding="utf-8")
    file("sudo").chmod(0o640)
    shutil.chown(file("sudo"), alice.name, "sudo")
    changed = json.loads(done("enable", "--json", "sudo"))["files"][0]
    after = os.stat(file("sudo"))
    assert (stat.S_IMODE(after.st_mode), after.st_uid) == (0o640, alice.entry.pw_uid)
    assert pathlib.Path(changed["backup"]).read_text(encoding="utf-8") == before
    assert stat.S_IMODE(os.stat(changed["backup"]).st_mode) == 0o600
    assert not list(pathlib.Path("/etc/pam.d").glob(".stepup*"))


@pytest.mark.parametrize("words", [["enable", "sudo"], ["enable", "sudo", "su"]])
def test_nothing_is_locked_while_stepupd_does_not_answer(alice, daemon, words):
    before = file("sudo").read_text(encoding="utf-8")
    daemon("stop")
    ran = stepup(*words)
    assert ran.returncode == REFUSED and "stepupd does not answer" in ran.stderr
    assert file("sudo").read_text(encoding="utf-8") == before


def test_nothing_is_locked_while_nobody_is_enrolled(nobody_enrolled):
    ran = stepup("enable", "sudo")
    assert ran.returncode == REFUSED and "Nobody is enrolled" in ran.stderr
    assert "pam_stepup" not in file("sudo").read_text(encoding="utf-8")


def test_nothing_is_locked_while_the_module_is_missing_unless_anyway(alice):
    aside = MODULE.with_suffix(".aside")
    MODULE.rename(aside)
    try:
        ran = stepup("enable", "sudo")
        assert ran.returncode == REFUSED and "pam_stepup.so" in ran.stderr
        assert "pam_stepup" not in file("sudo").read_text(encoding="utf-8")
        done("enable", "--anyway", "sudo")
        assert file("sudo").read_text(encoding="utf-8").count("pam_stepup.so") == 2
    finally:
        aside.rename(MODULE)


def test_disabling_needs_no_daemon(alice, daemon):
    before = file("sudo").read_text(encoding="utf-8")
    done("enable", "sudo")
    daemon("stop")
    done("disable", "sudo")
    assert file("sudo").read_text(encoding="utf-8") == before


def test_a_key_stack_without_ours_would_let_anybody_in_and_is_not_made(host):
    host.use_stack("sshd", "sshd-key-and-code")
    before = file("sshd").read_text(encoding="utf-8")
    ran = stepup("disable", "sshd")
    assert ran.returncode == REFUSED and "would let in anybody" in ran.stderr
    assert file("sshd").read_text(encoding="utf-8") == before


def test_one_service_that_cannot_be_leaves_the_others_alone(alice):
    ran = stepup("enable", "sudo", "no-such-service")
    assert ran.returncode == REFUSED and "no-such-service" in ran.stderr
    assert "pam_stepup" not in file("sudo").read_text(encoding="utf-8")


def test_something_before_ours_that_lets_in_is_not_overlooked(alice, host):
    host.write_stack("sudo", "auth sufficient pam_succeed_if.so user ingroup robots\n" + of_debian("sudo"))
    ran = stepup("enable", "sudo")
    assert ran.returncode == 0, "named by the administrator: worth a look only"
    host.write_stack("sudo", "auth sufficient pam_wheel.so trust\n" + of_debian("sudo"))
    ran = stepup("enable", "sudo")
    assert ran.returncode == REFUSED and "pam_wheel.so) lets in before pam_stepup.so is asked" in ran.stderr


def test_status_says_what_each_service_comes_to(alice, host):
    done("enable", "su")
    host.write_stack("sudo", of_debian("sudo").replace("@include common-auth",
                                                       "@include common-auth\nauth optional pam_stepup.so"))
    found = {one["service"]: one for one in json.loads(done("status", "--json"))["services"]}
    assert {name: found[name]["verdict"] for name in ("su", "su-l", "sudo", "login", "sshd")} == {
        "su": "good", "su-l": "good", "sudo": "opens", "login": "off", "sshd": "off"}
    assert "(optional) lets in whom StepUp refuses" in json.dumps(found["sudo"]["remarks"])
    assert "sudo: " in done("status")


# Stands in for systemd: what it is told, a line each; fails at what the file beside it says.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>/run/rig/systemctl
! grep -qxF -- "$*" /run/rig/systemctl.fails 2>/dev/null
"""
UNITS = [pathlib.Path("/etc/systemd/system/stepup-pam-revert." + kind) for kind in ("service", "timer")]


@pytest.fixture
def systemd():
    """A systemd that takes orders and never acts: systemd() is what it was told."""
    program, real = pathlib.Path("/usr/bin/systemctl"), pathlib.Path("/usr/bin/systemctl.real")
    orders, fails = pathlib.Path("/run/rig/systemctl"), pathlib.Path("/run/rig/systemctl.fails")
    program.rename(real)
    program.write_text(SYSTEMCTL, encoding="utf-8")
    program.chmod(0o755)
    pathlib.Path("/run/systemd/system").mkdir(parents=True)
    yield lambda: orders.read_text(encoding="utf-8")
    stepup("revert")
    shutil.rmtree("/run/systemd/system")
    real.replace(program)
    orders.unlink(missing_ok=True)
    fails.unlink(missing_ok=True)


def as_root_in(user, *words):
    """`stepup pam …` by root in a new login session."""
    def become():
        pathlib.Path("/proc/self/loginuid").write_text(str(user.entry.pw_uid), encoding="ascii")
    return subprocess.run(["stepup", "pam", *words], capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=become)


def test_without_systemd_there_is_no_trial(alice):
    before = file("sudo").read_text(encoding="utf-8")
    ran = stepup("try", "sudo")
    assert ran.returncode == REFUSED and "does not run systemd" in ran.stderr
    assert file("sudo").read_text(encoding="utf-8") == before


def test_a_trial_is_armed_before_anything_changes_and_taken_back_to_the_byte(alice, systemd):
    before = [file(service).read_bytes() for service in SERVICES]
    shown = done("try", "--sshd-config", "sudo", "sshd")
    assert "stepup pam confirm" in shown and "pam_stepup" in file("sudo").read_text(encoding="utf-8") and DROP_IN.exists()
    assert "start stepup-pam-revert.timer" in systemd() and "enable --quiet stepup-pam-revert.service" in systemd()
    assert "OnActiveSec=2min" in UNITS[1].read_text(encoding="utf-8")
    for verb in ("try", "enable", "disable"):
        assert "trial is under way" in stepup(verb, "su").stderr
    done("revert")
    assert [file(service).read_bytes() for service in SERVICES] == before
    assert not DROP_IN.exists() and not any(unit.exists() for unit in UNITS)
    assert stepup("revert").returncode == REFUSED, "nothing is under way"


@pytest.mark.parametrize("order", ["daemon-reload", "start stepup-pam-revert.timer",
                                   "is-active --quiet stepup-pam-revert.timer"])
def test_a_timer_that_does_not_start_means_no_trial(alice, systemd, order):
    before = file("sudo").read_bytes()
    pathlib.Path("/run/rig/systemctl.fails").write_text(order + "\n", encoding="utf-8")
    assert stepup("try", "sudo").returncode == REFUSED
    assert file("sudo").read_bytes() == before and not any(unit.exists() for unit in UNITS)
    assert stepup("revert").returncode == REFUSED, "nothing is under way"


def killed_at(call, number, *words):
    """`stepup pam …` by root, killed as it makes its `number`th such system call; whether it got so far."""
    ran = subprocess.run(["strace", "-qq", "-o", "/run/rig/strace", "-e", f"inject={call}:signal=KILL:when={number}",
                          "-e", f"trace={call}", "stepup", "pam", *words], capture_output=True, text=True, check=False,
                         stdin=subprocess.DEVNULL, timeout=60)
    assert ran.returncode != REFUSED, ran
    return ran.returncode != 0


@pytest.mark.parametrize("call", ["fsync", "rename", "openat"])
def test_a_trial_whose_command_is_killed_at_any_moment_is_taken_back_to_the_byte(alice, systemd, call):
    """What systemd does at the end of the two minutes, or of a boot, is `stepup pam revert`. --anyway: each run leaves a
    token unused, and the daemon keeps sixteen."""
    before = [file(service).read_bytes() for service in SERVICES]
    changed = 0
    for number in itertools.count(1):
        orders = pathlib.Path("/run/rig/systemctl")
        orders.unlink(missing_ok=True)
        if not killed_at(call, number, "try", "--anyway", "--sshd-config", "sudo", "sshd"):
            break
        if [file(service).read_bytes() for service in SERVICES] != before or DROP_IN.exists():
            changed += 1
            assert "start stepup-pam-revert.timer" in systemd(), "nothing changes before somebody will take it back"
            done("revert")
        else:
            stepup("revert")  # there may be nothing to take back
        assert [file(service).read_bytes() for service in SERVICES] == before and not DROP_IN.exists(), number
        assert not any(unit.exists() for unit in UNITS)
    done("revert")
    assert number > 3 and (changed > 0 or call == "openat"), "it was killed in the middle, or nothing was shown"


def test_nobody_but_root_can_hold_up_the_way_back(alice, systemd):
    """Whoever may read a folder may lock it."""
    before = file("sudo").read_bytes()
    holder = subprocess.Popen(["runuser", "-u", alice.name, "--", "flock", "/etc/pam.d", "sleep", "60"])
    try:
        wait_for(lambda: subprocess.run(["flock", "--nonblock", "/etc/pam.d", "true"], check=False).returncode != 0,
                 "the folder is locked")
        done("try", "sudo")
        done("revert")
        assert file("sudo").read_bytes() == before
        lock = pathlib.Path("/run/stepup-pam.lock").stat()
        assert (lock.st_uid, stat.S_IMODE(lock.st_mode)) == (0, 0o600)
    finally:
        holder.kill()
        holder.wait()


def test_of_two_trials_at_once_one_waits_and_is_told_of_the_other(alice, systemd):
    before = [file(service).read_bytes() for service in ("sudo", "su")]
    both = [subprocess.Popen(["stepup", "pam", "try", service], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             stdin=subprocess.DEVNULL) for service in ("sudo", "su")]
    said = [one.communicate(timeout=60)[1] for one in both]
    assert sorted(one.returncode for one in both) == [0, REFUSED] and "trial is under way" in " ".join("".join(said).split())
    done("revert")
    assert [file(service).read_bytes() for service in ("sudo", "su")] == before


def test_a_trial_that_was_ended_while_its_command_was_stopped_changes_nothing(alice, systemd):
    """Stopped as it is about to write the first stack, until the two minutes are over."""
    before = file("sudo").read_bytes()
    timer = pathlib.Path("/usr/bin/systemctl")
    timer.write_text(SYSTEMCTL + 'case "$*" in is-active*) kill -STOP $PPID;; esac\n', encoding="utf-8")
    trial = subprocess.Popen(["stepup", "pam", "try", "sudo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             stdin=subprocess.DEVNULL)
    try:
        stat_of = pathlib.Path(f"/proc/{trial.pid}/stat")
        wait_for(lambda: stat_of.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "T", "it stands still")
        done("revert")
    finally:
        trial.send_signal(signal.SIGCONT)
    _, said = trial.communicate(timeout=60)
    assert trial.returncode == REFUSED and "has been ended meanwhile" in said, said
    assert file("sudo").read_bytes() == before


def test_what_cannot_be_taken_back_yet_is_tried_again(alice, systemd):
    before = file("sudo").read_bytes()
    done("try", "sudo")
    assert "Restart=on-failure\n" in UNITS[0].read_text(encoding="utf-8")
    aside = file("sudo").rename("/etc/pam.d/.sudo.aside")
    file("sudo").symlink_to(aside)
    backups = len(list(pathlib.Path("/etc/stepup/backup").iterdir()))
    try:
        assert stepup("revert").returncode == REFUSED
        assert all(unit.exists() for unit in UNITS), "it stays armed"
        assert len(list(pathlib.Path("/etc/stepup/backup").iterdir())) == backups, "nor does the folder grow"
    finally:
        aside.replace(file("sudo"))
    done("revert")
    assert file("sudo").read_bytes() == before


def test_only_a_login_newer_than_the_trial_may_confirm_it(alice, systemd):
    assert as_root_in(alice, "try", "sudo").returncode == 0
    assert stepup("confirm").returncode == REFUSED, "whoever stood there before"
    fresh = as_root_in(alice, "confirm")
    assert fresh.returncode == 0, fresh
    assert "pam_stepup" in file("sudo").read_text(encoding="utf-8")
    assert not any(unit.exists() for unit in UNITS)
    assert stepup("confirm").returncode == REFUSED, "nothing is under way"


@pytest.mark.parametrize("damage", [lambda record: record.write_text(""), lambda record: record.write_text("odd\n"),
                                    lambda record: (record.unlink(), record.mkdir())])
def test_a_record_that_cannot_be_read_is_put_aside_and_holds_nothing_up(alice, systemd, damage):
    record, aside = pathlib.Path("/etc/stepup/trial"), pathlib.Path("/etc/stepup/trial.unreadable")
    try:
        done("try", "sudo")
        damage(record)
        ran = stepup("revert")
        assert ran.returncode == REFUSED and "cannot be read" in ran.stderr and "/etc/stepup/backup" in ran.stderr, ran
        assert not record.exists() and aside.exists() and not any(unit.exists() for unit in UNITS)
        assert "No trial" in stepup("confirm").stderr
        done("disable", "sudo")
        assert "pam_stepup" not in file("sudo").read_text(encoding="utf-8")
    finally:
        subprocess.run(["rm", "-rf", str(record), str(aside)], check=True)


def test_a_trial_whose_backup_is_gone_ends_and_says_what_is_left_to_do_by_hand(alice, systemd):
    before = file("su").read_bytes()
    done("try", "sudo", "su")
    (backup,) = [one for one in pathlib.Path("/etc/stepup/trial").read_text(encoding="utf-8").split()
                 if "/backup/sudo." in one]
    pathlib.Path(backup).unlink()
    ran = stepup("revert")
    said = " ".join(ran.stderr.split())
    assert ran.returncode == REFUSED and backup in said and "stepup pam disable sudo" in said, ran
    assert file("su").read_bytes() == before, "what can be taken back, is"
    assert "No trial" in stepup("revert").stderr and not any(unit.exists() for unit in UNITS)
    done("disable", "sudo")
    assert "pam_stepup" not in file("sudo").read_text(encoding="utf-8")


def test_only_root_may(carol):
    for verb in ("enable", "disable", "try", "confirm", "revert"):
        ran = carol.without_terminal("stepup", "pam", verb, *([] if verb in ("confirm", "revert") else ["sudo"]))
        assert ran.returncode == NOT_AUTHORIZED, ran
