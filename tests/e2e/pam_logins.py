#!/usr/bin/python3
"""Logins through libpam, as sshd makes them: pam_logins.py SERVICE PROCESSES < LINES.

A line is "USER PASSWORD CODE". Every login is a process of its own that has never loaded the module. For each a line:
USER CODE RESULT, with libpam's number: 0 is a login. Ends when all lines are done.
"""

import ctypes
import os
import sys

PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_TTY = 1, 2, 3


class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Message)),
                            ctypes.POINTER(ctypes.POINTER(Response)), ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [("function", CONVERSE), ("data", ctypes.c_void_p)]


PAM = ctypes.CDLL("libpam.so.0")
LIBC = ctypes.CDLL(None)
LIBC.calloc.restype = LIBC.strdup.restype = ctypes.c_void_p


def log_in(service, user, password, code):
    """libpam's number for the first phase that fails, or 0."""
    left = [code]

    def answer(number, messages, responses, _):
        room = ctypes.cast(LIBC.calloc(number, ctypes.sizeof(Response)), ctypes.POINTER(Response))
        for i in range(number):
            message = messages[i].contents
            if message.style in (PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON):
                reply = password if b"assword" in message.text else (left.pop(0) if left else "")
                room[i].text = LIBC.strdup(reply.encode())
        responses[0] = room
        return 0

    converse = Conversation(CONVERSE(answer), None)
    handle = ctypes.c_void_p()
    result = PAM.pam_start(service.encode(), user.encode(), ctypes.byref(converse), ctypes.byref(handle))
    PAM.pam_set_item(handle, PAM_TTY, b"ssh")
    result = result or PAM.pam_authenticate(handle, 0) or PAM.pam_acct_mgmt(handle, 0)
    PAM.pam_end(handle, result)
    return result


def work(service, lines):
    for line in lines:
        pid = os.fork()
        if pid == 0:
            user, password, code = line.split()
            result = log_in(service, user, password, code)
            os.write(1, f"{user} {code} {result}\n".encode())
            os._exit(0)
        os.waitpid(pid, 0)


def main(service, processes):
    lines = sys.stdin.read().splitlines()
    users = list(dict.fromkeys(line.split()[0] for line in lines))
    workers = []
    for number in range(processes):
        mine = set(users[number::processes])  # whole users: codes of a token are in order
        pid = os.fork()
        if pid == 0:
            work(service, [line for line in lines if line.split()[0] in mine])
            os._exit(0)
        workers.append(pid)
    for pid in workers:
        os.waitpid(pid, 0)


main(sys.argv[1], int(sys.argv[2]))
