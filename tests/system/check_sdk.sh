#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_sdk.sh BUILD_DIR
# What an author of plugins does, from a finished build's install and nothing else of the source tree: makes a skeleton in
# C and one in C++, builds them and the examples of the guide, and simulates each with a person who follows the cues.
set -euo pipefail
build=${1:?usage: check_sdk.sh BUILD_DIR}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
quietly() { "$@" >"$stage/log" 2>&1 || {
  printf 'failed: %s\n' "$*"
  cat "$stage/log"
  exit 1
}; }
quietly cmake --install "$build" --prefix "$stage/usr"

# A home and a search path of the author's own, so that no other Knead is found.
export HOME=$stage/home CMAKE_PREFIX_PATH=$stage/usr PATH=$stage/usr/bin:/usr/bin:/bin
unset XDG_DATA_HOME XDG_CONFIG_HOME CMAKE_GENERATOR
mkdir -p "$HOME"
cd "$HOME"
user=$HOME/.local/share/knead

status=0
simulated=
# expect ROUTINE OUTCOME REPS: what `knead simulate` says of it.
expect() {
  local said
  said=$(knead simulate --routine "$1" --person compliant --json 2>"$stage/log") || {
    printf '%s cannot be simulated:\n' "$1"
    cat "$stage/log"
    status=1
    return
  }
  local outcome reps
  outcome=$(sed -n 's/.*"outcome":"\([a-z]*\)".*/\1/p' <<<"$said")
  reps=$({ grep -o '"kind":"rep_done"' <<<"$said" || true; } | wc -l)
  # The person presses lightly when told: a rep that is too hard has taken the release's pressure for its own.
  if grep -q '"too_hard":true' <<<"$said"; then
    printf '%s: a light rep is too hard\n' "$1"
    status=1
  fi
  if [[ $outcome != "$2" || $reps != "$3" ]]; then
    printf '%s: wanted %s with %s reps, got %s with %s\n' "$1" "$2" "$3" "$outcome" "$reps"
    status=1
  fi
  simulated=$said
}

# exports_only FILE: knead_entry, and nothing else that a second plugin could collide with.
exports_only() {
  local symbols
  symbols=$(nm -D --defined-only "$1" | awk '{ print $3 }')
  if [[ $symbols != knead_entry ]]; then
    printf '%s does not export knead_entry alone, but: %s\n' "$1" "$(head -n 5 <<<"$symbols" | paste -sd ' ')"
    status=1
  fi
}

# The skeletons, by the commands of the guide.
for language in c cpp; do
  quietly knead plugin new "first-$language" "--$language"
  quietly cmake -S "first-$language" -B "first-$language/build" -DCMAKE_BUILD_TYPE=Debug
  quietly cmake --build "first-$language/build"
  quietly knead routine check "first-$language/first-$language.toml"
  quietly cmake --install "first-$language/build"
  exports_only "$user/plugins/first-$language.so"
  expect "first-$language" completed 6
done
if knead plugin new first-c >"$stage/log" 2>&1 || ! grep -q 'first-c exists' "$stage/log"; then
  echo 'a skeleton was written over another:'
  cat "$stage/log"
  status=1
fi
quietly knead routine new evening --plugin first-cpp --dir "$user/routines"
expect evening completed 6

# The examples of the guide: by pkg-config and the plain compiler, by the CMake package, and with no code at all.
examples=$stage/usr/share/doc/knead/examples
export PKG_CONFIG_PATH=$stage/usr/share/pkgconfig
read -ra flags < <(pkg-config --cflags --libs knead-plugin)
quietly cc -std=c11 -Wall -Wextra -Wpedantic -Werror "${flags[@]}" -o "$user/plugins/smallest.so" "$examples/smallest.c"
exports_only "$user/plugins/smallest.so"
cp "$examples"/{smallest,relaxation,lunch-break}.toml "$user/routines"
expect smallest incomplete 0 # it logs no rep, and what is not logged is not done

mkdir relaxation
cat >relaxation/CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(relaxation LANGUAGES CXX)
find_package(Knead REQUIRED)
knead_add_plugin(relaxation SOURCES relaxation.cpp)
target_link_libraries(relaxation PRIVATE Knead::sdk)
target_compile_options(relaxation PRIVATE -Wall -Wextra -Wpedantic -Werror)
install(TARGETS relaxation LIBRARY DESTINATION ${Knead_USER_PLUGIN_DIR})
TEXT
cp "$examples/relaxation.cpp" relaxation
quietly cmake -S relaxation -B relaxation/build -DCMAKE_BUILD_TYPE=Debug
quietly cmake --build relaxation/build
quietly cmake --install relaxation/build --prefix "$HOME/.local"
exports_only "$user/plugins/relaxation.so"
expect relaxation completed 5
for measure in fall_1 fall_5 fall_mean unsteadiness_mean; do
  if ! grep -q "\"$measure\"" <<<"$simulated"; then
    printf 'relaxation logs no %s\n' "$measure"
    status=1
  fi
done

expect lunch-break completed 6

# An exception in the real plugin process: the set ends and the record says why; in the constructor, the set is refused.
quietly c++ -std=c++20 -Wall -Wextra -Wpedantic -Werror "${flags[@]}" -o "$user/plugins/throws.so" "$here/sdk/throws.cpp"
exports_only "$user/plugins/throws.so"
quietly knead routine new throws --plugin throws --dir "$user/routines"
expect throws incomplete 0
if ! grep -q '"key":"plugin_failed".*"text":"the table is empty"' <<<"$simulated"; then
  echo 'the record does not say what was thrown'
  status=1
fi
sed 's/prone_y_lift/none/; s/^id = .*/id = "refuses"/' "$user/routines/throws.toml" >"$user/routines/refuses.toml"
if knead simulate --routine refuses --person compliant >"$stage/log" 2>&1 ||
  ! grep -q 'there is no exercise called "none"' "$stage/log"; then
  echo 'a constructor that throws does not refuse the routine:'
  cat "$stage/log"
  status=1
fi
exit "$status"
