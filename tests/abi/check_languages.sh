#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_languages.sh SOURCE_ROOT
# The public headers compile in every language they promise, with GCC and, where it is installed, with Clang; the first
# include of one needs nothing before it.
set -euo pipefail
root=${1:?usage: check_languages.sh SOURCE_ROOT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# compiles COMPILER STANDARD LANGUAGE FILE
compiles() {
  "$1" "-std=$2" -x "$3" -Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$root/plugins/include" \
    "-I$root/plugins/sdk/include" "$4" || {
    printf '%s does not compile with %s as %s\n' "${4##*/}" "$1" "$2"
    status=1
  }
}

compiled=
for pair in gcc:g++ clang-19:clang++-19; do
  c=${pair%:*} cxx=${pair#*:}
  if ! command -v "$c" >/dev/null || ! command -v "$cxx" >/dev/null; then continue; fi
  compiled=$cxx
  for standard in c11 c17; do compiles "$c" $standard c "$root/tests/abi/header.c"; done
  for standard in c++11 c++14 c++17 c++20 c++23; do compiles "$cxx" $standard c++ "$root/tests/abi/header.c"; done
  for standard in c++20 c++23; do compiles "$cxx" $standard c++ "$root/tests/abi/header.cpp"; done
done
[[ -n $compiled ]] || {
  echo 'neither GCC nor Clang 19 is here'
  exit 1
}
# Each for itself, once: an author may want no more than one of them.
for header in "$root"/plugins/sdk/include/knead/sdk/*.hpp "$root"/plugins/include/knead/ext/*.h; do
  printf '#include <knead/%s>\n' "${header#*/include/knead/}" >"$work/alone.cpp"
  compiles "$compiled" c++20 c++ "$work/alone.cpp"
done
exit "$status"
