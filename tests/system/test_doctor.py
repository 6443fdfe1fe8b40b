"""`stepup doctor`: what it says of a host, and of the same host with one thing broken."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from host import MODULE, STACKS

FINE, REFUSED, NOT_AUTHORIZED = 0, 1, 4
OF_THIS_HOST = "UsePAM yes\nKbdInteractiveAuthentication yes\nHostKey /etc/ssh/rig_key\n"


def stepup(*words):
    return subprocess.run(["stepup", "doctor", *words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)


def findings(status, *words):
    """What is not green: (light, about, what)."""
    ran = stepup("--json", *words)
    assert ran.returncode == status, ran
    report = json.loads(ran.stdout)
    for light in ("red", "yellow", "green"):
        assert report[light] == sum(one["light"] == light for one in report["findings"])
    return [(one["light"], one["about"], one["what"]) for one in report["findings"] if one["light"] != "green"]


def reds(status=REFUSED):
    return [(about, what) for light, about, what in findings(status) if light == "red"]


@pytest.fixture(autouse=True)
def healthy(alice):
    """A host with somebody enrolled and an sshd that can ask."""
    config = pathlib.Path("/etc/ssh/sshd_config")
    before = config.read_text(encoding="utf-8")
    config.write_text(OF_THIS_HOST, encoding="utf-8")
    yield
    config.write_text(before, encoding="utf-8")


def everything():
    """A fingerprint of all that doctor looks at."""
    digest = hashlib.sha256()
    for folder in ("/etc", "/var/lib/stepup", "/run/stepup"):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            # What a running daemon itself writes into is told by its name alone.
            still = path.is_file() and not path.is_symlink() and not str(path).startswith("/var/lib/stepup")
            digest.update(f"{path} {path.lstat().st_mode}".encode() + (path.read_bytes() if still else b""))
    return digest.hexdigest()


def test_a_host_as_shipped_has_nothing_red_and_doctor_changes_nothing(alice):
    before = everything()
    assert reds(FINE) == []
    assert everything() == before


def test_a_page_fits_a_terminal_and_has_color_only_there(alice, terminals):
    ran = stepup()
    assert ran.returncode == FINE and "\033" not in ran.stdout and ran.stdout.splitlines()[-1].startswith("0 red, ")
    from terminal import Terminal
    for environment, colored in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
        shown = terminals(Terminal(["stepup", "doctor"], environment=environment, size=(50, 80)))
        assert shown.finish() == FINE
        assert ("\033[32mgreen" in shown.shown) == colored
        assert all(len(line) <= 80 for line in shown.transcript.splitlines())


def test_keys_that_sshd_does_not_have_verify_are_red_where_the_policy_counts_on_it(policy):
    config = pathlib.Path("/etc/ssh/sshd_config")
    policy('[defaults]\nrequirement = "optional"\nsecurity_key_login = "verified"\n')
    assert [about for about, what in reds() if "without PIN or finger, and [defaults]" in what] == ["sshd"]
    config.write_text(OF_THIS_HOST + "PubkeyAuthOptions verify-required\n", encoding="utf-8")
    assert reds(FINE) == []
    config.write_text(OF_THIS_HOST + "PubkeyAuthOptions verify-required\nMatch User backup\n"
                      "PubkeyAuthOptions touch-required\n", encoding="utf-8")
    assert any('Within "Match User backup"' in what for _, what in reds())


def test_yellow_fails_only_if_it_shall(alice, host):
    host.write_stack("su", "@include common-auth\n@include common-account\n")
    try:
        assert ("yellow", "services", "These do not ask for a factor: polkit-1 su su-l.") in findings(FINE)
        assert stepup("--strict").returncode == REFUSED
    finally:
        host.use_stack("su")


AUTH, ACCOUNT = "@include common-auth\n", "@include common-account\n"
OURS = "[success=ok ignore=ignore default=die] pam_stepup.so\n"
BROKEN_SUDO = {
    "optional": (AUTH + "auth optional pam_stepup.so\naccount " + OURS + ACCOUNT, "lets in whom StepUp refuses"),
    "sufficient": (AUTH + "auth sufficient pam_stepup.so\naccount " + OURS + ACCOUNT, "lets in whom StepUp refuses"),
    "default=ignore": (AUTH + "auth [success=ok default=ignore] pam_stepup.so\naccount " + OURS + ACCOUNT,
                       "lets in whom StepUp refuses"),
    "no account": (AUTH + "auth " + OURS + ACCOUNT, "No account line"),
    "no auth": (AUTH + "account " + OURS + ACCOUNT, "No auth line"),
    "account too late": (AUTH + "auth " + OURS + ACCOUNT + "account " + OURS, "before pam_stepup.so is asked"),
    "a way around": ("auth sufficient pam_wheel.so trust\n" + AUTH + "auth " + OURS + "account " + OURS + ACCOUNT,
                     "before pam_stepup.so is asked"),
    "no password": ("auth " + OURS + "auth required pam_permit.so\naccount " + OURS + ACCOUNT, "a code alone gets in"),
    "anybody": ("auth required pam_permit.so\naccount " + OURS + ACCOUNT, "lets in anybody"),
    "a jump too far": (AUTH + "auth [success=1 ignore=ignore default=die] pam_stepup.so\naccount " + OURS + ACCOUNT,
                       "even a right code gets nobody in"),
    "a refusal behind": (AUTH + "auth " + OURS + "auth required pam_deny.so\naccount " + OURS + ACCOUNT,
                         "even a right code gets nobody in"),
    "a lost include": (AUTH + "auth " + OURS + "account " + OURS + "@include common-acount\n", "Nobody gets in by this"),
}


@pytest.mark.parametrize("broken", BROKEN_SUDO)
def test_broken_stacks_are_red_and_say_why(host, broken):
    stack, why = BROKEN_SUDO[broken]
    host.write_stack("sudo", stack)
    try:
        found = reds()
        assert found and {about for about, _ in found} == {"sudo"}
        assert any(why in what for _, what in found), found
    finally:
        host.use_stack("sudo")


def test_a_missing_module_is_red():
    aside = MODULE.with_suffix(".aside")
    MODULE.rename(aside)
    try:
        found = reds()
    finally:
        aside.rename(MODULE)
    assert {"sshd", "sudo", "su", "login"} <= {about for about, what in found if "not there: nobody gets in" in what}


def test_a_daemon_that_does_not_answer_is_red(daemon):
    daemon("stop")
    assert [about for about, _ in reds()] == ["stepupd"]


def test_a_daemon_that_hangs_is_said_to_not_answer_and_nothing_else_is_blamed(daemon):
    pid = daemon("status")["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        found = findings(REFUSED)
    finally:
        os.kill(pid, signal.SIGCONT)
    (red,) = [(about, what) for light, about, what in found if light == "red"]
    assert red[0] == "stepupd" and "does not answer" in red[1]
    assert "people" not in {about for _, about, _ in found}, "who is enrolled, only the daemon knows"


COMMON = [pathlib.Path("/etc/pam.d/common-" + name) for name in ("auth", "account", "session", "password",
                                                                "session-noninteractive")]


def test_with_the_profile_of_pam_auth_update_nothing_is_red(host):
    tree = pathlib.Path(__file__).resolve().parents[2]
    shutil.copy(tree / "packaging/pam-configs/stepup", "/usr/share/pam-configs/stepup")
    texts = [one.read_text(encoding="utf-8") for one in COMMON]
    services = ("sshd", "sudo", "sudo-i", "su", "login")
    try:
        subprocess.run(["pam-auth-update", "--force", "--enable", "stepup"], check=True, stdin=subprocess.DEVNULL)
        assert "pam_stepup.so" in COMMON[0].read_text(encoding="utf-8")
        for service in services:
            host.write_stack(service, without_ours(service))
        assert reds(FINE) == []
    finally:
        for one, text in zip(COMMON, texts):
            one.write_text(text, encoding="utf-8")
        for service in services:
            host.use_stack(service)


def without_ours(service):
    """A stack of Debian's."""
    return "".join(line for line in (STACKS / service).read_text(encoding="utf-8").splitlines(keepends=True)
                   if "pam_stepup" not in line)


