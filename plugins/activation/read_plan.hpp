// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <optional>

#include "plugins/activation/set_plan.hpp"

namespace activation {

/// The parameter that a routine may set under [activation.parameters].
extern const knead_parameter_t kHapticsParameter;

/// What the routine asks for. None, and the reason told to @p host, when there is no such exercise or nobody could do
/// it. Only within create().
std::optional<SetPlan> read_plan(const knead_host_t* host);

}  // namespace activation
