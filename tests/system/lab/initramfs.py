# SPDX-License-Identifier: Apache-2.0
"""Kernel image and initramfs: busybox, the few modules the lab needs, /init."""
import lzma
import shlex
import stat
import struct
from pathlib import Path

from lab.packages import LabError, run, system_program

# In this order, each with what it depends on. Names of modules that are built in are skipped by modprobe itself.
MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "usbcore", "usbip-core", "vhci-hcd"]


def kernel_release(tree):
    images = sorted((tree / "boot").glob("vmlinuz-*"))
    if not images:
        raise LabError("the kernel package holds no /boot/vmlinuz")
    return images[-1].name.removeprefix("vmlinuz-")


def bootable_image(tree, out):
    """
    The kernel to hand to QEMU: uncompressed where its packing is known, because without KVM the guest takes seconds to
    unpack itself. Else the bzImage as it is.
    """
    packed = tree / "boot" / f"vmlinuz-{kernel_release(tree)}"
    image = packed.read_bytes()
    # Documentation/arch/x86/boot.rst: setup sectors at 0x1f1, payload offset and length at 0x248 of the header.
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    try:
        vmlinux = lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(image[start:start + length])
    except lzma.LZMAError:
        return packed
    if not vmlinux.startswith(b"\x7fELF"):
        return packed
    target = out / "vmlinux"
    target.write_bytes(vmlinux)
    return target


def module_files(tree):
    """Paths of the modules in the order in which they must be loaded."""
    release = kernel_release(tree)
    modules = tree / "usr" / "lib" / "modules" / release
    base = tree / "usr"
    if not (modules / "modules.dep.bin").exists():
        run([system_program("depmod"), "-b", str(base), release])
    files = []
    for name in MODULES:
        shown = run([system_program("modprobe"), "-d", str(base), "-S", release, "--show-depends", name])
        for line in shown.splitlines():
            words = line.split()
            if words and words[0] == "insmod" and words[1] not in files:
                files.append(words[1])
    return [Path(name) for name in files]


def plain_module(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


class CpioWriter:
    """
    The "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). Written here, not by cpio(1), because
    an ordinary user cannot make the /dev/console that init's output needs.
    """

    def __init__(self):
        self._data = bytearray()
        self._inode = 0

    def _add(self, name, mode, data=b"", device=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self._data += b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._pad()
        self._data += data
        self._pad()

    def _pad(self):
        self._data += b"\0" * (-len(self._data) % 4)

    def directory(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        self._add(name, stat.S_IFREG | mode, data)

    def character_device(self, name, major, minor):
        self._add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def finish(self):
        self._add("TRAILER!!!", 0)
        return bytes(self._data)


def build(tree, init, variables, target):
    """Writes the initramfs: @p variables become /lab.env, sourced by @p init."""
    cpio = CpioWriter()
    for name in ("bin", "dev", "proc", "sys", "modules", "lower", "sysroot", "upper", "guest"):
        cpio.directory(name)
    cpio.character_device("dev/console", 5, 1)
    busybox = next((path for path in (tree / "usr/bin/busybox", tree / "bin/busybox") if path.exists()), None)
    if busybox is None:
        raise LabError("the busybox-static package holds no busybox")
    cpio.file("bin/busybox", busybox.read_bytes(), 0o755)
    cpio.file("init", init.read_bytes(), 0o755)
    order = []
    for path in module_files(tree):
        name = path.name.removesuffix(".xz")
        cpio.file(f"modules/{name}", plain_module(path))
        order.append(name)
    cpio.file("modules/order", ("\n".join(order) + "\n").encode())
    cpio.file("lab.env", "".join(f"{k}={shlex.quote(str(v))}\n" for k, v in variables.items()).encode())
    target.write_bytes(cpio.finish())
