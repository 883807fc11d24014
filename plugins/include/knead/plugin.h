// SPDX-License-Identifier: Apache-2.0
/*
 * knead/plugin.h: everything a routine plugin and Knead know of each other.
 *
 * A plugin is a shared object that exports one symbol, `knead_entry`. Knead runs it in a process of its own, feeds it
 * events, and takes its cues, motor requests and logged reps. A plugin cannot reach the ball, the network or a file;
 * what it asks for is checked, clamped or refused.
 *
 * Language: C11 and later, C++11 and later. Nothing else of Knead is needed.
 *
 * STATES of a plugin
 *
 *   create() ──▶ [created] ── SESSION_START ──▶ [waiting] ── ACTIVATION_START ──▶ [active] ── finish(), STOP, END ──▶ [done]
 *                                                 │  ▲                               │                                  ▲
 *                                                 │  └────── request_release() ──────┘                                  │
 *                                                 └───────────── STOP, END (never came to the set) ─────────────────────┘
 *   PAUSE and RESUME hold in [waiting] and [active]: between them the plugin is also [paused].
 *   destroy() comes last, from any state. A plugin may also be killed at any moment, without destroy().
 *
 * TAGS: every function says on which thread and in which states it may be called, e.g. [plugin-thread & active].
 *   [plugin-thread]     The one thread that Knead calls the plugin on. A plugin cannot start threads.
 *   [any-state]         From the moment create() is called until destroy() returns.
 *   [created], [waiting], [active], [paused], [done]: the states above; several are joined with "|", "!" excludes one.
 * The tags are checked at run time. A call against its tag changes nothing, returns KNEAD_WRONG_THREAD or
 * KNEAD_WRONG_STATE, and is counted; a plugin that misuses the interface more than KNEAD_MAX_MISUSES times is ended.
 *
 * TIME: a callback should return within 50 ms. After 200 ms the plugin's motor request is withdrawn; after 1 s the
 * plugin is ended and the session goes on to its end without it. Do not sleep and do not wait: return, and act on a
 * later TICK.
 *
 * OWNERSHIP: what Knead hands out stays Knead's and is valid for the call it was handed out in, unless the comment says
 * longer. What a plugin hands over is copied before the call returns. The descriptor, the factory and what
 * create() returns belong to the plugin and must stay valid until destroy() returns.
 *
 * TEXT is UTF-8, ended by a zero byte, without control characters.
 *
 * WHAT MAY CHANGE: in a minor version, structs grow at their end (`size` tells how much of one is there), and new event
 * kinds, statuses, cue kinds and extensions may come; ignore what you do not know. Anything else is a new major
 * version, and Knead refuses to load a plugin of another major version.
 */
#ifndef KNEAD_PLUGIN_H
#define KNEAD_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KNEAD_ABI_MAJOR 1
#define KNEAD_ABI_MINOR 0

/* Put before the definition of knead_entry; build everything else with hidden visibility. */
#if defined(_WIN32)
#define KNEAD_EXPORT __declspec(dllexport)
#else
#define KNEAD_EXPORT __attribute__((visibility("default")))
#endif

/* ---- Bounds -------------------------------------------------------------------------------------------------------
 * Longest texts in bytes, without the zero byte; longer ones are refused with KNEAD_BAD_TEXT. */
#define KNEAD_MAX_CUE_TEXT 120
#define KNEAD_MAX_KEY 64
#define KNEAD_MAX_UNIT 16
#define KNEAD_MAX_NOTE_TEXT 240
/* Parameters that a plugin declares. */
#define KNEAD_MAX_PARAMETERS 16
/* Further release steps in a session, and what each credits at least. Microseconds. */
#define KNEAD_MAX_RELEASES 2
#define KNEAD_MIN_RELEASE_US 5000000
/* A motor request lapses after this long at most; ask again to keep the motor on. Milliseconds. */
#define KNEAD_MAX_MOTOR_MS 250
/* Accepted cues, motor requests and log rows in one callback, and in one second of session time. */
#define KNEAD_MAX_ACTIONS_PER_EVENT 64
#define KNEAD_MAX_ACTIONS_PER_SECOND 200
/* Calls that were refused with a status before the plugin is ended. */
#define KNEAD_MAX_MISUSES 100

