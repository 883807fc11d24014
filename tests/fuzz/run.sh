#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: run.sh SOURCE_ROOT BUILD_DIR JOBS SECONDS MERGE TARGET...
# Runs each fuzzer for SECONDS, JOBS of them at a time; `./dev fuzz` builds them and calls it. What a fuzzer learns stays in
# BUILD_DIR/corpus, for the next run; what breaks it goes to BUILD_DIR/findings. The corpus of the tree is only read, but
# for MERGE=yes: then it gets the fewest inputs that reach what it does not.
set -euo pipefail
(($# >= 6)) || {
  echo 'usage: run.sh SOURCE_ROOT BUILD_DIR JOBS SECONDS MERGE TARGET...' >&2
  exit 2
}
source=$1/tests/fuzz build=$2 jobs=$3 seconds=$4 merge=$5
shift 5

# The seeds are up to 1 kB: longer inputs are slower, and what we read has no long messages.
readonly longest=2048

symbolizer=$(command -v llvm-symbolizer-19 || true)
readonly symbolizer

# A number that libFuzzer prints: the last one after "NAME: " in LOG; 0 when it died before the first.
last_number() {
  local found
  found=$(grep -oE "\b$1: +[0-9]+" "$2" | tail -n 1 | grep -oE '[0-9]+$' || true)
  echo "${found:-0}"
}

fuzz_one() {
  local target=$1 log=$build/logs/$1.log result=ok
  local known=$build/corpus/$target seeds=$source/corpus/$target
  local -a options=(-max_total_time="$seconds" -max_len="$longest" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
    -artifact_prefix="$build/findings/$target-")
  [[ ! -f $source/dictionary/$target ]] || options+=(-dict="$source/dictionary/$target")
  mkdir -p "$known"
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=external_symbolizer_path=$symbolizer "$build/fuzz/fuzz_$target" "${options[@]}" "$known" "$seeds" >"$log" 2>&1 ||
    result=FAILED
  printf '%-15s %10d runs  %5d edges  %5d inputs  %s\n' "$target" \
    "$(last_number stat::number_of_executed_units "$log")" "$(last_number cov "$log")" \
    "$(find "$known" -type f | wc -l)" "$result"
  [[ $result == ok ]] || {
    printf -- '---- the end of %s\n' "$log"
    tail -n 40 "$log"
    return 1
  } >&2
  # Without counters: an input that only goes through the same code more often is not worth a file in the tree.
  [[ $merge == no ]] ||
    "$build/fuzz/fuzz_$target" -set_cover_merge=1 -use_counters=0 -max_len="$longest" "$seeds" "$known" \
      >"$build/logs/$target-merge.log" 2>&1
}

mkdir -p "$build/logs" "$build/findings"
failed=0 running=0
for target in "$@"; do
  if ((running == jobs)); then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz_one "$target" &
  running=$((running + 1))
done
while ((running > 0)); do
  wait -n || failed=1
  running=$((running - 1))
done
((failed == 0)) || echo "what broke them lies in $build/findings; play it again with $build/fuzz/fuzz_TARGET FILE" >&2
exit "$failed"
