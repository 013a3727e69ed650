"""Tries passwords against PAM on the host itself, as a log-in would: `pam_attempt.py ACCOUNT PASSWORD...`.

Sent to the host's own Python through a pipe; prints PAM's code for each password, 0 is success.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from typing import Any

PAM = ctypes.CDLL("libpam.so.0")
C = ctypes.CDLL("libc.so.6")
C.strdup.restype = ctypes.c_void_p
C.calloc.restype = ctypes.c_void_p
SERVICE = b"login"


class Response(ctypes.Structure):
    """struct pam_response"""

    _fields_ = (("resp", ctypes.c_void_p), ("code", ctypes.c_int))


CONVERSE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.POINTER(Response)), ctypes.c_void_p
)


class Conversation(ctypes.Structure):
    """struct pam_conv"""

    _fields_ = (("conv", CONVERSE), ("data", ctypes.c_void_p))


def attempt(account: str, password: str) -> int:
    """One log-in, authentication and account checks both."""

    def answer(count: int, _messages: object, responses: Any, _data: object) -> int:
        block = ctypes.cast(C.calloc(count, ctypes.sizeof(Response)), ctypes.POINTER(Response))
        for index in range(count):
            block[index].resp = C.strdup(password.encode())
        responses[0] = block
        return 0

    handle = ctypes.c_void_p()
    conversation = Conversation(CONVERSE(answer), None)
    PAM.pam_start(SERVICE, account.encode(), ctypes.byref(conversation), ctypes.byref(handle))
    code = int(PAM.pam_authenticate(handle, 0)) or int(PAM.pam_acct_mgmt(handle, 0))
    PAM.pam_end(handle, code)
    return code


print(*(attempt(sys.argv[1], password) for password in sys.argv[2:]))
