// SPDX-License-Identifier: Apache-2.0
/*
 * Extension "knead.samples/1": every sample of the ball, at its full rate, straight from the read-only ring.
 *
 * A plugin sees the samples from SESSION_START up to the moment of the event it is handling, never later ones: the same
 * session gives the same samples at the same events, live, simulated and replayed.
 */
#ifndef KNEAD_EXT_SAMPLES_H
#define KNEAD_EXT_SAMPLES_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KNEAD_EXT_SAMPLES "knead.samples/1"

/* Bits of knead_sample_t.quality. 0 is a good sample. */
enum {
  KNEAD_QUALITY_GAP_BEFORE = 1 << 0,   /* at least one sample between this one and the one before was lost */
  KNEAD_QUALITY_SATURATED = 1 << 1,    /* the converter is at its end: the force is at least this */
  KNEAD_QUALITY_UNCALIBRATED = 1 << 2, /* force_n means nothing */
  KNEAD_QUALITY_SENSOR_FAULT = 1 << 3, /* the ball reports an open or shorted sensor */
  KNEAD_QUALITY_STUCK = 1 << 4,        /* the same value for 1 s while pressed */
  KNEAD_QUALITY_REANCHORED = 1 << 5,   /* the ball's clock began anew: no interval to the sample before */
  KNEAD_QUALITY_BUTTON = 1 << 6        /* not a flaw: the ball's button is down */
};
/* With any of these, do not use force_n. */
#define KNEAD_QUALITY_UNUSABLE \
  (KNEAD_QUALITY_SATURATED | KNEAD_QUALITY_UNCALIBRATED | KNEAD_QUALITY_SENSOR_FAULT | KNEAD_QUALITY_STUCK)

/* One reading. The layout belongs to the "/1" of the extension's id and never changes. */
typedef struct knead_sample {
  uint64_t seq;       /* the ball's counter of readings */
  int64_t device_us;  /* when the ball took it, on the ball's clock, microseconds */
  int64_t session_us; /* the same moment since the session began, microseconds; negative: before it */
  int64_t host_ns;    /* the same moment on the computer's monotonic clock, nanoseconds; differs from run to run */
  double force_n;     /* newtons, relative to the tare */
  double motor;       /* level the ball's motor ran at, 0..1 */
  int32_t raw;        /* converter counts */
  uint32_t quality;   /* KNEAD_QUALITY_... bits */
} knead_sample_t;

typedef struct knead_samples {
  uint32_t size;
  uint32_t reserved;

  /* Copies the samples since the call before, oldest first, at most `capacity`, into `out`, and their number into
   * `*count`. *count < capacity means that there are no more for now. Into `*lost`, unless it is null: how many were
   * overwritten since the call before, because the plugin came too late to read them.
   * Before SESSION_START there are none.
   * [plugin-thread & any-state] */
  knead_status_t (*read)(const knead_host_t* host, knead_sample_t* out, uint32_t capacity, uint32_t* count,
                         uint64_t* lost);
} knead_samples_t;

#ifdef __cplusplus
}
#endif

#endif /* KNEAD_EXT_SAMPLES_H */
