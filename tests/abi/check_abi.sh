#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_abi.sh [--record] SOURCE_ROOT [HEADERS]
# Holds the plugin interface in HEADERS (SOURCE_ROOT/plugins/include) against the recorded one, tests/abi/plugin.abi.xml.
# What may change in a minor version passes, and is told: structs that grow at their end, new enumerators, new types.
# Anything else fails. --record writes the record anew: after a growth, together with a higher KNEAD_ABI_MINOR; after a
# break, together with a higher KNEAD_ABI_MAJOR.
set -euo pipefail
record=
if [[ ${1:-} == --record ]]; then
  record=1
  shift
fi
root=${1:?usage: check_abi.sh [--record] SOURCE_ROOT [HEADERS]}
headers=${2:-$root/plugins/include}
recorded=$root/tests/abi/plugin.abi.xml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The record must not name the folder it was made in.
"${CC:-cc}" -std=c11 "-ffile-prefix-map=$root=." -ffreestanding -nostdlib -g -fno-eliminate-unused-debug-types -shared -fPIC "-I$headers" \
  -o "$work/plugin.so" "$root/tests/abi/abi.c"
abidw --load-all-types --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
  "$work/plugin.so" >"$work/plugin.abi.xml"
if [[ -n $record ]]; then
  cp "$work/plugin.abi.xml" "$recorded"
  exit
fi

# abidiff calls a struct that has grown changed, like one whose members have moved: its words tell them apart.
# shellcheck disable=SC2016  # the dollars are awk's
readonly judge='
  /^$/ || / summary: / || /details were reported earlier/ || /^[0-9]+ (changed|added) types? unreachable/ { next }
  # abi.c reaches a new extension from a variable of its own.
  /^[0-9]+ Added variables?:$/ { next }
  /^ *\[A\]/ { next }
  /^ *(\[C\] )?'\''[^'\'']*'\'' changed:$/ { type = $0; gsub(/^[^'\'']*'\''|'\''[^'\'']*$/, "", type); size = -1; next }
  /type size hasn'\''t changed/ { next }
  # An array of them is handed out, so this one has no room to grow: its layout belongs to the "/1" of its extension.
  /type size changed from/ && type != "struct knead_sample" { size = $5; next }
  /[0-9]+ (data member|enumerator) insertions?:/ { next }
  / at offset [0-9]+ \(in bits\)/ {
    offset = $0
    sub(/.* at offset /, "", offset)
    if (size >= 0 && offset + 0 >= size + 0) { print "grown: " type ":" $0; next }
  }
  /::KNEAD_[A-Z0-9_]+'\'' value / { print "new:" $0; next }
  { print "broken: " type ":" $0; broken = 1 }
  END { exit broken }'

# 4: something changed; 8: incompatibly, which it says of a growth as well. 1 and 2: it could not compare.
told=0
abidiff --non-reachable-types --leaf-changes-only --no-show-locs "$recorded" "$work/plugin.abi.xml" \
  >"$work/report" || told=$?
if ((told & 3)); then
  cat "$work/report"
  exit 1
fi
if awk "$judge" "$work/report"; then exit; fi
printf '%s\n' 'plugins of this major version would break. Keep what there is and grow structs at their end; or, for a' \
  'new major version, raise KNEAD_ABI_MAJOR and run: ./dev abi --record'
exit 1