/* ---- Statuses ---------------------------------------------------------------------------------------------------- */
typedef int32_t knead_status_t;
enum {
  KNEAD_OK = 0,
  KNEAD_WRONG_THREAD = 1, /* not on the plugin thread                                                        misuse */
  KNEAD_WRONG_STATE = 2,  /* against the function's tag: a motor request after finish, say                   misuse */
  KNEAD_NULL = 3,         /* a pointer that must not be null is                                              misuse */
  KNEAD_BAD_SIZE = 4,     /* a struct's `size` is smaller than the first version of that struct              misuse */
  KNEAD_OUT_OF_RANGE = 5, /* a number outside what the comment allows, or not finite                         misuse */
  KNEAD_BAD_TEXT = 6,     /* too long, not UTF-8, or with control characters                                 misuse */
  KNEAD_FLOOD = 7,        /* more than KNEAD_MAX_ACTIONS_PER_EVENT or _PER_SECOND                            misuse */
  KNEAD_NOT_FOUND = 8,    /* no such parameter: keep your default */
  KNEAD_WRONG_TYPE = 9    /* the parameter is text where a number was asked for, or the other way round */
};

/* ---- Events, from Knead to the plugin ---------------------------------------------------------------------------- */
enum {
  KNEAD_EVENT_SESSION_START = 1,    /* first of all. `side`: the side that was chosen for the session */
  KNEAD_EVENT_SIDE = 2,             /* a release step begins: `step` from 0, `side` */
  KNEAD_EVENT_RELEASE_PROGRESS = 3, /* a release step ended: `step`, `completed`, `credited_us`, `elapsed_us` */
  KNEAD_EVENT_RELEASE_DONE = 4,     /* the last one did: `completed`: all did; `credited_us`, `elapsed_us`: in total */
  KNEAD_EVENT_ACTIVATION_START = 5, /* your set begins */
  KNEAD_EVENT_PAUSE = 6,            /* by the person or because the ball is away; no TICK until RESUME */
  KNEAD_EVENT_RESUME = 7,
  KNEAD_EVENT_STOP = 8, /* a person stopped the session; END follows */
  KNEAD_EVENT_END = 9,  /* last of all. `completed`: the session was */
  KNEAD_EVENT_TICK = 10 /* 20 times in a second of session time */
};

enum { KNEAD_SIDE_LEFT = 0, KNEAD_SIDE_RIGHT = 1 };

/* Fields that a kind does not name above are 0. */
typedef struct knead_event {
  uint32_t size;      /* bytes of this struct that are filled */
  uint32_t kind;      /* KNEAD_EVENT_... */
  int64_t session_us; /* microseconds since the session began, on the ball's clock; never goes back */
  int32_t side;       /* KNEAD_SIDE_... */
  int32_t step;
  int32_t completed; /* 0 or 1 */
  int32_t reserved;  /* 0 */
  int64_t credited_us;
  int64_t elapsed_us;
} knead_event_t;

/* ---- What a plugin may ask for ----------------------------------------------------------------------------------- */
enum {
  KNEAD_CUE_INFO = 0,  /* nothing to do */
  KNEAD_CUE_PRESS = 1, /* lean on the ball */
  KNEAD_CUE_HARDER = 2,
  KNEAD_CUE_LIGHTER = 3,
  KNEAD_CUE_HOLD = 4,      /* stay as you are */
  KNEAD_CUE_LET_GO = 5,    /* take the pressure off */
  KNEAD_CUE_SIDE = 6,      /* change to the side named in the text */
  KNEAD_CUE_COUNTDOWN = 7, /* `count`: seconds to go */
  KNEAD_CUE_REP_UP = 8,    /* begin a rep; `count`: its number */
  KNEAD_CUE_REP_HOLD = 9,
  KNEAD_CUE_REP_DOWN = 10,
  KNEAD_CUE_REST = 11,
  KNEAD_CUE_DONE = 12,   /* the set is complete */
  KNEAD_CUE_WARNING = 13 /* something is wrong; the text says what, in plain words */
};

