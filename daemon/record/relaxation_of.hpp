// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "daemon/record/store.hpp"
#include "daemon/session/relaxation.hpp"

namespace knead::record {

/// The relaxation of a stored session, from its samples: of the first minute of a release step that allows it.
/// Errors: those of the store.
[[nodiscard]] Result<std::optional<session::Relaxation>> relaxation_of(const Store& store,
                                                                       const StoredSession& session);
/// A paragraph for `knead show`, with what it does not say.
[[nodiscard]] std::string relaxation_text(const std::optional<session::Relaxation>& relaxation);

}  // namespace knead::record
