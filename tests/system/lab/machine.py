# SPDX-License-Identifier: Apache-2.0
"""One run of QEMU: with KVM where it works, else plain emulation; bounded in time whatever the guest does."""
import os
import subprocess
import time

from lab.packages import system_program

POLL_S = 0.2


def kvm_usable():
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
        return True
    except OSError:
        return False


def nine_p(tag, path, *options):
    """A directory of the host for the guest. QEMU wants a comma in a path doubled."""
    escaped = str(path).replace(",", ",,")
    return ["-fsdev", ",".join([f"local,id={tag},path={escaped},security_model=none,multidevs=remap", *options]),
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def command(accelerator, image, initramfs, sysroot, share, console):
    return [
        system_program("qemu-system-x86_64"), "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-machine", "q35", "-accel", accelerator, "-cpu", "max", "-smp", "2", "-m", "1024",
        "-kernel", str(image), "-initrd", str(initramfs),
        # panic=-1 with -no-reboot: a dead kernel ends QEMU at once, so the lab fails and never hangs.
        "-append", "console=ttyS0 panic=-1 loglevel=6 random.trust_cpu=on net.ifnames=0",
        "-serial", f"file:{console}",
        *nine_p("hostroot", "/", "readonly=on"), *nine_p("sysroot", sysroot, "readonly=on"), *nine_p("share", share),
    ]


class Machine:
    """Runs the guest to its end. @p on_tick is called every POLL_S, so that results can be shown as they come."""

    def __init__(self, image, initramfs, sysroot, share, console):
        self._files = (image, initramfs, sysroot, share, console)

    def run(self, accelerator, deadline, alive_within, is_alive, on_tick):
        """@return None when the guest powered off, else what went wrong."""
        process = subprocess.Popen(command(accelerator, *self._files), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started = time.monotonic()
        try:
            while True:
                on_tick()
                try:
                    code = process.wait(timeout=POLL_S)
                    on_tick()
                    return None if code == 0 else f"qemu ended with {code}: {process.stdout.read().strip()[-300:]}"
                except subprocess.TimeoutExpired:
                    pass
                now = time.monotonic()
                if now > deadline:
                    return "the whole run took too long"
                if now - started > alive_within and not is_alive():
                    return f"no sign of life from the guest in {alive_within:.0f} s"
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
