"""Programs in a container, which have root and users of their own, are not served."""

import subprocess

import pytest


@pytest.mark.parametrize("namespaces", [["--pid"], ["--user", "--map-root-user"]], ids=["pid", "user"])
def test_whoever_asks_from_a_namespace_of_his_own_is_refused(alice, host, policy, namespaces):
    policy('[defaults]\nrequirement = "disabled"\n')
    host.write_stack("boxed", "auth [success=ok ignore=ignore default=die] pam_stepup.so\nauth required pam_permit.so\n")
    ask = ["pamtester", "boxed", alice.name, "authenticate"]
    assert subprocess.run(ask, stdin=subprocess.DEVNULL, check=False).returncode == 0, "on the host nobody is asked"
    before = len(host.log("stepupd"))
    assert subprocess.run(["unshare", "--fork", *namespaces, *ask], stdin=subprocess.DEVNULL, check=False).returncode != 0
    host.heard("stepupd", "it is in a container", before)
