/* my-plugin: leads through a set by the clock and logs each rep with what the ball measured. What may be called when is
 * said in knead/plugin.h; samples and the log are extensions of their own. */
#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/plugin.h>
#include <stddef.h>
#include <stdio.h>

/* Before the first rep: the person still lets go of the release's pressure, which is none of the rep's. */
#define READY_US 3000000

enum phase { OFF, UP, HOLD, DOWN, REST };

/* A plugin has one thread and lives for one session, so one static struct is all the state it needs. */
static struct {
  const knead_host_t* host;
  const knead_samples_t* samples;
  const knead_log_t* log;
  int64_t length_us[REST + 1]; /* of each phase */
  int reps;
  double ceiling_n;

  enum phase phase;
  int64_t phase_end_us;
  knead_rep_t rep; /* the one that is going on */
  double sum_n;
  uint32_t count;
} self;

static void say(uint32_t kind, const char* text, int32_t count) {
  const knead_cue_t cue = {sizeof cue, kind, text, KNEAD_URGENCY_NORMAL, count};
  (void)self.host->cue(self.host, &cue);
}

static int64_t microseconds(const char* key, double otherwise_s) {
  double seconds = otherwise_s; /* left alone when the routine does not say */
  (void)self.host->get_number(self.host, key, &seconds);
  return (int64_t)(seconds * 1e6);
}

static void begin_rep(int32_t n, int64_t now_us) {
  char text[32];
  self.rep = (knead_rep_t){.size = sizeof self.rep, .n = n, .start_us = now_us};
  self.sum_n = 0.0;
  self.count = 0;
  (void)snprintf(text, sizeof text, "%d, up.", n);
  say(KNEAD_CUE_REP_UP, text, n);
}

static void end_rep(int64_t now_us) {
  self.rep.duration_us = now_us - self.rep.start_us;
  if (self.count > 0) self.rep.mean_n = self.sum_n / self.count;
  self.rep.impulse_ns = self.rep.mean_n * (double)self.rep.duration_us * 1e-6;
  self.rep.too_hard = self.rep.peak_n > self.ceiling_n;
  (void)self.log->rep(self.host, &self.rep);
  if (self.rep.too_hard) say(KNEAD_CUE_LIGHTER, "Lighter, please.", KNEAD_NO_COUNT);
}

static void next_phase(int64_t now_us) {
  switch (self.phase) {
    case UP:
      self.phase = HOLD;
      say(KNEAD_CUE_REP_HOLD, "Hold.", KNEAD_NO_COUNT);
      break;
    case HOLD:
      self.phase = DOWN;
      say(KNEAD_CUE_REP_DOWN, "Down.", KNEAD_NO_COUNT);
      break;
    case DOWN:
      end_rep(now_us);
      if (self.rep.n >= self.reps) {
        self.phase = OFF;
        say(KNEAD_CUE_DONE, "That was the set.", KNEAD_NO_COUNT);
        (void)self.host->finish(self.host, 1);
        return;
      }
      self.phase = REST;
      break;
    default: /* from the start or a rest */
      self.phase = UP;
      begin_rep(self.rep.n + 1, now_us);
      break;
  }
  self.phase_end_us = now_us + self.length_us[self.phase];
}

/* Every sample up to this event; those of a rep count. */
static void read_samples(void) {
  knead_sample_t batch[256];
  uint32_t count = 0;
  do {
    if (self.samples->read(self.host, batch, 256, &count, NULL) != KNEAD_OK) return;
    for (uint32_t i = 0; i < count; ++i) {
      if ((batch[i].quality & KNEAD_QUALITY_UNUSABLE) != 0 || self.phase == OFF || self.phase == REST) continue;
      if (batch[i].force_n > self.rep.peak_n) self.rep.peak_n = batch[i].force_n;
      self.sum_n += batch[i].force_n;
      ++self.count;
    }
  } while (count == 256);
}

static void on_event(const knead_plugin_t* plugin, const knead_event_t* event) {
  (void)plugin;
  if (event->kind == KNEAD_EVENT_STOP || event->kind == KNEAD_EVENT_END) self.phase = OFF;
  read_samples();
  if (event->kind == KNEAD_EVENT_ACTIVATION_START) {
    self.rep.n = 0;
    self.phase = REST;
    self.phase_end_us = event->session_us + READY_US;
    say(KNEAD_CUE_INFO, "Get ready for light reps.", KNEAD_NO_COUNT);
  } else if (event->kind == KNEAD_EVENT_TICK && self.phase != OFF && event->session_us >= self.phase_end_us) {
    next_phase(event->session_us);
  }
}

static void destroy(const knead_plugin_t* plugin) { (void)plugin; }

static const knead_plugin_t plugin = {sizeof plugin, 0, &self, on_event, destroy};

static const knead_plugin_t* create(const knead_host_t* host) {
  double reps = 6.0;
  self.host = host;
  self.samples = (const knead_samples_t*)host->get_extension(host, KNEAD_EXT_SAMPLES);
  self.log = (const knead_log_t*)host->get_extension(host, KNEAD_EXT_LOG);
  if (self.samples == NULL || self.log == NULL) {
    (void)host->refuse(host, "this Knead has no samples or no log for plugins");
    return NULL;
  }
  (void)host->get_number(host, "reps", &reps);
  self.reps = (int)reps;
  self.ceiling_n = 8.0;
  (void)host->get_number(host, "ceiling_n", &self.ceiling_n);
  self.length_us[UP] = microseconds("tempo_s.up", 2.0);
  self.length_us[HOLD] = microseconds("tempo_s.hold", 2.0);
  self.length_us[DOWN] = microseconds("tempo_s.down", 2.0);
  self.length_us[REST] = microseconds("tempo_s.rest", 1.0);
  return &plugin;
}

static const knead_descriptor_t descriptor = {.size = sizeof descriptor,
                                              .id = "my-plugin",
                                              .name = "my-plugin",
                                              .version = "0.1.0",
                                              .vendor = "your name",
                                              .summary = "Leads through a set by the clock."};
static const knead_factory_t factory = {sizeof factory, 0, &descriptor, create};

KNEAD_EXPORT const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &factory};
