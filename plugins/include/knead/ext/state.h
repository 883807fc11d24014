// SPDX-License-Identifier: Apache-2.0
/*
 * Extension "knead.state/1": a few bytes that a plugin keeps from one session to the next: where a programme stands, what
 * a person did last time. Each profile has its own, and so has each plugin file; no plugin sees another's. It lies in the
 * record, unencrypted: it is the person's, who may read and delete it.
 */
#ifndef KNEAD_EXT_STATE_H
#define KNEAD_EXT_STATE_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KNEAD_EXT_STATE "knead.state/1"

/* The most that is kept, in bytes. */
#define KNEAD_MAX_STATE_BYTES 4096
/* Accepted saves in one session: the last one counts, so one at the end will do. */
#define KNEAD_MAX_STATE_SAVES 16

typedef struct knead_state {
  uint32_t size;
  uint32_t reserved;

  /* Copies what was saved last, in this session or one before, and sets *count to its length. *count is 0 when nothing
   * ever was. It may come from an older version of the plugin: give the bytes a version of their own.
   * Returns KNEAD_OUT_OF_RANGE, and copies nothing, when `capacity` is less than *count; KNEAD_MAX_STATE_BYTES always
   * suffices. In `knead simulate` a session begins with nothing.
   * [plugin-thread & any-state] */
  knead_status_t (*load)(const knead_host_t* host, void* out, uint32_t capacity, uint32_t* count);

  /* Keeps these bytes in the place of what was saved before; 0 bytes: nothing. On disk when the session has ended,
   * however it did. A session that its daemon did not survive keeps what there was before it.
   * Returns KNEAD_OUT_OF_RANGE for more than KNEAD_MAX_STATE_BYTES, KNEAD_FLOOD beyond KNEAD_MAX_STATE_SAVES.
   * [plugin-thread & (waiting | active)] */
  knead_status_t (*save)(const knead_host_t* host, const void* data, uint32_t count);
} knead_state_t;

#ifdef __cplusplus
}
#endif

#endif /* KNEAD_EXT_STATE_H */
