#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: check_abi_test.sh SOURCE_ROOT
# The check of the plugin interface passes what a minor version may change, and fails what it may not.
set -euo pipefail
root=${1:?usage: check_abi_test.sh SOURCE_ROOT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# judged passes|fails "what is done" FILE SED: the check on headers in which SED has changed FILE.
judged() {
  rm -rf "$work/include"
  cp -r "$root/plugins/include" "$work/include"
  sed -z -E -i "$4" "$work/include/knead/$3"
  if cmp -s "$work/include/knead/$3" "$root/plugins/include/knead/$3"; then
    printf '%s: the change is none; mend this test\n' "$2"
    status=1
    return
  fi
  local verdict=passes
  "$root/tests/abi/check_abi.sh" "$root" "$work/include" >"$work/log" 2>&1 || verdict=fails
  [[ $verdict == "$1" ]] || {
    printf '%s: it %s\n' "$2" "$verdict"
    cat "$work/log"
    status=1
  }
}

judged passes 'a struct grows at its end' plugin.h 's/  int64_t elapsed_us;\n/&  int64_t more_us;\n/'
judged passes 'the host gets a further function' plugin.h \
  's/\(\*request_release\)[^;]*;/&\n  int32_t (*more)(const knead_host_t* host);/'
judged passes 'a new kind of event' plugin.h 's/KNEAD_EVENT_TICK = 10/&, KNEAD_EVENT_MORE = 11/'
judged fails 'two members change places' plugin.h 's/(  uint32_t kind; [^\n]*\n)(  int64_t session_us;[^\n]*\n)/\2\1/'
judged fails 'a member comes in the middle' plugin.h 's/  int64_t credited_us;\n/  int64_t more_us;\n&/'
judged fails 'a member goes' plugin.h 's/  int64_t elapsed_us;\n//'
judged fails 'a member changes its type' plugin.h 's/  double level; /  float level; /'
judged fails 'a function changes its parameter' plugin.h 's/int32_t completed\);/int64_t completed);/'
judged fails 'an event changes its number' plugin.h 's/KNEAD_EVENT_TICK = 10/KNEAD_EVENT_TICK = 11/'
judged fails 'a sample grows' ext/samples.h 's/(  uint32_t quality; [^\n]*\n)/\1  uint64_t more;\n/'
exit "$status"
