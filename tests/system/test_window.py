"""The recent-verification window, row by row: who is asked for a code again, and who passes in silence.

Every row starts from a login over SSH with password and code, whose verification has been used once in that terminal
(`sudo id`, in silence), so that it is bound to it.
"""

import pathlib
import subprocess

import pytest

import ssh
from ssh import login
from terminal import CODE, PASSWORD
from waiting import wait_for

SHORT_WINDOW = """\
[defaults]
requirement = "optional"

[[rule]]
name = "admins step up"
match = { groups = ["sudo"], services = ["sudo", "su"] }
requirement = "required"
window = "1s"
"""


@pytest.fixture
def admin(alice, terminals):
    """Alice, with `shell`: her terminal, verified and bound."""
    alice.shell = terminals(login(alice, code=alice.totp.code()))
    assert not alice.shell.asks("sudo -k id", password(alice)), "the first sudo after the login asked for a code"
    return alice


def password(user):
    return ("password for", user.password)


# In silence.


def test_the_same_terminal_passes(admin):
    ran = admin.shell.run("sudo -k id", password(admin))
    assert ran.status == 0 and "uid=0(root)" in ran.output


def test_a_fresh_ticket_of_sudo_changes_nothing(admin):
    admin.shell.run("sudo -v", password(admin))
    assert "uid=0(root)" in admin.shell.run("sudo id").output


def test_dropping_the_ticket_asks_for_the_password_and_not_for_a_code(admin):
    admin.shell.run("sudo -v", password(admin))
    assert admin.shell.run("sudo -k").status == 0
    assert "uid=0(root)" in admin.shell.run("sudo id", password(admin)).output


def test_sudo_to_another_user_passes(admin, bob):
    assert f"({bob.name})" in admin.shell.run(f"sudo -k -u {bob.name} id", password(admin)).output


def test_sudo_that_must_not_ask_passes(admin):
    admin.shell.run("sudo -v", password(admin))
    assert admin.shell.run("sudo -n id").status == 0


def test_sudo_that_reads_the_password_from_a_pipe_passes(admin):
    ran = admin.shell.run(f"echo {admin.password} | sudo -k -S -p '' id")
    assert ran.status == 0 and "uid=0(root)" in ran.output


def test_sudo_inside_a_root_shell_is_root_s_own(admin):
    ran = admin.shell.run("echo 'sudo id' | sudo -k -s", password(admin))
    assert ran.status == 0 and "uid=0(root)" in ran.output


def test_su_to_another_user_asks_for_that_user_s_password_alone(admin, bob):
    ran = admin.shell.run(f"su -c id {bob.name}", (PASSWORD, bob.password))
    assert ran.status == 0 and f"({bob.name})" in ran.output


def test_a_restart_of_the_daemon_keeps_the_window(admin, daemon):
    daemon("restart")
    assert not admin.shell.asks("sudo -k id", password(admin))


def test_a_code_typed_at_sudo_opens_the_window_again(admin):
    admin.shell.run("stepup lock")
    ran = admin.shell.run("sudo -k id", password(admin), (CODE, admin.totp.code()))
    assert "uid=0(root)" in ran.output
    assert not admin.shell.asks("sudo -k id", password(admin))


# Asked again.


def test_a_lock_ends_the_window(admin):
    assert admin.shell.run("stepup lock").status == 0
    assert admin.shell.asks("sudo -k id", password(admin))


def test_a_lapsed_window_asks_again(admin, policy):
    policy(SHORT_WINDOW)
    wait_for(lambda: admin.shell.run("stepup require --no-prompt --window 1s").status == 1, "the window lapses")
    assert admin.shell.asks("sudo -k id", password(admin))


def test_another_terminal_of_the_same_login_is_asked(admin):
    assert admin.shell.asks("script -qc 'sudo -k id' /dev/null", password(admin))


def test_a_process_that_left_the_terminal_is_refused(admin):
    ran = admin.shell.run(f"echo {admin.password} | setsid --wait sudo -k -S -p '' id")
    assert ran.status != 0 and "uid=0" not in ran.output


def test_a_second_channel_of_one_connection_is_asked(alice, terminals, tmp_path):
    control = tmp_path / "control"
    first = terminals(login(alice, "-M", "-S", control, code=alice.totp.code()))
    assert not first.asks("sudo -k id", password(alice))
    second = terminals(ssh.Shell(ssh.command(alice, "-tt", "-S", control))).ready()
    assert second.asks("sudo -k id", password(alice))


def test_ssh_to_the_same_host_is_a_login_of_its_own(admin):
    shell = admin.shell
    shell.type("ssh -o StrictHostKeyChecking=no -tt localhost")  # by key; policy asks no code there
    shell.ready()
    assert shell.asks("sudo -k id", password(admin))


def test_a_command_without_a_terminal_is_refused(admin):
    status, output = ssh.run(admin, f"echo {admin.password} | sudo -S -p '' id", code=admin.totp.code())
    assert status != 0 and "uid=0" not in output


