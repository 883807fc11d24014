#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_install.sh BUILD_DIR
# Installs a finished build into a folder of its own and looks at it as a user would: everything is there, and the
# installed program finds its routines without the source tree.
set -euo pipefail
build=${1:?usage: check_install.sh BUILD_DIR}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cmake --install "$build" --prefix "$stage/usr" >"$stage/log" 2>&1 || {
  cat "$stage/log"
  exit 1
}

status=0
# A multiarch folder may stand in the place of lib, so files are looked for by how their path ends.
while read -r wanted; do
  if [[ -z $(find "$stage/usr" -path "*/$wanted" -print -quit) ]]; then
    printf 'not installed: %s\n' "$wanted"
    status=1
  fi
done <<'TEXT'
bin/kneadd
bin/knead
bin/knead-ball
bin/knead-plugin-check
libexec/knead/knead-plugin-host
knead/plugins/*activation.so
include/knead/plugin.h
include/knead/plugin.hpp
include/knead/sdk/host.hpp
cmake/Knead/KneadConfig.cmake
cmake/Knead/KneadConfigVersion.cmake
pkgconfig/knead-plugin.pc
share/knead/templates/cpp/my-plugin.cpp
share/knead/routines/upper-trap.toml
share/knead/routines/both-sides.toml
share/knead/routines/levator-scapulae.toml
share/knead/routines/lifter-warm-up.toml
share/knead/balls/knead-1.toml
share/doc/knead/README.md
share/doc/knead/examples/kneadd.toml
share/doc/knead/examples/smallest.c
share/doc/knead/authors/README.md
udev/rules.d/70-knead.rules
lib/systemd/system/kneadd.service
lib/systemd/user/kneadd.service
lib/sysusers.d/knead.conf
TEXT

# What is bound lazily takes the loader's lock in the sampling loop when it is first called.
for program in bin/kneadd libexec/knead/knead-plugin-host; do
  path=$(find "$stage/usr" -path "*/$program" -print -quit)
  if [[ -n $path ]] && ! readelf --dynamic "$path" | grep BIND_NOW >/dev/null; then
    printf 'bound lazily, not before main(): %s\n' "$program"
    status=1
  fi
done

# From an empty home, so that nothing but the install can be found.
if ! env -i HOME="$stage" PATH=/usr/bin:/bin "$stage/usr/bin/knead" routine list >"$stage/routines" 2>&1 ||
  [[ $(grep -c -e upper-trap -e both-sides -e levator-scapulae -e lifter-warm-up "$stage/routines") -ne 4 ]]; then
  echo 'the installed knead does not find its routines:'
  cat "$stage/routines"
  status=1
fi
exit "$status"
