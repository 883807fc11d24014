#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: lint.sh SOURCE_ROOT BUILD_DIR [JOBS [SINCE]]
# Everything that judges the text of the project; `./dev lint` installs the tools and calls it. BUILD_DIR is configured
# with Clang and holds compile_commands.json; nothing is built. With SINCE, a revision, clang-tidy reads the files alone
# that changed since then. All checks run, then the exit code says whether all passed.
set -euo pipefail
root=${1:?usage: lint.sh SOURCE_ROOT BUILD_DIR [JOBS]}
build=${2:?usage: lint.sh SOURCE_ROOT BUILD_DIR [JOBS]}
jobs=${3:-2}
since=${4-}
cd "$root"

failed=()
check() {
  local name=$1 started=$SECONDS
  shift
  if "$@"; then
    printf 'lint: %s passed (%d s)\n' "$name" $((SECONDS - started))
  else
    printf 'lint: %s FAILED (%d s)\n' "$name" $((SECONDS - started))
    failed+=("$name")
  fi
}

# Tracked files and new ones not yet added; a file removed but not yet committed is not there to be read.
files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [[ ! -f $file ]] || printf '%s\n' "$file"
  done
}

format() {
  files '*.c' '*.h' '*.cpp' '*.hpp' | xargs --no-run-if-empty clang-format-19 --dry-run -Werror
}

# By their first line, since programs carry no suffix.
shell_scripts() {
  local file first
  files | while IFS= read -r file; do
    IFS= read -r first <"$file" || continue
    if [[ $first =~ ^#!.*[/\ ](ba|da)?sh ]]; then printf '%s\n' "$file"; fi
  done 2>/dev/null | xargs --no-run-if-empty shellcheck
}

# clang-tidy takes seconds a file, so a file that passed is not looked at again until something it depends on changes:
# its own text, the text of every header of ours it reaches, its compile command, the checks, or the tool. The
# fingerprints of what passed are kept outside the build folder, so that a fresh clone profits too.
tidy() {
  local cache=${KNEAD_LINT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/knead/lint}
  mkdir -p "$cache"
  local common
  common=$({
    clang-tidy-19 --version
    files .clang-tidy "*/.clang-tidy" | xargs cat  # those of folders refine the root's
    dpkg-query -W 'libstdc++-*-dev' 'libboost*-dev' 2>/dev/null || true
  } | sha256sum)

  local list=$build/tidy-work
  fingerprints "$common" >"$list.all"
  local total=0 fingerprint file
  : >"$list"
  while read -r fingerprint file; do
    total=$((total + 1))
    [[ -e $cache/$fingerprint ]] || printf '%s %s\n' "$fingerprint" "$file" >>"$list"
  done <"$list.all"
  ((total > 0)) || {
    echo 'lint: compile_commands.json names no file of ours'
    return 1
  }
  if [[ -n $since ]]; then
    concerned "$since" "$list" >"$list.changed"
    mv "$list.changed" "$list"
  fi
  printf 'lint: clang-tidy reads %d of %d files, the others passed before or did not change\n' "$(wc -l <"$list")" "$total"
  # shellcheck disable=SC2016  # expanded by the inner shell
  xargs --arg-file="$list" --no-run-if-empty --max-lines=1 --max-procs="$jobs" bash -c '
    out=$(clang-tidy-19 -p "$1" --quiet "$4" 2>&1) && touch "$2/$3" && exit 0
    grep -vE "^[0-9]+ warnings? (generated|treated)|^Suppressed |^Use -header-filter" <<<"$out"
    exit 1' tidy-one "$build" "$cache"
}

# Of the lines of LIST those whose file has changed since SINCE, and one for each changed header that none of them reaches.
concerned() {
  local since=$1 list=$2
  {
    git diff --name-only "$since" -- '*.c' '*.h' '*.cpp' '*.hpp'
    git ls-files --others --exclude-standard -- '*.c' '*.h' '*.cpp' '*.hpp'
  } >"$list.names"
  reached_headers | awk -F '\t' -v names="$list.names" -v list="$list" '
    BEGIN {
      while ((getline name < names) > 0) changed[name]
      while ((getline line < list) > 0) { file = line; sub(/^[^ ]* /, "", file); line_of[file] = line; order[++count] = file }
    }
    ($1 in line_of) && ($2 in changed) { reaches[$1] = reaches[$1] "\n" $2 }
    function take(file,   part, n, i) {
      print line_of[file]
      n = split(reaches[file], part, "\n")
      for (i = 2; i <= n; i++) seen[part[i]]
    }
    END {
      for (k = 1; k <= count; k++) if (order[k] in changed) take(order[k])
      for (k = 1; k <= count; k++) {
        if (order[k] in changed) continue
        n = split(reaches[order[k]], header, "\n")
        for (i = 2; i <= n; i++) if (!(header[i] in seen)) { take(order[k]); break }
      }
    }'
}

# One line per file of the compile database: fingerprint, path from the root.
fingerprints() {
  local common=$1 file command reached
  reached=$(reached_headers)
  # The database has one object a file; CMake writes each key on a line of its own, the command first. Where the tree
  # lies is no part of a fingerprint.
  awk -v root="$PWD/" '
    BEGIN { tree = substr(root, 1, length(root) - 1) }
    /^ *"command":/ { command = $0; gsub(tree, ".", command) }
    /^ *"file":/ {
      file = $0; sub(/^ *"file": *"/, "", file); sub(/",? *$/, "", file)
      if (index(file, root) != 1) next
      file = substr(file, length(root) + 1)
      if (!(file in seen)) print file "\t" command
      seen[file] = 1
    }' "$build/compile_commands.json" | sort | while IFS=$'\t' read -r file command; do
    [[ $file == build/* ]] && continue
    printf '%s %s\n' "$({
      printf '%s\n%s\n' "$common" "$command"
      awk -F '\t' -v file="$file" '$1 == file { print $2 }' <<<"$reached" | xargs sha256sum
    } | sha256sum | cut -d ' ' -f 1)" "$file"
  done
}

# "file<TAB>file it reaches", itself first, for every file of ours and every include of ours, however deep.
# shellcheck disable=SC2016  # the dollars are awk's
readonly reach='
  FNR == 1 { name[++count] = FILENAME; known[FILENAME] = 1 }
  match($0, /^[ \t]*#[ \t]*include[ \t]*["<][^">]+[">]/) {
    target = $0
    sub(/^[^"<]*["<]/, "", target)
    sub(/[">].*$/, "", target)
    edges[FILENAME] = edges[FILENAME] "\n" target
  }
  function visit(from, file,   part, n, i) {
    if (!(file in known)) file = (("plugins/include/" file) in known) ? "plugins/include/" file : ""
    if (file == "" || (from, file) in visited) return
    visited[from, file] = 1
    print from "\t" file
    n = split(edges[file], part, "\n")
    for (i = 2; i <= n; i++) visit(from, part[i])
  }
  END { for (k = 1; k <= count; k++) visit(name[k], name[k]) }'
reached_headers() { files '*.c' '*.h' '*.cpp' '*.hpp' | xargs awk "$reach"; }

check format format
check shellcheck shell_scripts
check layers tests/system/check_layers.sh "$root"
check clang-tidy tidy

if ((${#failed[@]})); then
  printf 'lint: failed: %s\n' "${failed[*]}"
  exit 1
fi
echo 'lint: all passed'
