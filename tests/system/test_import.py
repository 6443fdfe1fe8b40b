"""What other tools keep is taken over: from files that those tools made, and used for real logins first."""

import base64
import json
import os
import pathlib
import re
import subprocess
import time

import pytest

from hotp import Hotp
from host import run
from ssh import Conversation
from totp import STEP, Totp

TREE = pathlib.Path(__file__).resolve().parents[2]
MODULES = pathlib.Path("/usr/lib/x86_64-linux-gnu/security")
USERS_OATH = pathlib.Path("/etc/users.oath")
FIRST_CODE = r"Code that the app shows: "
SEED = bytes(range(20))
WEAK = bytes(range(10))


def stack_of(*lines):
    return "\n".join(["auth required pam_unix.so", *[f"auth required {line}" for line in lines],
                      "account required pam_unix.so", "session required pam_unix.so", ""])


@pytest.fixture
def old_stack(host):
    """old_stack(line) puts another tool's module into sshd's stack for this test."""
    yield lambda *lines: host.write_stack("sshd", stack_of(*lines))
    host.use_stack("sshd")


@pytest.fixture(autouse=True)
def _no_users_file():
    yield
    USERS_OATH.unlink(missing_ok=True)


def stepup(*words):
    """The verb as root: CompletedProcess."""
    return subprocess.run(["stepup", "import", *words], capture_output=True, text=True, check=False, timeout=60)


def lines_of(*words):
    """What --json says of the only file: [(line, outcome)], and the whole answer."""
    ran = stepup(*words, "--json")
    told = json.loads(ran.stdout)
    return [(line["line"], line["outcome"]) for line in told["files"][0]["lines"]], told


def factors(user):
    ran = user.without_terminal("stepup", "list", "--json")
    return [one for one in json.loads(ran.stdout)["factors"] if one["type"] != "recovery-code"]


def let_in(user, code):
    """Whether a login over SSH gets in; pam_oath asks for a "One-time password"."""
    with Conversation(user, lambda prompt: user.password if prompt == "Password: " else code) as login:
        return login.granted


def make_google_file(user, *options):
    """As the user would: the real program, which shows nothing here."""
    file = user.home / ".google_authenticator"
    ran = user.without_terminal("google-authenticator", "--force", "--quiet", "--no-confirm", "--rate-limit=3",
                                "--rate-time=30", "--window-size=17", *options, f"--secret={file}")
    assert ran.returncode == 0, ran
    return file, file.read_text(encoding="ascii").splitlines()[0]


def time_based(user):
    file, secret = make_google_file(user, "--time-based", "--disallow-reuse")
    return file, Totp(secret)