def test_tmux_that_outlived_its_login_is_asked_though_the_new_login_is_not(alice, terminals):
    first = terminals(login(alice, code=alice.totp.code()))
    assert not first.asks("sudo -k id", password(alice))
    first.run("tmux -f /dev/null new-session -d -s work bash --norc")
    first.type("exit")
    first.expect("")
    second = terminals(login(alice, code=alice.recovery_codes[0]))
    assert not second.asks("sudo -k id", password(alice))
    second.type("TERM=xterm tmux attach -t work")
    second.expect("ended-with 0")
    second.type("sudo -k id")
    second.expect("password for")
    second.type(alice.password)
    second.expect(r"Code \(\? for help\)")


def test_another_user_s_shell_has_no_part_in_the_window(admin, bob, policy):
    policy('[defaults]\nrequirement = "optional"\n')
    subprocess.run(["usermod", "-aG", "sudo", bob.name], check=True)
    admin.shell.type(f"su {bob.name}")
    admin.shell.expect(PASSWORD)
    admin.shell.type(bob.password)
    admin.shell.ready()
    assert admin.shell.asks("sudo -k id", password(bob))


def test_a_new_login_without_a_code_does_not_inherit_the_window_of_the_last(admin, terminals):
    admin.shell.type("exit")
    admin.shell.expect("")
    again = terminals(login(admin, key=True))
    assert again.asks("sudo -k id", password(admin))


def test_a_rule_without_a_password_still_asks_for_a_code(new_user, terminals):
    user = new_user("dora", "sudo", "nopasswd")
    user.enroll()
    shell = terminals(login(user, code=user.totp.code()))
    assert shell.run("sudo -n id").status == 0, "within the window there is nothing to ask"
    shell.run("stepup lock")
    assert shell.asks("sudo id")
    assert shell.run("sudo id", (CODE, user.totp.code())).status == 0


def test_a_root_shell_by_sudo_i_is_behind_the_same_gate(new_user, terminals):
    user = new_user("irma", "sudo", "nopasswd")
    user.enroll()
    shell = terminals(login(user, code=user.totp.code()))
    shell.run("stepup lock")
    assert shell.run("sudo -n -i id -u").status != 0
    assert shell.asks("sudo -i id -u")


def test_an_expired_password_opens_no_way_around_the_code(new_user, terminals):
    user = new_user("ernst", "sudo", "nopasswd")
    user.enroll()
    shell = terminals(login(user, code=user.totp.code()))
    shell.run("stepup lock")
    subprocess.run(["chage", "-d", "2020-01-01", "-M", "30", user.name], check=True)
    assert shell.run("sudo -n id -u").status != 0, "pam_unix ends common-account with done: ours must come before"


def test_a_fresh_ticket_of_sudo_does_not_replace_the_code(admin):
    admin.shell.run("sudo -v", password(admin))
    admin.shell.run("stepup lock")
    assert admin.shell.asks("sudo id")


def test_sudo_that_must_not_ask_is_refused_once_the_window_is_over(admin):
    admin.shell.run("sudo -v", password(admin))
    admin.shell.run("stepup lock")
    ran = admin.shell.run("sudo -n id")
    assert ran.status != 0 and "uid=0" not in ran.output


def test_su_asks_the_caller_for_a_code_once_the_window_is_over(admin, bob):
    admin.shell.run("stepup lock")
    assert admin.shell.asks(f"su -c id {bob.name}", (PASSWORD, bob.password))


# Root and the services that cannot ask: none of our business.


def test_root_becomes_anyone_without_a_code(admin):
    for command in (["sudo", "-n", "-u", admin.name, "id", "-un"], ["su", "-c", "id -un", admin.name]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        assert done.stdout == f"{admin.name}\n"


@pytest.fixture
def cron(host):
    """Its stack has our line during this test."""
    path = pathlib.Path("/etc/pam.d/cron")
    before = path.read_bytes() if path.exists() else None
    host.write_stack("cron", "account [success=ok ignore=ignore default=die] pam_stepup.so\n"
                             "account required pam_permit.so\n")
    yield
    path.unlink()
    if before is not None:
        path.write_bytes(before)


def test_cron_s_account_check_passes_without_a_question(admin, policy, cron):
    policy('[defaults]\nrequirement = "required"\n')
    done = subprocess.run(["pamtester", "cron", admin.name, "acct_mgmt"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=True)
    assert "Code" not in done.stdout


FOREGROUND = """\
[defaults]
requirement = "optional"
foreground_only = {}
"""


@pytest.mark.parametrize("only, passes", [("false", True), ("true", False)])
def test_a_background_job_passes_unless_policy_counts_the_foreground_only(admin, policy, only, passes):
    """A job that the shell put into a process group of its own; the terminal's foreground group is the shell's."""
    policy(FOREGROUND.format(only))
    ran = admin.shell.run("set -m; stepup require --no-prompt & wait $!")
    assert (ran.status == 0) == passes, ran
    assert admin.shell.run("stepup require --no-prompt").status == 0, "the same, in the foreground"
