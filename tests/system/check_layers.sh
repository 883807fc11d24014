#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_layers.sh SOURCE_ROOT
# Holds every #include "..." against the order of docs/design.md, "The tree": a folder may include only from itself and
# from folders that stand before it. Folders of one rank do not know each other. Prints each breach as file:line.
set -euo pipefail
root=${1:?usage: check_layers.sh SOURCE_ROOT}
cd "$root"

# shellcheck disable=SC2016  # the dollars are awk's
readonly program='
BEGIN {
  # Lowest first; what stands on one line is of one rank.
  ranks = "daemon/core\n" \
          "hw/protocol\n" \
          "hw/link\n" \
          "hw/ball\n" \
          "hw/usb hw/sim hw/usbip hw/gadget\n" \
          "daemon/sampling\n" \
          "daemon/session\n" \
          "daemon/record daemon/host daemon/cues\n" \
          "daemon/api\n" \
          "daemon/live\n" \
          "daemon daemon/cli"
  levels = split(ranks, line, "\n")
  for (i = 1; i <= levels; i++) {
    n = split(line[i], folder, " ")
    for (j = 1; j <= n; j++) rank[folder[j]] = i
  }
  # Plugins stand apart: the public header includes nothing of ours, and plugins see nothing but it and the comfort
  # over it, so that a third party can build the same way. The checker drives them as the host does.
  allowed["plugins/include"] = " plugins/include "
  allowed["plugins/sdk"] = " plugins/include plugins/sdk "
  allowed["plugins/activation"] = " plugins/include plugins/sdk plugins/activation "
  allowed["plugins/examples"] = " plugins/include plugins/sdk plugins/examples "
  allowed["plugins/check"] = " plugins/include plugins/check daemon/core daemon/session daemon/host "
}
# The folder a path counts as: the first two parts ("hw/usb/x/y.hpp" is hw/usb), or "daemon" for daemon/main.cpp.
# "" when it is none of ours as it stands.
function folder_of(path,   part, n) {
  if (path ~ /^knead\//) return "plugins/include"
  n = split(path, part, "/")
  if (part[1] != "daemon" && part[1] != "hw" && part[1] != "plugins" && part[1] != "tests") return ""
  return n > 2 ? part[1] "/" part[2] : part[1]
}
function resolved(file, target) {
  sub(/[^\/]*$/, "", file)
  target = file target
  while (sub(/[^\/]+\/\.\.\//, "", target)) {}
  return target
}
function breach(why) {
  printf "%s:%d: %s\n", FILENAME, FNR, why
  breaches++
}
FNR == 1 {
  from = folder_of(FILENAME)
  files++
  if (!(from in rank) && !(from in allowed)) breach("folder " from " has no place in the order; give it one")
}
match($0, /^[ \t]*#[ \t]*include[ \t]*["<][^">]+[">]/) {
  target = $0
  sub(/^[^"<]*["<]/, "", target)
  sub(/[">].*$/, "", target)
  to = folder_of(target)
  if (to == "" && $0 ~ /"/) {
    # Public headers are installed elsewhere, so they name each other relatively.
    if (from != "plugins/include" && from != "plugins/sdk") {
      breach("\"" target "\": includes are written from the root")
      next
    }
    target = resolved(FILENAME, target)
    to = folder_of(target)
  }
  if (to == "") next
  if (to == from) next
  if (from in allowed) {
    if (index(allowed[from], " " to " ") == 0) breach(from " may not include " target)
  } else if (to == "plugins/include") {
    # The ABI is plain C that knows none of our types, so any rank may read it.
  } else if (!(to in rank)) {
    breach(from " may not include " target)
  } else if ((from in rank) && rank[to] >= rank[from]) {
    breach(from " may not include " target ": " to " does not stand before it")
  }
}
END {
  if (files == 0) { print "check_layers: no source files found"; exit 1 }
  if (breaches) { printf "check_layers: %d breaches in %d files\n", breaches, files; exit 1 }
  printf "check_layers: %d files keep the order\n", files
}
'
find daemon hw plugins -type f \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print0 |
  sort -z | xargs -0 --no-run-if-empty awk "$program"
