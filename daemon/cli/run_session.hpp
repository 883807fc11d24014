// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/api/client.hpp"
#include "daemon/api/messages.hpp"
#include "daemon/cli/exit_code.hpp"
#include "daemon/core/error.hpp"

namespace knead::cli {

/// Starts a session that belongs to this program and shows it until it ends: the live view on a terminal, plain lines
/// elsewhere. A signal or `q` stops the session; a second signal leaves without waiting for the daemon.
Result<ExitCode> run_session(api::Client client, const api::RunRequest& request);

}  // namespace knead::cli