enum { KNEAD_URGENCY_LOW = 0, KNEAD_URGENCY_NORMAL = 1, KNEAD_URGENCY_HIGH = 2 };

/* `count` of a cue without a number. */
#define KNEAD_NO_COUNT INT32_MIN

/* One message to the person; it becomes light, sound, speech and vibration. */
typedef struct knead_cue {
  uint32_t size;    /* sizeof(knead_cue_t) */
  uint32_t kind;    /* KNEAD_CUE_... */
  const char* text; /* short and ready to be spoken; at most KNEAD_MAX_CUE_TEXT bytes, not empty */
  uint32_t urgency; /* KNEAD_URGENCY_... */
  int32_t count;    /* a number sinks may show or count with, or KNEAD_NO_COUNT */
} knead_cue_t;

enum { KNEAD_PATTERN_STEADY = 0, KNEAD_PATTERN_PULSE = 1, KNEAD_PATTERN_WAVE = 2 };

typedef struct knead_motor_request {
  uint32_t size;         /* sizeof(knead_motor_request_t) */
  uint32_t pattern;      /* KNEAD_PATTERN_... */
  double level;          /* 0 (off) .. 1 (all that the limits allow) */
  uint32_t duration_ms;  /* 1 and up; more than KNEAD_MAX_MOTOR_MS is taken as that. Ignored when `level` is 0 */
  uint32_t frequency_hz; /* 1..250, or 0: the motor's own */
} knead_motor_request_t;

/* ---- The host: what a plugin calls ------------------------------------------------------------------------------- */
typedef struct knead_host knead_host_t;
struct knead_host {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  void* host_data; /* Knead's own */

  /* Shows a cue. The session may hold it back; the plugin is not told.
   * [plugin-thread & (waiting | active)] */
  knead_status_t (*cue)(const knead_host_t* host, const knead_cue_t* cue);

  /* Asks for the motor; replaces this plugin's request before. Granted only while the person is in contact with the
   * ball, below the ceilings, and until it lapses. level 0 withdraws the request.
   * [plugin-thread & active & !paused] */
  knead_status_t (*request_motor)(const knead_host_t* host, const knead_motor_request_t* request);

  /* A number of the routine's [activation] table, by its dotted key: "reps", "tempo_s.up", "press_n", or a declared
   * parameter: "parameters.gain". Numbers are in the unit of the key; a switch is 0 or 1. *value is left alone unless
   * KNEAD_OK is returned, so it may hold a default; a declared parameter is always there.
   * Returns KNEAD_NOT_FOUND or KNEAD_WRONG_TYPE where there is none.
   * [plugin-thread & any-state] */
  knead_status_t (*get_number)(const knead_host_t* host, const char* key, double* value);

  /* The same for text: "exercise", "detect", "parameters.voice". *text stays valid until destroy() returns.
   * [plugin-thread & any-state] */
  knead_status_t (*get_text)(const knead_host_t* host, const char* key, const char** text);

  /* Ends the set. completed: 1 when the person did it all, 0 when not. The state is [done] when this returns.
   * [plugin-thread & active] */
  knead_status_t (*finish)(const knead_host_t* host, int32_t completed);

  /* Says why create() is about to return null, in a sentence for the person: "there is no exercise called X".
   * At most KNEAD_MAX_NOTE_TEXT bytes. [plugin-thread, only within create()] */
  knead_status_t (*refuse)(const knead_host_t* host, const char* reason);

  /* The extension's struct by its id (see ext/), or null when this Knead does not have it. Valid until destroy()
   * returns. [plugin-thread & any-state] */
  const void* (*get_extension)(const knead_host_t* host, const char* id);

  /* Asks for one more release step, of the muscle, side and band of the last one, until `credit_us` are credited: at
   * least KNEAD_MIN_RELEASE_US, in all no more than the routine grants with "further_release_s", and at most
   * KNEAD_MAX_RELEASES times. It comes after the steps there are. A set that has begun is set aside, the state is [waiting]
   * when this returns, and SIDE, RELEASE_PROGRESS, RELEASE_DONE and ACTIVATION_START come anew. Not once a rep is
   * logged.
   * [plugin-thread & (waiting | active) & !paused] */
  knead_status_t (*request_release)(const knead_host_t* host, int64_t credit_us);
};