def test_an_sshd_that_cannot_ask_is_red():
    pathlib.Path("/etc/ssh/sshd_config").write_text(OF_THIS_HOST.replace("Authentication yes", "Authentication no"),
                                                   encoding="utf-8")
    assert [about for about, _ in reds()] == ["sshd"]


@pytest.mark.parametrize("path, mode", [("/etc/stepup/master.cred", 0o644), ("/var/lib/stepup", 0o755),
                                        ("/var/lib/stepup/stepup.db", 0o640), ("/run/stepup", 0o777),
                                        ("/run/stepup/pam.sock", 0o660), ("/etc/stepup/policy.toml", 0o666)])
def test_a_wrong_mode_is_red(path, mode):
    file = pathlib.Path(path)
    before = file.stat().st_mode & 0o7777
    file.chmod(mode)
    try:
        assert [(about, str(path) in what) for about, what in reds()] == [("files", True)]
    finally:
        file.chmod(before)


@pytest.mark.parametrize("folder", ["suspicious.d", "policy.d", "stepup.d"])
def test_a_folder_of_settings_that_others_can_write_to_is_red_and_so_is_a_file_in_it(folder):
    settings = pathlib.Path("/etc/stepup", folder)
    was_there = settings.exists()
    settings.mkdir(exist_ok=True)
    file = settings / "90-nothing.toml"
    file.write_text("", encoding="utf-8")
    try:
        test_a_wrong_mode_is_red(settings, 0o775)
        test_a_wrong_mode_is_red(file, 0o666)
    finally:
        file.unlink()
        if not was_there:
            settings.rmdir()


