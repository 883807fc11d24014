#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_units.sh DIRECTORY_OF_CONFIGURED_UNITS
# systemd-analyze must read both units without a word: an unknown key or call group is only a warning to systemd, which
# then runs the daemon with less protection than the unit says.
set -euo pipefail
units=${1:?usage: check_units.sh DIRECTORY_OF_CONFIGURED_UNITS}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/user"
# The program and its documentation need not be installed to judge the rest.
sed 's|^ExecStart=.*|ExecStart=/bin/true|; /^Documentation=/d' "$units/kneadd.service" >"$work/kneadd.service"
sed 's|^ExecStart=.*|ExecStart=/bin/true|; /^Documentation=/d' "$units/kneadd-user.service" >"$work/user/kneadd.service"

status=0
export XDG_RUNTIME_DIR=$work
systemd-analyze --man=no verify "$work/kneadd.service" 2>&1 | tee "$work/system.log" || true
systemd-analyze --man=no --user verify "$work/user/kneadd.service" 2>&1 | tee "$work/user.log" || true
# Other units of this machine may have flaws; only what is said of ours counts.
if grep -E 'kneadd' "$work/system.log" "$work/user.log"; then
  echo 'systemd has something against a unit, see above'
  status=1
fi
# Each of these in a unit would end hotplug or real time, whatever a hardening guide says.
if grep -HE '^(PrivateNetwork|PrivateDevices|ProtectClock|PrivateUsers|RestrictRealtime)=(yes|true|1|on)' \
  "$work/kneadd.service" "$work/user/kneadd.service"; then
  echo 'that setting takes the ball away, see the comment in config/systemd/kneadd.service.in'
  status=1
fi
exit "$status"
