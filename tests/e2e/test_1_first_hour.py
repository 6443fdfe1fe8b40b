"""A fresh Debian 12, our packages, and a new admin's first hour over ssh, sudo, su and login. One story, in order."""

import pytest

from person import Person, on_the_console
from terminal import CODE, PASSWORD


ONLY_SUDO = """\
[[rule]]
name = "nobody at sshd"
match = { services = ["sshd"] }
requirement = "disabled"

[[rule]]
name = "sudo, wherever one was verified"
match = { services = ["sudo"] }
requirement = "required"
window = "1h"
window_scope = "user"
"""


@pytest.fixture(scope="module")
def alice(machine):
    return Person(machine, "alice", "sudo")


@pytest.fixture(scope="module")
def bob(machine):
    return Person(machine, "bob")


def stacks(machine):
    """Every PAM file and what it says."""
    folder = machine.root / "etc/pam.d"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_installing_gates_nothing(machine, debs, alice):
    before = stacks(machine)
    said = machine.install(debs)
    assert "rror" not in said and "arning" not in said, said
    assert stacks(machine) == before
    assert machine.run("systemctl", "is-active", "stepupd.service", "stepupd.socket") == "active\nactive\n"
    with alice.login() as shell:  # Debian's sshd asks for the password alone
        assert shell.run("id -un").output == "alice\n"
    doctor = machine.run("stepup", "doctor")
    assert "0 red" in doctor and "No service asks for a factor" in doctor


def test_the_master_key_lies_sealed(machine):
    folder = machine.root / "etc/stepup"
    sealed = (folder / "master.cred").read_bytes()
    assert [path.name for path in folder.iterdir() if "master" in path.name] == ["master.cred"]
    assert len(machine.run("systemd-creds", "decrypt", "--name=master.key", "/etc/stepup/master.cred", "-",
                           errors="replace")) > 16
    assert len(sealed) > 100 and (folder / "master.cred").stat().st_mode & 0o777 == 0o400


def test_the_recovery_share_is_shown_once(machine):
    share = machine.run("stepup", "admin", "recovery-share")
    assert len(share.split("\n")[0].split()) == 14, share
    assert machine.try_run("stepup", "admin", "recovery-share").returncode == 1


def test_an_admin_enrolls_himself_over_ssh(alice):
    with alice.login() as shell:
        shown = alice.enroll(shell)
        alice.enroll_token(shell)
    assert "otpauth://totp/" in shown and len(alice.recovery_codes) == 10


def test_a_trial_is_kept_by_a_fresh_login(machine, alice):
    said = machine.run("stepup", "pam", "try", "--sshd-config", "sshd", "sudo")
    assert "stepup pam confirm" in said
    assert machine.run("systemctl", "is-active", "stepup-pam-revert.timer") == "active\n"
    with alice.login(alice.code()) as shell:
        assert shell.run("sudo stepup pam confirm", (PASSWORD, alice.password)).status == 0
    assert machine.try_run("systemctl", "is-active", "stepup-pam-revert.timer").returncode != 0
    assert "pam_stepup.so" in stacks(machine)["sshd"]


def test_who_has_proved_a_factor_at_login_passes_sudo_in_silence(alice):
    with alice.login(alice.code()) as shell:
        assert shell.run("sudo id -un", (PASSWORD, alice.password)).output.endswith("root\n")
        assert shell.run("stepup lock").status == 0
        assert shell.run("sudo id -un", (CODE, alice.code())).output.endswith("root\n")


def test_a_code_counts_once_and_a_wrong_one_never(alice):
    assert not alice.is_let_in(alice.token.spent_code())
    assert not alice.is_let_in(alice.token.wrong_code())
    assert alice.is_let_in(alice.recovery_codes[0])
    assert not alice.is_let_in(alice.recovery_codes[0])


def test_policy_demands_a_factor_of_who_has_none(machine, bob):
    assert bob.is_let_in()
    with open(machine.root / "etc/stepup/policy.d/50-all.toml", "w", encoding="ascii") as drop_in:
        drop_in.write('[[rule]]\nname = "everybody at sshd"\nmatch = { services = ["sshd"] }\nrequirement = "required"\n')
    machine.run("stepup", "policy", "check")
    machine.run("systemctl", "reload", "stepupd")
    assert not bob.is_let_in()


def test_an_invite_lets_a_new_person_in_to_enroll(machine, bob):
    invite = machine.run("stepup", "admin", "invite", "bob")
    code = next(word for word in invite.split() if word.count("-") >= 3)
    with bob.login(code) as shell:
        bob.enroll(shell)
    assert bob.is_let_in(bob.recovery_codes[0])