/* ---- The plugin: what Knead calls -------------------------------------------------------------------------------- */
typedef struct knead_plugin knead_plugin_t;
struct knead_plugin {
  uint32_t size; /* sizeof(knead_plugin_t) */
  uint32_t reserved;
  void* plugin_data; /* the plugin's own */

  /* Something happened. The struct is valid during the call. Ignore kinds you do not know.
   * [plugin-thread & any-state] */
  void (*on_event)(const knead_plugin_t* plugin, const knead_event_t* event);

  /* Frees the plugin; nothing of it is called afterwards.
   * [plugin-thread & any-state] */
  void (*destroy)(const knead_plugin_t* plugin);
};

/* What a parameter may be. */
enum {
  KNEAD_PARAMETER_NUMBER = 0,
  KNEAD_PARAMETER_SWITCH = 1, /* true or false in the routine; 1 or 0 by get_number() */
  KNEAD_PARAMETER_TEXT = 2
};

/* Something a routine's author may set for this plugin, under [activation.parameters]. Knead holds what is written there
 * against the declaration before create(), and tells the author file, line and remedy; what is not written has its
 * default. So a plugin never meets a value outside its declaration. */
typedef struct knead_parameter {
  uint32_t size;       /* sizeof(knead_parameter_t) */
  uint32_t type;       /* KNEAD_PARAMETER_... */
  const char* key;     /* a-z, 0-9 and _; get_number(host, "parameters.KEY", ...), all of it within KNEAD_MAX_KEY */
  const char* summary; /* one sentence, for `knead plugin list`; at most KNEAD_MAX_CUE_TEXT bytes */
  const char* unit;    /* of a number, or null. At most KNEAD_MAX_UNIT bytes */
  double minimum;      /* of a number; both ends belong to it */
  double maximum;
  double default_number;            /* of a number or (0 or 1) a switch */
  const char* default_text;         /* of a text; at most KNEAD_MAX_CUE_TEXT bytes */
  const char* const* allowed_texts; /* at most 16 of at most KNEAD_MAX_KEY bytes, then null; or null: any text */
} knead_parameter_t;

typedef struct knead_descriptor {
  uint32_t size; /* sizeof(knead_descriptor_t) */
  uint32_t reserved;
  const char* id;      /* what routines name: "activation". a-z, 0-9, - and _, at most KNEAD_MAX_KEY bytes */
  const char* name;    /* for people: "Activation set". At most KNEAD_MAX_KEY bytes */
  const char* version; /* "1.2.0". At most KNEAD_MAX_KEY bytes */
  const char* vendor;  /* who made it, or null. At most KNEAD_MAX_KEY bytes */
  const char* summary; /* one sentence, or null. At most KNEAD_MAX_NOTE_TEXT bytes */
  const knead_parameter_t* const* parameters; /* at most KNEAD_MAX_PARAMETERS, then null; or null: none */
} knead_descriptor_t;

typedef struct knead_factory {
  uint32_t size; /* sizeof(knead_factory_t) */
  uint32_t reserved;
  const knead_descriptor_t* descriptor;

  /* Makes the plugin for one session; called once in a process. `host` stays valid until destroy() returns, and may be
   * asked for parameters and extensions here. Returns null when the set cannot be done; see refuse().
   * [plugin-thread] */
  const knead_plugin_t* (*create)(const knead_host_t* host);
} knead_factory_t;

/* The one exported symbol:
 *
 *   KNEAD_EXPORT const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &factory};
 *
 * The first three members keep their place in every version to come, so that any Knead can tell any plugin's version. */
typedef struct knead_entry {
  uint32_t size; /* sizeof(knead_entry_t) */
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  const knead_factory_t* factory;
} knead_entry_t;

extern KNEAD_EXPORT const knead_entry_t knead_entry;

#ifdef __cplusplus
}
#endif

#endif /* KNEAD_PLUGIN_H */
