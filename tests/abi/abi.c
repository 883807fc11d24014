// SPDX-License-Identifier: Apache-2.0
/* Reaches every public type, so that its layout is in the debug information that check_abi.sh compares. A new struct of
 * a new extension is reached from here. Compiled without a C library, whose types are none of ours. */
#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/ext/state.h>
#include <knead/plugin.h>

extern const knead_log_t* const knead_abi_log;
extern const knead_samples_t* const knead_abi_samples;
extern const knead_event_t* const knead_abi_event;
extern const knead_state_t* const knead_abi_state;
const knead_log_t* const knead_abi_log = 0;
const knead_state_t* const knead_abi_state = 0;
const knead_samples_t* const knead_abi_samples = 0;
const knead_event_t* const knead_abi_event = 0;
const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, 0};
