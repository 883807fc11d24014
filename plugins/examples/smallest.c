// SPDX-License-Identifier: Apache-2.0
/*
 * The smallest plugin: says what to do, waits as long as the reps take, and ends the set. Everything a plugin must have
 * is here, and nothing else.
 */
#include <knead/plugin.h>

#define REP_S 7.0

static struct {
  const knead_host_t* host;
  int64_t end_us; /* session time; 0: the set is not on */
} self;

static void say(uint32_t kind, const char* text) {
  const knead_cue_t cue = {sizeof cue, kind, text, KNEAD_URGENCY_NORMAL, KNEAD_NO_COUNT};
  (void)self.host->cue(self.host, &cue);
}

static void on_event(const knead_plugin_t* plugin, const knead_event_t* event) {
  (void)plugin;
  if (event->kind == KNEAD_EVENT_ACTIVATION_START) {
    double reps = 8.0; /* the default, when the routine says nothing */
    (void)self.host->get_number(self.host, "reps", &reps);
    self.end_us = event->session_us + (int64_t)(reps * REP_S * 1e6);
    say(KNEAD_CUE_REP_UP, "Do your reps, very lightly.");
  } else if (event->kind == KNEAD_EVENT_TICK && self.end_us != 0 && event->session_us >= self.end_us) {
    self.end_us = 0;
    say(KNEAD_CUE_DONE, "Done.");
    (void)self.host->finish(self.host, 1);
  }
}

static void destroy(const knead_plugin_t* plugin) { (void)plugin; }

static const knead_plugin_t plugin = {sizeof plugin, 0, &self, on_event, destroy};

static const knead_plugin_t* create(const knead_host_t* host) {
  self.host = host;
  return &plugin;
}

static const knead_descriptor_t descriptor = {.size = sizeof descriptor,
                                              .id = "smallest",
                                              .name = "Smallest example",
                                              .version = "1.0.0",
                                              .vendor = "Knead",
                                              .summary = "Says what to do, waits, and ends the set."};
static const knead_factory_t factory = {sizeof factory, 0, &descriptor, create};

KNEAD_EXPORT const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &factory};
