#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: deps-check.sh BUILD_DIR PACKAGE...
# Holds a list of Debian packages (those ./dev installs) against what a finished build in BUILD_DIR really read and
# linked. Fails when the build used a package that installing the list would not bring; names packages of the list
# that the build never touched.
set -euo pipefail
build=${1:?usage: deps-check.sh BUILD_DIR PACKAGE...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every system file the compiler read, and every system library the linker was given.
{
  ninja -C "$build" -t deps | sed -n 's/^ \+\(\/usr\/.*\)$/\1/p'
  ninja -C "$build" -t commands | grep -oE '/(usr/)?lib/[^ ]+\.(so|a)(\.[0-9]+)*' || true
  # -lNAME: where this compiler finds it.
  ninja -C "$build" -t commands | grep -oE ' -l[a-zA-Z0-9_+.-]+' | sort -u | while read -r flag; do
    for suffix in so a; do
      path=$(g++ -print-file-name="lib${flag#-l}.$suffix")
      if [[ $path == /* ]]; then
        printf '%s\n' "$path"
        break
      fi
    done
  done
} | sort -u | while IFS= read -r path; do realpath -s "$path"; done | sort -u >"$work/files"
[[ -s $work/files ]] || {
  echo "deps-check: $build knows of no build; build it first" >&2
  exit 2
}

# Where /lib is a link to /usr/lib, the package database may know a file by either name.
{
  cat "$work/files"
  sed -n 's/^\/usr\(\/lib.*\)/\1/p' "$work/files"
} | xargs dpkg-query -S 2>/dev/null | sed 's/: .*//; s/:[a-z0-9]*//' | tr ',' '\n' | tr -d ' ' | sort -u >"$work/used" || true

# What installing the list brings: its dependencies, theirs, and so on; of alternatives, whichever are installed.
dpkg-query -W -f '${Package}\t${Provides}\t${Pre-Depends}, ${Depends}\t${Essential}\n' >"$work/status"
# shellcheck disable=SC2016  # the dollars are awk's
readonly closure='
  function bare(text) { gsub(/\([^)]*\)/, "", text); gsub(/:any|[ \t]/, "", text); return text }
  {
    depends[$1] = bare($3)
    n = split(bare($2), provided, ",")
    for (i = 1; i <= n; i++) providers[provided[i]] = providers[provided[i]] " " $1
  }
  function visit(package,   part, n, i) {
    if (package == "" || package in seen) return
    seen[package] = 1
    if (package in depends) { print package; n = split(depends[package], part, /[,|]/); for (i = 1; i <= n; i++) visit(part[i]) }
    n = split(providers[package], part, " ")
    for (i = 1; i <= n; i++) visit(part[i])
  }
  END { n = split(list, root, " "); for (k = 1; k <= n; k++) visit(root[k]) }'
awk -F '\t' -v list="$*" "$closure" "$work/status" | sort -u >"$work/brought"

status=0
printf 'packages the build uses: %d\n' "$(wc -l <"$work/used")"
while IFS= read -r package; do
  if [[ " $* " == *" $package "* ]]; then
    printf '  %-28s installed by ./dev\n' "$package"
  elif grep -qx "$package" "$work/brought"; then
    printf '  %-28s comes with one of them\n' "$package"
  else
    printf '  %-28s MISSING: add it to the lists in ./dev\n' "$package"
    status=1
  fi
done <"$work/used"
for package in "$@"; do
  case $package in
    cmake | ninja-build | pkg-config | g++ | umockdev) ;; # programs: no file of theirs is compiled or linked in
    *) grep -qx "$package" "$work/used" || printf '  %-28s in the list, but nothing in this build comes from it\n' "$package" ;;
  esac
done
exit "$status"
