// SPDX-License-Identifier: Apache-2.0
/* Compiled in every language the header promises: it must come first, and need nothing before it. */
#include <knead/plugin.h>
/* */
#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/ext/state.h>
#include <stddef.h>

/* C has static_assert by another name than C++98's heirs; an array of negative size is an error in all of them. */
typedef char major_is_at_4[offsetof(knead_entry_t, abi_major) == 4 ? 1 : -1];
typedef char minor_is_at_8[offsetof(knead_entry_t, abi_minor) == 8 ? 1 : -1];
typedef char size_comes_first[offsetof(knead_cue_t, size) == 0 && offsetof(knead_event_t, size) == 0 ? 1 : -1];

int knead_header_test(const major_is_at_4* a, const minor_is_at_8* b, const size_comes_first* c);
int knead_header_test(const major_is_at_4* a, const minor_is_at_8* b, const size_comes_first* c) {
  return a != NULL && b != NULL && c != NULL;
}
