// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace knead::live {

/// Without samples for so long, time goes on by the host's clock. (choice)
constexpr std::chrono::milliseconds kSilence{100};
/// How long the main thread waits for the disk, once each, before a session's motor runs and when it no longer does.
/// (choice)
constexpr std::chrono::milliseconds kRecordPatience{500};

}  // namespace knead::live