def test_su_asks_who_calls_it(machine, alice, bob):
    machine.run("stepup", "pam", "enable", "su")
    with alice.login(alice.code()) as shell:
        shell.run("stepup lock")
        assert shell.run("su -c 'id -un' bob", (PASSWORD, bob.password), (CODE, alice.code())).output.endswith("bob\n")


def test_login_on_the_console_asks(machine, alice):
    machine.run("stepup", "pam", "enable", "login")
    with on_the_console(machine, "login") as screen:
        screen.play((r"login: ", "alice"), (PASSWORD, alice.password), (CODE, alice.code()), (r"\$ ", "tty; exit"))
        screen.expect(r"/dev/pts/\d+")


def test_doctor_finds_nothing_red(machine):
    doctor = machine.try_run("stepup", "doctor")
    assert doctor.returncode == 0 and "0 red" in doctor.stdout, doctor.stdout


def test_after_a_reboot_codes_stay_spent(machine, alice):
    spent = alice.code()
    assert alice.is_let_in(spent)
    machine.reboot()
    assert not alice.is_let_in(spent)
    status = machine.run("stepup", "audit", "--verify")
    assert "rror" not in status, status


def test_after_a_power_cut_windows_are_gone_though_no_logout_ended_them(machine, alice):
    all_rules = machine.root / "etc/stepup/policy.d/50-all.toml"
    before = all_rules.read_text(encoding="ascii")
    all_rules.write_text(ONLY_SUDO, encoding="ascii")
    machine.run("stepup", "policy", "reload")
    with alice.login() as shell, alice.login() as other:
        assert "uid=0" in shell.run("sudo -k id", (PASSWORD, alice.password), (CODE, alice.code())).output
        assert "uid=0" in other.run("sudo -k id", (PASSWORD, alice.password)).output, "a window wherever she is"
        machine.crash()
    machine.boot()
    with alice.login() as shell:
        assert "uid=0" in shell.run("sudo -k id", (PASSWORD, alice.password), (CODE, alice.code())).output
    all_rules.write_text(before, encoding="ascii")
    machine.run("stepup", "policy", "reload")


def test_a_power_cut_forgets_no_code(machine, alice):
    spent = alice.code()
    assert alice.is_let_in(spent)
    machine.crash()
    machine.boot()
    assert not alice.is_let_in(spent)
    assert alice.is_let_in(alice.code())


def test_a_reboot_takes_an_unconfirmed_trial_back(machine):
    before = stacks(machine)
    machine.run("stepup", "pam", "disable", "su")
    without = stacks(machine)
    machine.run("stepup", "pam", "try", "su")
    assert stacks(machine)["su"] == before["su"] != without["su"]
    machine.reboot()
    assert stacks(machine) == without


def test_the_module_does_not_go_while_a_stack_names_it(machine, alice):
    refused = machine.try_run("apt-get", "purge", "--yes", "--quiet=2", "stepup", "libpam-stepup")
    assert refused.returncode != 0 and "stepup pam disable" in refused.stdout and "/etc/pam.d/sshd" in refused.stdout
    assert alice.is_let_in(alice.code())


def test_who_removes_the_packages_and_installs_them_again_finds_everything_as_it_was(machine, debs, alice):
    enabled = stacks(machine)
    services = ("sshd", "sudo", "login")
    machine.run("stepup", "pam", "disable", *services)
    machine.run("apt-get", "remove", "--yes", "--quiet=2", "stepup", "libpam-stepup")
    assert alice.is_let_in()
    machine.install(debs)
    machine.run("stepup", "pam", "enable", "--sshd-config", *services)
    assert stacks(machine) == enabled
    assert not alice.is_let_in()
    assert alice.is_let_in(alice.code())


def test_purging_leaves_nothing_that_names_the_module(machine, alice, bob):
    machine.run("stepup", "pam", "disable", "sshd", "sudo", "login")
    machine.run("apt-get", "purge", "--yes", "--quiet=2", "stepup", "libpam-stepup")
    assert not [name for name, text in stacks(machine).items() if "pam_stepup" in text]
    assert not (machine.root / "var/lib/stepup").exists()
    left = [path.name for path in (machine.root / "etc/stepup").rglob("*")]
    assert left == ["policy.d", "50-all.toml"], "what the admin wrote stays, and nothing else"
    assert alice.is_let_in() and bob.is_let_in()
