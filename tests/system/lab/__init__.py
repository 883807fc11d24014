# SPDX-License-Identifier: Apache-2.0
"""Host side of the kernel lab: packages, initramfs, virtual machine."""