def test_a_stack_that_others_can_write_to_is_red_also_where_a_link_leads_there(tmp_path):
    test_a_wrong_mode_is_red(pathlib.Path("/etc/pam.d/su"), 0o664)
    link, stack = pathlib.Path("/etc/pam.d/shop"), tmp_path / "shop"
    stack.write_text("@include common-auth\n", encoding="utf-8")
    link.symlink_to(stack)
    try:
        test_a_wrong_mode_is_red(stack, 0o666)
    finally:
        link.unlink()


def test_rules_of_sudo_that_ask_no_password_are_yellow():
    found = [what for light, about, what in findings(FINE) if about == "sudo"]
    assert any("Asks no password of %nopasswd" in what for what in found), found


@pytest.mark.parametrize("settings, why", [
    ("Defaults !pam_acct_mgmt\n", "Does not ask PAM's account lines about ALL"),
    ("Defaults pam_service=shop\n", "Calls itself shop towards PAM, and that service asks for no factor."),
])
def test_rules_of_sudo_by_which_it_never_asks_us_are_red(host, new_user, settings, why):
    """As somebody whom sudo asks for no password: he is root without a word, and doctor says so."""
    user = new_user("otto", "sudo", "nopasswd")
    user.enroll()
    rules = pathlib.Path("/etc/sudoers")
    before = rules.read_text(encoding="utf-8")
    host.write_stack("shop", "@include common-auth\n@include common-account\n")
    try:
        assert user.without_terminal("sudo", "-n", "id", "-u").returncode != 0
        rules.write_text(before + settings, encoding="utf-8")
        assert user.without_terminal("sudo", "-n", "id", "-u").stdout == "0\n"
        assert [(about, what.startswith(why)) for about, what in reds()] == [("sudo", True)]
    finally:
        rules.write_text(before, encoding="utf-8")
        pathlib.Path("/etc/pam.d/shop").unlink()


def test_who_must_have_a_factor_and_has_none_is_named(carol, policy):
    policy('[defaults]\nrequirement = "required"\n')
    assert any(about == "people" and "Policy demands a factor" in what for _, about, what in findings(FINE))


def policy_findings(status=FINE):
    ran = stepup("--json")
    assert ran.returncode == status, ran
    return [(one["light"], one["what"]) for one in json.loads(ran.stdout)["findings"] if one["about"] == "policy"]


def test_policy_files_that_are_broken_are_red_and_others_than_in_force_yellow(alice, host, policy):
    assert policy_findings() == [("green", "In force as the files say, with 1 rule.")]
    host.install_policy('[defaults]\nrequirement = "required"\n')
    assert policy_findings() == [("yellow", "The files say something else than what is in force.")]
    host.install_policy('[defaults]\nrequirement = "required"\nwindw = "1m"\n')
    (light, what), = policy_findings(REFUSED)
    assert light == "red" and "/etc/stepup/policy.toml:3:1: unknown key" in what
    policy('[defaults]\nrequirement = "required"\n')
    assert policy_findings() == [("green", "In force as the files say, with 0 rules.")]


def test_what_is_laxer_than_the_profile_that_was_chosen_is_yellow(alice, policy):
    settings = pathlib.Path("/etc/stepup/stepup.d/profile.toml")
    settings.parent.mkdir(exist_ok=True)
    settings.write_text('[policy]\nprofile = "pci"\n', encoding="utf-8")
    try:
        assert policy_findings()[0] == ("yellow", "Laxer than the profile pci in requirement, key_only.")
        policy(pathlib.Path("/usr/share/stepup/profiles/pci.toml").read_text(encoding="utf-8"))
        assert ("green", "Nowhere laxer than the profile pci.") in policy_findings()
    finally:
        settings.unlink()


def test_what_in_a_policy_is_not_meant_to_last_is_told(alice, policy):
    policy('[defaults]\nrequirement = "required"\ngrace_period = "7d"\n'
           '[[rule]]\nname = "later"\nmatch = { services = ["sudo"] }\nreport_only = true\n')
    found = policy_findings()
    assert ("yellow", 'Nobody is asked or refused, it only reports: rule "later".') in found
    assert ("green", "Who has no factor is still let in by [defaults], for 7d from each one's first login on.") in found


def test_only_root_may(carol):
    assert carol.without_terminal("stepup", "doctor").returncode == NOT_AUTHORIZED


def test_an_sshd_that_cannot_ask_some_is_red_and_the_block_is_named(alice):
    pathlib.Path("/etc/ssh/sshd_config").write_text(
        OF_THIS_HOST + f"Match User {alice.name}\n  KbdInteractiveAuthentication no\nMatch Address 192.0.2.0/24\n"
        "  X11Forwarding no\n", encoding="utf-8")
    (about, what), = reds()
    assert about == "sshd" and f'Within "Match User {alice.name}"' in what and "KbdInteractiveAuthentication no" in what


def test_the_daemon_that_runs_is_as_new_as_the_program_says_the_trail(alice):
    report = json.loads(stepup("--json").stdout)
    assert any(one["about"] == "stepupd" and "as this program is" in one["what"] for one in report["findings"]), report
