#!/usr/bin/env python3
"""What pam_stepup.so brings into a program that loads it: check_module.py MODULE"""

import os
import re
import subprocess
import sys
import tempfile

ENTRIES = {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt", "pam_sm_open_session", "pam_sm_close_session",
           "pam_sm_chauthtok"}
LIBRARIES = {"libpam.so.0", "libc.so.6"}
# The environment, processes, threads, signals, the host's log and locale, files: not ours to touch in there. The last
# line is the run time of C++: exceptions, destructors at exit, thread-local storage.
FORBIDDEN = set("""
    getenv secure_getenv setenv putenv unsetenv clearenv environ __environ pam_putenv pam_set_item
    fork vfork system popen execve execv execvp posix_spawn posix_spawnp clone waitpid
    pthread_create thrd_create pthread_atfork pthread_key_create pthread_cancel
    signal sigaction sigprocmask pthread_sigmask alarm setitimer raise kill
    openlog closelog syslog vsyslog setlogmask setlocale newlocale uselocale umask chdir
    opendir readdir fopen fopen64 open open64 openat openat64 creat stat unlink rename mkdir getpwnam getpwuid getgrnam
    setuid seteuid setresuid setreuid setfsuid setgid setegid setresgid sleep usleep nanosleep dlopen dlsym
    malloc calloc realloc printf fprintf puts rand srand
    __cxa_atexit __cxa_thread_atexit __cxa_throw __gxx_personality_v0 __tls_get_addr
    """.split())
LARGEST = 100 * 1024  # bytes, without debugging information


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stripped_size(module):
    with tempfile.TemporaryDirectory() as folder:
        run("strip", "-o", os.path.join(folder, "module.so"), module)
        return os.path.getsize(os.path.join(folder, "module.so"))


def problems(module):
    dynamic = run("readelf", "-dW", module)
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    if needed != LIBRARIES:
        yield f"needs {sorted(needed)}, not {sorted(LIBRARIES)}"
    for flag in ("NODELETE", "BIND_NOW", "SYMBOLIC"):
        if not re.search(rf"\(FLAGS(_1)?\).*\b{flag}\b", dynamic):
            yield f"lacks the flag {flag}"
    if re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", dynamic):
        yield "has a search path or text relocations"
    constructors = re.search(r"\(INIT_ARRAYSZ\)\s+(\d+)", dynamic)
    if constructors and int(constructors[1]) > 8:  # crtbegin's own is one pointer
        yield "runs constructors when it is loaded"

    symbols = [line.split() for line in run("nm", "-D", "--without-symbol-versions", module).splitlines()]
    exported = {words[-1] for words in symbols if words[-2] not in "Uw"}
    if exported != ENTRIES:
        yield f"exports {sorted(exported)}"
    for name in sorted({words[-1] for words in symbols if words[-2] in "Uw"} & FORBIDDEN):
        yield f"uses {name}"

    table = run("readelf", "-sW", module)
    if "UNIQUE" in table:
        yield "has a STB_GNU_UNIQUE symbol, which libraries share whether they want or not"
    segments = run("readelf", "-lW", module)
    if re.search(r"^\s+TLS\s", segments, re.M):
        yield "has thread-local storage"
    if "GNU_RELRO" not in segments:
        yield "keeps its relocations writable"
    if not re.search(r"GNU_STACK.*RW\s", segments):
        yield "has an executable stack"
    size = stripped_size(module)
    if size > LARGEST:
        yield f"has {size} bytes, {LARGEST} are the limit"


def main():
    found = list(problems(sys.argv[1]))
    for problem in found:
        print(f"{sys.argv[1]} {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
