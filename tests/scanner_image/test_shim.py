"""The capture library's count of what was sent, over a libpcap that refuses packets to order."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanner_image import shim

STRICT = ("-Wall", "-Wextra", "-Werror")
FAKE = """
#include <stdlib.h>
int pcap_compile(void) { return 0; }
int pcap_setfilter(void) { return 0; }
void pcap_freecode(void) {}
int pcap_set_snaplen(void) { return 0; }
int pcap_set_buffer_size(void) { return 0; }
int pcap_set_immediate_mode(void) { return 0; }
int pcap_setdirection(void) { return 0; }
int pcap_activate(void) { return 0; }
int pcap_fileno(void) { return -1; }
int pcap_stats(void) { return 0; }
void *pcap_next(void) { return 0; }
void pcap_close(void) {}
int pcap_sendpacket(void)
{
    static int asked;
    return asked++ < atoi(getenv("REFUSED")) ? -1 : 0;
}
"""
SENDING = """
import ctypes, sys
library, handle = ctypes.CDLL(sys.argv[1]), ctypes.c_void_p(1)
library.pcap_activate(handle)
for _ in range(3):
    library.pcap_sendpacket(handle, b"packet", 6)
library.pcap_close(handle)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beside the libpcap that it finds."""
    place = tmp_path_factory.mktemp("shim")
    (place / "fake.c").write_text(FAKE)
    fake = ("cc", "-shared", "-fPIC", "-Wl,-soname,libpcap.so.0.8", "-o", "libpcap.so.0.8", "fake.c")
    subprocess.run(fake, cwd=place, check=True)
    made = place / shim.LIBRARY
    subprocess.run([*shim.COMPILE, str(made), *STRICT, str(shim.SOURCE), f"-L{place}", *shim.LINK], check=True)
    return made


@pytest.mark.parametrize(
    ("refused", "account"),
    [(0, "sent 3, unsent 0"), (50, "sent 3, unsent 0"), (101, "sent 2, unsent 1"), (102, "sent 1, unsent 2")],
    ids=["none", "for a moment", "one for too long", "the next without waiting"],
)
def test_packets_count_by_whether_the_interface_took_them(library: Path, refused: int, account: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SENDING, str(library)],
        env=os.environ | {"LD_LIBRARY_PATH": str(library.parent), "REFUSED": str(refused)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"vedette-pcap: received 0, dropped 0, unread 0, {account}\n" in done.stderr
