# SPDX-License-Identifier: Apache-2.0
"""lsusb -v decodes the ball, and has nothing to complain about."""
import re

from checks import output_of
from stages.ball import Ball

# What lsusb says when a descriptor is wrong, cut short, unknown to it, or could not be read.
COMPLAINTS = re.compile(r"(can't|cannot|couldn't|could not|unrecognized|unknown|invalid|bogus|bad |too short|junk|"
                        r"warning|error|\*\*)", re.IGNORECASE)
# From hw/PROTOCOL.md: field, value.
EXPECTED = [
    ("bcdUSB", "2.10"), ("bMaxPacketSize0", "64"), ("idVendor", "0x1209"), ("idProduct", "0x0001"),
    ("bNumConfigurations", "1"), ("bNumInterfaces", "1"), ("bNumEndpoints", "2"), ("bInterfaceClass", "255"),
    ("iSerial", "3 KB0001"),
]


def fields(text):
    """All (name, value) lines of lsusb, in order."""
    return re.findall(r"^\s*(\w+)\s+(\S.*?)\s*$", text, re.MULTILINE)


def stage(lab, report):
    Ball(lab, report)
    code, text = output_of(["lsusb", "-v", "-d", "1209:0001"])
    lab.file("lsusb.txt").write_text(text)
    report.require("lsusb -v finds it", code == 0 and "1209:0001" in text, text[-200:])
    complaints = [line.strip() for line in text.splitlines() if COMPLAINTS.search(line)]
    report.check("lsusb -v has no complaint", not complaints, "; ".join(complaints[:3]))

    found = fields(text)
    for name, value in EXPECTED:
        seen = [v for n, v in found if n == name]
        report.check(f"{name} is {value}", any(re.match(re.escape(value) + r"\b", v) for v in seen), ", ".join(seen))
    addresses = re.findall(r"bEndpointAddress\s+(0x\w+)\s+EP (\d) (IN|OUT)", text)
    report.check("one interrupt IN, one interrupt OUT", sorted(addresses) == [("0x01", "1", "OUT"), ("0x81", "1", "IN")]
                 and text.count("Transfer Type            Interrupt") == 2, addresses)
    report.check("each polled every millisecond", [v for n, v in found if n == "bInterval"] == ["1", "1"])
    report.check("packets of 64 bytes", text.count("0x0040  1x 64 bytes") == 2)
    report.check("the BOS names the Windows driver (MS OS 2.0)",
                 "{d8dd60df-4589-4cc7-9cd2-659d9e648a9f}" in text.lower())
    _, log = output_of(["dmesg"])
    unhappy = [line for line in log.splitlines() if re.search(r"usb .*(error|invalid|failed|unable)", line)]
    report.check("the kernel has no complaint", not unhappy, "; ".join(unhappy[:3]))
