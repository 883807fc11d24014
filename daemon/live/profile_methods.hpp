// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/api/server.hpp"
#include "daemon/core/units.hpp"
#include "daemon/record/recorder.hpp"

namespace knead::live {

/// `profile.set` of daemon/api/API.md. The write is the recorder's thread's, and the answer waits for it; the main
/// thread does not. Main thread. The server and the recorder outlive it.
class ProfileMethods {
 public:
  /// @p hard_limit as configured.
  ProfileMethods(boost::asio::io_context& io, api::Server& server, record::Recorder& recorder, Newtons hard_limit);
};

}  // namespace knead::live
