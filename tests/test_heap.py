"""Memory that was used once is used again without page faults."""

import platform
import subprocess
import sys

import pytest

USED_AGAIN = """
import resource
from crawler.process import raise_trim_threshold
if {keep}:
    raise_trim_threshold()
def use():
    pieces = [bytearray(100_000) for _ in range(10)]
    pieces += [bytearray(500_000)]
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is of glibc")
def test_memory_is_kept_for_the_next_page():
    def faults(keep):
        program = USED_AGAIN.format(keep=keep)
        return int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)

    assert faults(keep=True) < 100 < 10_000 < faults(keep=False)