def give(user, path, text, mode=0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    os.chown(path, user.entry.pw_uid, user.entry.pw_gid)
    return path


def links(user, *texts):
    return give(user, user.home / "links.txt", "\n".join(texts) + "\n")


def link(name, seed=SEED, **more):
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"otpauth://totp/{name}?secret={base64.b32encode(seed).decode().rstrip('=')}{extra}"


# --- google-authenticator ---

def test_a_user_takes_his_own_file_over_and_a_code_that_was_used_there_does_not_count_here(carol, old_stack, host,
                                                                                         terminals):
    _, totp = time_based(carol)
    old_stack("pam_google_authenticator.so")
    used = totp.at(int(time.time()) // STEP + 1)
    assert let_in(carol, used), "the old module must work, or nothing is shown"
    host.use_stack("sshd")
    shell = terminals(carol.shell())
    totp.last_step = int(time.time()) // STEP + 1
    ran = shell.run("stepup import google-authenticator", (FIRST_CODE, used), (FIRST_CODE, totp.code()))
    assert ran.status == 0 and "Not accepted." in ran.output, ran
    assert totp.secret not in ran.output
    assert "5 scratch codes: 8 digits are too few." in " ".join(ran.output.split())
    assert [one["type"] for one in factors(carol)] == ["totp"]
    assert let_in(carol, totp.code())
    again = shell.run("stepup import google-authenticator")
    assert again.status == 0 and "You have that secret already" in again.output and "1 is here." in again.output
    assert len(factors(carol)) == 1


def test_root_takes_over_every_home_and_no_code_shown_until_then_counts(new_user, host):
    anna, otto = new_user("anna"), new_user("otto")
    _, anna.totp = time_based(anna)
    file, secret = make_google_file(otto, "--counter-based")
    ran = stepup("google-authenticator")
    assert ran.returncode == 0, ran
    for user in (anna, otto):
        assert f"{user.home}/.google_authenticator, of {user.name}" in ran.stdout
    assert anna.totp.secret not in ran.stdout and secret not in ran.stdout
    now = int(time.time()) // STEP
    assert not let_in(anna, anna.totp.at(now)), "somebody may have seen it"
    otto.token = Hotp(secret, counter=1)  # theirs begin with 1
    assert let_in(otto, otto.token.code())
    assert "hotp_counter 1" in file.read_text(encoding="ascii").lower(), "the old file stays as it is"
    anna.totp.last_step = now + 1
    host.heard("stepupd", "MFA-1406")
    again = stepup("google-authenticator", "--user", anna.name)
    assert again.returncode == 0 and "1 is here." in again.stdout
    assert let_in(anna, anna.totp.code())


def test_the_counter_of_a_token_carries_over(carol, old_stack, host):
    _, secret = make_google_file(carol, "--counter-based")
    carol.token = Hotp(secret, counter=3)
    old_stack("pam_google_authenticator.so")
    assert let_in(carol, carol.token.code())
    host.use_stack("sshd")
    assert stepup("google-authenticator", "--user", carol.name).returncode == 0
    assert not let_in(carol, carol.token.spent_code())
    assert not let_in(carol, carol.token.at(2)), "those before are void as well"
    assert let_in(carol, carol.token.code())


def test_a_dry_run_reports_the_same_lines_and_changes_nothing(carol):
    file, _ = time_based(carol)
    before = file.read_bytes(), file.stat().st_mtime
    dry, told = lines_of("google-authenticator", "--user", carol.name, "--dry-run")
    assert told["dry_run"] and factors(carol) == []
    real, told = lines_of("google-authenticator", "--user", carol.name)
    assert dry == real and (1, "taken") in real and (2, "changed") in real and told["taken"] == 1
    assert (file.read_bytes(), file.stat().st_mtime) == before


def test_root_does_not_follow_a_link_into_another_users_file(alice, carol):
    file, _ = time_based(alice)
    (carol.home / ".google_authenticator").symlink_to(file)
    ran = stepup("google-authenticator", "--user", carol.name)
    assert ran.returncode == 1 and "symbolic link" in ran.stdout and factors(carol) == []
    (carol.home / ".google_authenticator").unlink()
    os.link(file, carol.home / ".google_authenticator")
    ran = stepup("google-authenticator", "--user", carol.name)
    assert ran.returncode == 1 and factors(carol) == [], "neither a hard link, which carol cannot read"
    ran = stepup("google-authenticator", "--user", carol.name, str(file))
    assert ran.returncode == 1 and "belongs to somebody else" in " ".join(ran.stdout.split())


def test_what_is_no_such_file_is_never_quoted(carol):
    give(carol, carol.home / ".google_authenticator", "root:$6$secret-hash:19000\n12345678\n")
    ran = stepup("google-authenticator", "--user", carol.name)
    assert ran.returncode == 1 and "secret-hash" not in ran.stdout + ran.stderr and "12345678" not in ran.stdout
    os.remove(carol.home / ".google_authenticator")
    os.mkfifo(carol.home / ".google_authenticator")
    ran = stepup("google-authenticator", "--user", carol.name)
    assert ran.returncode == 1 and "no plain file" in ran.stdout


def test_the_file_gets_another_name_where_that_is_said_and_all_of_it_is_here(carol, terminals):
    file, totp = time_based(carol)
    shell = terminals(carol.shell())
    assert shell.run("stepup import google-authenticator --rename", (FIRST_CODE, totp.code())).status == 0
    assert not file.exists() and (carol.home / ".google_authenticator.imported").exists()
    make_google_file(carol, "--time-based", "--disallow-reuse")
    ran = stepup("google-authenticator", "--rename", "--user", carol.name)
    assert ran.returncode == 1 and "It keeps its name" in ran.stdout and file.exists(), ran.stdout


def test_an_account_with_a_factor_gets_no_other_from_an_administrator(bob):
    time_based(bob)
    before = factors(bob)
    ran = stepup("google-authenticator", "--user", bob.name)
    assert ran.returncode == 1 and "has a factor already" in " ".join(ran.stdout.split())
    assert factors(bob) == before


def test_its_user_adds_it_behind_a_factor_that_he_has(bob, terminals):
    _, totp = time_based(bob)
    shell = terminals(bob.shell())
    ran = shell.run("stepup import google-authenticator", ("Code[^\r\n]*: ", bob.totp.code()),
                    (FIRST_CODE, totp.code()))
    assert ran.status == 0 and "recent verification" in ran.output, ran
    assert len(factors(bob)) == 2


def test_nobody_but_root_and_whom_polkit_lets_imports_for_others(bob, carol):
    file = links(bob, link("host"))
    ran = bob.without_terminal("stepup", "import", "otpauth", str(file), "--user", carol.name)
    assert ran.returncode == 1 and "An administrator must authenticate" in " ".join(ran.stdout.split()), ran
    assert factors(carol) == []


# --- pam_oath ---

def oath_file(*lines):
    USERS_OATH.write_text("".join(line + "\n" for line in lines), encoding="ascii")
    USERS_OATH.chmod(0o600)


def test_users_oath_after_real_logins(new_user, old_stack, host):
    anna, otto = new_user("anna"), new_user("otto")
    anna.token = Hotp(base64.b32encode(SEED).decode(), digits=6)
    otto.totp = Totp(base64.b32encode(SEED).decode())
    oath_file("# tokens of ours", f"HOTP {anna.name} - {SEED.hex()}", f"HOTP/T30 {otto.name} - {SEED.hex()}")
    old_stack("pam_oath.so usersfile=/etc/users.oath window=5")
    anna.token.press(2)
    assert let_in(anna, anna.token.code())
    ahead = int(time.time()) // STEP + 1
    assert let_in(otto, otto.totp.at(ahead))
    assert USERS_OATH.read_text(encoding="ascii").count("\t") > 6, "pam_oath wrote what it saw"
    host.use_stack("sshd")
    ran = stepup("oath")
    assert ran.returncode == 0 and "2 taken." in ran.stdout, ran.stdout
    assert not let_in(anna, anna.token.spent_code())
    assert let_in(anna, anna.token.code())
    assert not let_in(otto, otto.totp.at(ahead))
    assert [one["label"] for one in factors(otto)] == ["oath"]
    again = stepup("oath")
    assert again.returncode == 0 and "2 is here." in again.stdout


def test_lines_of_users_oath_that_would_be_weaker_here_are_refused(new_user):
    pin, weak, none = new_user("pin"), new_user("weak"), new_user("none")
    oath_file(f"HOTP {pin.name} 4711 {SEED.hex()}", f"HOTP {weak.name} - {WEAK.hex()}", f"MOTP {none.name} - {SEED.hex()}",
              f"HOTP nobody-here - {SEED.hex()}")
    outcomes, _ = lines_of("oath")
    assert outcomes == [(1, "refused"), (2, "refused"), (3, "refused"), (4, "refused")]
    assert "4711" not in stepup("oath").stdout
    outcomes, told = lines_of("oath", "--accept-weak", "--rename", "--user", weak.name)
    assert outcomes == [(2, "taken")] and "keeps its name" in told["files"][0]["trouble"] and USERS_OATH.exists()
    assert [len(factors(user)) for user in (pin, weak, none)] == [0, 1, 0]


def test_a_file_that_others_may_write_to_is_not_believed(carol):
    oath_file(f"HOTP {carol.name} - {SEED.hex()}")
    USERS_OATH.chmod(0o666)
    ran = stepup("oath")
    assert ran.returncode == 1 and "not believed" in " ".join(ran.stdout.split()) and factors(carol) == []


# --- both modules meanwhile ---

def lines_of_guide(name):
    """The stack that a guide shows, with the rest of an sshd stack behind it."""
    page = (TREE / "docs/migrate" / name).read_text(encoding="utf-8")
    shown = re.search(r"<!-- stack of tests/system/test_import.py -->\n```text\n(.*?)```", page, re.S)[1]
    return shown + "session required pam_loginuid.so\nsession optional pam_stepup.so\n@include common-session\n"


@pytest.mark.parametrize("guide", ["google-authenticator.md", "pam-oath.md"])
def test_with_both_modules_in_the_stack_each_user_is_asked_by_the_one_that_has_his_factor(guide, new_user, host,
                                                                                         old_stack):
    moved, waiting, neither = new_user("moved"), new_user("waiting"), new_user("neither")
    for user in (moved, waiting):
        user.token = Hotp(base64.b32encode(SEED).decode(), counter=1)
        give(user, user.home / ".google_authenticator", user.token.secret + '\n" HOTP_COUNTER 1\n', 0o400)
    oath_file(*(f"HOTP {user.name} - {SEED.hex()} 1" for user in (moved, waiting)))
    verb = "google-authenticator" if guide.startswith("google") else "oath"
    assert stepup(verb, "--user", moved.name).returncode == 0
    old_stack()  # so that sshd's own comes back
    host.write_stack("sshd", lines_of_guide(guide))
    assert let_in(moved, moved.token.code()) and let_in(waiting, waiting.token.code())
    with Conversation(moved, lambda prompt: moved.password if prompt == "Password: " else "000000") as login:
        assert not login.granted and "Code (? for help): " in [text for text, _ in login.prompts]
        assert len(login.prompts) == 2 or all("Code" in text for text, _ in login.prompts[1:]), "never the old module"
    assert not let_in(waiting, "000000") and not let_in(neither, "000000")
    status = json.loads(run("stepup", "pam", "status", "--json"))
    sshd = next(one for one in status["services"] if one["service"] == "sshd")
    assert sshd["verdict"] == "good", sshd


def end_of_guide(name):
    """What a guide has the stack be once nobody needs the old module."""
    page = (TREE / "docs/migrate" / name).read_text(encoding="utf-8")
    return re.search(r"<!-- stack of tests/system/test_import.py: at last -->\n```text\n(.*?)```", page, re.S)[1]


def verdict_on_sshd():
    status = json.loads(run("stepup", "pam", "status", "--json"))
    return next(one for one in status["services"] if one["service"] == "sshd")


@pytest.mark.parametrize("guide, module", [("google-authenticator.md", "pam_google_authenticator.so"),
                                           ("pam-oath.md", "pam_oath.so")])
def test_at_last_the_old_module_goes_as_the_guide_shows_and_half_of_that_is_seen(guide, module, new_user, host, old_stack):
    user = new_user("moved")
    user.token = Hotp(base64.b32encode(SEED).decode(), counter=1)
    oath_file(f"HOTP {user.name} - {SEED.hex()} 1")
    assert stepup("oath", "--user", user.name).returncode == 0
    both = lines_of_guide(guide)
    rest = both[both.index("session required"):]
    old_stack()
    host.write_stack("sshd", "".join(line for line in both.splitlines(keepends=True) if module not in line))
    found = verdict_on_sshd()
    assert found["verdict"] == "closes" and "even a right code gets nobody in" in found["remarks"][0]["what"], found
    assert not let_in(user, user.token.code()), "what status says is so"
    enabled = subprocess.run(["stepup", "pam", "enable", "sshd"], capture_output=True, text=True, check=False)
    assert enabled.returncode == 1 and "even a right code gets nobody in" in " ".join(enabled.stderr.split()), enabled
    host.write_stack("sshd", end_of_guide(guide) + rest)
    assert verdict_on_sshd()["verdict"] == "good"
    assert let_in(user, user.token.code()) and not let_in(user, "000000")


# --- exports of apps ---

def test_of_several_entries_only_what_is_chosen_is_taken(carol, terminals):
    totp = Totp(base64.b32encode(SEED[::-1]).decode())
    links(carol, link("GitHub:carol"), link("rig:carol", SEED[::-1]))
    shell = terminals(carol.shell())
    ran = shell.run("stepup import otpauth links.txt")
    assert ran.status == 1 and '"GitHub:carol" was not chosen' in ran.output and factors(carol) == []
    ran = shell.run("stepup import otpauth links.txt --entry rig:carol", (FIRST_CODE, totp.code()))
    assert ran.status == 0, ran
    assert [one["label"] for one in factors(carol)] == ["rig:carol"]


def test_a_link_with_other_parameters_works_as_it_says(carol, terminals):
    totp = Totp(base64.b32encode(SEED + SEED[:12]).decode().rstrip("="), "SHA256", 8)
    links(carol, link("rig", SEED + SEED[:12], algorithm="SHA256", digits=8))
    shell = terminals(carol.shell())
    assert shell.run("stepup import otpauth links.txt", (FIRST_CODE, totp.code())).status == 0
    assert let_in(carol, totp.code())


def test_an_encrypted_vault_of_aegis_is_refused_with_the_export_to_choose_and_a_plain_one_taken(carol, terminals):
    shell = terminals(carol.shell())
    give(carol, carol.home / "vault.json", json.dumps({"version": 1, "header": {"slots": [{}], "params": {}}, "db": "AA=="}))
    ran = shell.run("stepup import aegis vault.json")
    assert ran.status == 1 and 'switch "Encrypt the vault" off' in " ".join(ran.output.split())
    totp = Totp(base64.b32encode(SEED).decode())
    entry = {"type": "totp", "name": "carol", "issuer": "rig",
             "info": {"secret": totp.secret, "algo": "SHA1", "digits": 6, "period": 30}}
    plain = {"version": 1, "header": {"slots": None, "params": None}, "db": {"version": 3, "entries": [entry]}}
    give(carol, carol.home / "vault.json", json.dumps(plain))
    assert shell.run("stepup import aegis vault.json", (FIRST_CODE, totp.code())).status == 0


def test_the_first_code_can_be_told_later(carol, terminals):
    links(carol, link("rig"))
    shell = terminals(carol.shell())
    ran = shell.run("stepup import otpauth links.txt --no-prompt")
    identifier = re.search(r"stepup\s+confirm\s+(\d+)\s+CODE", ran.output)
    assert ran.status == 0 and identifier, ran
    assert shell.run(f"stepup confirm {identifier[1]} {Totp(base64.b32encode(SEED).decode()).code()}").status == 0


# --- factors that are not there yet ---

def test_keys_of_pam_u2f_and_pam_yubico_are_shown_and_left_where_they_are(carol):
    """Made-up ones in the form that pamu2fcfg(1) and pam_yubico(8) give: no key can be plugged in here."""
    keys = give(carol, carol.home / ".config/Yubico/u2f_keys",
                f"{carol.name}:HnHeEXam,MFkwEwYHKoZI,es256,+presence:Zm9vYmFy,QmFyZm9v,es256,+presence\n")
    ids = give(carol, carol.home / ".yubico/authorized_yubikeys", f"{carol.name}:ccccccbchvth\n")
    before = keys.read_bytes(), ids.read_bytes()
    ran = carol.without_terminal("stepup", "import", "u2f")
    assert ran.returncode == 1 and "2 security keys" in ran.stdout and "left there" in ran.stdout, ran
    ran = carol.without_terminal("stepup", "import", "yubico")
    assert ran.returncode == 1 and "a YubiKey" in ran.stdout, ran
    assert (keys.read_bytes(), ids.read_bytes()) == before and factors(carol) == []
    assert f"{carol.name}: 2 security keys" in stepup("u2f").stdout, "root sees those in homes, too"


def test_the_old_modules_are_there():
    """Else the tests above show nothing."""
    for module in ("pam_google_authenticator.so", "pam_oath.so"):
        assert (MODULES / module).exists(), run("ls", str(MODULES))
