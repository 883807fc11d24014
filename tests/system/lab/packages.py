# SPDX-License-Identifier: Apache-2.0
"""Debian packages for the guest: downloaded and unpacked into a cache, never installed on the host."""
import os
import re
import shutil
import subprocess
from pathlib import Path

# What the guest needs beside the host's own files. Libraries are here because a minimal host may lack them.
GUEST_PACKAGES = ["busybox-static", "udev", "libkmod2", "usbip", "libwrap0", "usb.ids"]
KERNEL_METAPACKAGE = "linux-image-amd64"


class LabError(Exception):
    """Something the lab needs is missing; the message says what to do."""


def run(command, **options):
    """Runs a tool of the host and turns its failure into one clear line."""
    try:
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              **options).stdout
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        last = (error.stdout or "").strip().splitlines()[-1:] or ["no output"]
        raise LabError(f"{' '.join(map(str, command))}: {last[0]}") from None


def kernel_package():
    """The package behind the metapackage, e.g. linux-image-6.1.0-56-amd64."""
    shown = run(["apt-cache", "show", "--no-all-versions", KERNEL_METAPACKAGE])
    match = re.search(r"^Depends: (linux-image-\S+)", shown, re.MULTILINE)
    if not match:
        raise LabError(f"apt knows no {KERNEL_METAPACKAGE}: run 'apt-get update'")
    return match.group(1)


def candidates(names):
    """Name to the version apt would download."""
    versions = {}
    for block in run(["apt-cache", "show", "--no-all-versions", *names]).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version): (\S+)", block, re.MULTILINE))
        if "Package" in fields:
            versions[fields["Package"]] = fields["Version"]
    missing = [name for name in names if name not in versions]
    if missing:
        raise LabError(f"apt knows no package {', '.join(missing)}: run 'apt-get update'")
    return versions


def merge_usr(tree):
    """Moves /bin, /sbin and /lib below /usr: laid over a merged host, a real /lib would hide its symlink."""
    for name in ("bin", "sbin", "lib", "lib64"):
        source = tree / name
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, tree / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(source)


def unpack(names, cache):
    """
    Directory with the packages' files, from the cache when each is there in the version apt offers now.
    @return (directory, {name: version})
    """
    versions = candidates(names)
    stamp = "\n".join(f"{name}={versions[name]}" for name in names)
    tree, stamp_file = cache / "tree", cache / "stamp"
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return tree, versions
    shutil.rmtree(cache, ignore_errors=True)
    downloads = cache / "debs"
    downloads.mkdir(parents=True)
    tree.mkdir()
    run(["apt-get", "download", *(f"{name}={versions[name]}" for name in names)], cwd=downloads)
    for deb in sorted(downloads.glob("*.deb")):
        run(["dpkg-deb", "-x", str(deb), str(tree)])
    merge_usr(tree)
    shutil.rmtree(downloads)  # a kernel package is 70 MB: what is unpacked is enough
    stamp_file.write_text(stamp)
    return tree, versions


def system_program(*names):
    """First of the names that is there, also where an ordinary user's PATH does not look."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise LabError(f"{names[0]} is not installed")
