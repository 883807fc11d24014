#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_layers_test.sh CHECK_LAYERS
# The layer check must go red for each way of breaking the order; a check that cannot fail checks nothing.
set -euo pipefail
check=${1:?usage: check_layers_test.sh CHECK_LAYERS}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# expect green|red FILE INCLUDE WHY: a tree with just this file.
expect() {
  local want=$1 file=$2 include=$3 why=$4 got=green
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{daemon,hw,plugins} "$tree/$(dirname "$file")"
  printf '#include %s\n' "$include" >"$tree/$file"
  "$check" "$tree" >"$tree/out" || got=red
  if [[ $got != "$want" ]]; then
    printf 'expected %s, got %s: %s (%s includes %s)\n' "$want" "$got" "$why" "$file" "$include"
    failures=$((failures + 1))
  fi
}

expect green daemon/session/a.cpp '"daemon/core/units.hpp"' 'a later folder may include an earlier one'
expect green daemon/session/a.cpp '"daemon/session/b.hpp"' 'a folder may include itself'
expect green daemon/main.cpp '"daemon/api/server.hpp"' 'main stands last'
expect green daemon/host/a.cpp '"knead/plugin.h"' 'the host reads the public plugin header'
expect green daemon/core/a.cpp '<vector>' 'the standard library is nobody of ours'
expect red daemon/core/a.cpp '"daemon/session/session.hpp"' 'core knows no session'
expect red daemon/session/a.cpp '"daemon/record/store.hpp"' 'a session does not know the record'
expect red daemon/record/a.cpp '"daemon/host/host.hpp"' 'folders of one rank do not know each other'
expect red hw/usb/a.cpp '"hw/sim/sim.hpp"' 'the real driver does not know the virtual one'
expect red hw/protocol/a.hpp '"hw/ball/ball.hpp"' 'the codec does not know the ball'
expect red daemon/sampling/a.cpp '"tests/unit/x.hpp"' 'programs do not include tests'
expect red daemon/core/a.cpp '"units.hpp"' 'includes are written from the root'
expect red daemon/new/a.cpp '<vector>' 'a new folder needs a place in the order'
expect red plugins/include/knead/plugin.h '"daemon/core/units.hpp"' 'the public header includes nothing of ours'
expect green plugins/include/knead/ext/log.h '"../plugin.h"' 'public headers name each other relatively'
expect red plugins/include/knead/plugin.h '"../../../daemon/core/units.hpp"' 'not even by a detour'
expect red plugins/activation/a.cpp '"daemon/session/session.hpp"' 'a plugin sees the public header alone'

((failures == 0)) || exit 1
echo 'check_layers goes red for each breach'
