// SPDX-License-Identifier: Apache-2.0
/* A plugin that asks for the motor at every tick, for as long as it may: what R1 is measured on when it hangs or dies.
 */
#include <knead/plugin.h>

static const knead_host_t* host;

static void on_event(const knead_plugin_t* plugin, const knead_event_t* event) {
  (void)plugin;
  if (event->kind != KNEAD_EVENT_ACTIVATION_START && event->kind != KNEAD_EVENT_TICK) return;
  const knead_motor_request_t request = {sizeof request, KNEAD_PATTERN_STEADY, 0.5, KNEAD_MAX_MOTOR_MS, 38};
  (void)host->request_motor(host, &request);
}

static void destroy(const knead_plugin_t* plugin) { (void)plugin; }

static const knead_plugin_t plugin = {sizeof plugin, 0, &host, on_event, destroy};

static const knead_plugin_t* create(const knead_host_t* the_host) {
  host = the_host;
  return &plugin;
}

static const knead_descriptor_t descriptor = {
    sizeof descriptor, 0, "vibrates", "Vibrates", "1.0.0", "Knead", "Asks for the motor at every tick."};
static const knead_factory_t factory = {sizeof factory, 0, &descriptor, create};

KNEAD_EXPORT const knead_entry_t knead_entry = {sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &factory};
