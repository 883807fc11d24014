// SPDX-License-Identifier: Apache-2.0
/*
 * Extension "knead.log/1": rows for the session's record, shown and exported with it.
 */
#ifndef KNEAD_EXT_LOG_H
#define KNEAD_EXT_LOG_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KNEAD_EXT_LOG "knead.log/1"

/* One repetition. */
typedef struct knead_rep {
  uint32_t size;       /* sizeof(knead_rep_t) */
  int32_t n;           /* its number: one more than the rep before, from 1 to the routine's "reps" */
  int64_t start_us;    /* session time; not before ACTIVATION_START, not after now */
  int64_t duration_us; /* above 0; the rep must have ended by now */
  double peak_n;       /* newtons */
  double mean_n;       /* over the rep's time, newtons */
  double impulse_ns;   /* integral of the force over the rep, newton seconds */
  int32_t too_hard;    /* 0 or 1 */
  int32_t reserved;    /* 0 */
} knead_rep_t;

typedef struct knead_log {
  uint32_t size;
  uint32_t reserved;

  /* Logs a rep; the person sees it counted. [plugin-thread & active] */
  knead_status_t (*rep)(const knead_host_t* host, const knead_rep_t* rep);

  /* Logs a number under a name: ("mean_peak", 5.2, "N"). `unit` may be "" or null.
   * At most KNEAD_MAX_KEY and KNEAD_MAX_UNIT bytes. [plugin-thread & (waiting | active)] */
  knead_status_t (*measure)(const knead_host_t* host, const char* key, double value, const char* unit);

  /* Logs a text under a name, at the present moment of the session. At most KNEAD_MAX_KEY and KNEAD_MAX_NOTE_TEXT
   * bytes. [plugin-thread & (waiting | active)] */
  knead_status_t (*annotate)(const knead_host_t* host, const char* key, const char* text);
} knead_log_t;

#ifdef __cplusplus
}
#endif

#endif /* KNEAD_EXT_LOG_H */
