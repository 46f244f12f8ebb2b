"""Memory that is free goes back to the system."""

import subprocess
import sys

TOLD = """
import ctypes
from jobrunner.process.memory import give_back

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4

malloc, free = ctypes.CDLL(None).malloc, ctypes.CDLL(None).free
malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
free.argtypes = [ctypes.c_void_p]
blocks = [malloc(4096) for _ in range(5000)]
for block in blocks:
    ctypes.memset(block, 1, 4096)
for block in blocks[:-1]:
    free(block)
before = resident()
give_back()
print(before - resident())
"""


def test_what_was_let_go_of_is_given_back_though_something_lies_behind_it():
    done = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, check=True)
    assert int(done.stdout) > 10_000
