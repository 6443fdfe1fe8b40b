"""After a change of the password, what was proved before it counts nowhere."""

import re

import pytest

from terminal import CODE, PASSWORD
from test_risk import BY_RISK

NEW = "Quite-a-new-1"


@pytest.fixture
def shell(alice, stack, policy, terminals):
    """alice's, in which she has just proved a factor, where each rule looks for a changed password."""
    stack("passwd")
    rule = BY_RISK.format("after-password-change").replace('"sudo"]', '"sudo", "stepup"]')
    policy(rule.replace('window = "0"', 'window = "15m"'))
    shell = terminals(alice.shell())
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    return shell


def test_what_was_proved_before_it_is_no_recent_proof_for_programs_either(alice, shell):
    assert shell.run("stepup require --no-prompt").status == 0
    assert shell.run("stepup recovery regenerate").status == 0, "nothing is asked"
    changed = shell.run("passwd", (r"Current password: ", alice.password), (r"New password: ", NEW),
                        (r"Retype new password: ", NEW))
    assert changed.status == 0, changed
    alice.password = NEW
    assert shell.run("stepup require --no-prompt").status != 0
    assert re.search("Recent: +no", shell.run("stepup status").output)
    assert shell.asks("sudo -k id", (PASSWORD, alice.password))
    assert shell.run("stepup recovery regenerate --no-prompt").status != 0
    assert shell.run("stepup verify", (CODE, alice.totp.code())).status == 0
    assert shell.run("stepup require --no-prompt").status == 0
    assert shell.run("stepup recovery regenerate").status == 0
