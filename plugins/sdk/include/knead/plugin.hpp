// SPDX-License-Identifier: Apache-2.0
/// Everything a plugin in C++20 needs: the classes over knead/plugin.h. What a plugin may do, and when, is said there;
/// what is here takes the C out of it.
///
///   #include <knead/plugin.hpp>
///
///   class MySet final : public knead::sdk::Plugin {
///    public:
///     static constexpr knead::sdk::About kAbout{.id = "my-set", .name = "My set", .version = "1.0.0"};
///     explicit MySet(knead::sdk::Host& host) : Plugin(host) {}
///
///    private:
///     void on_activation_start(const knead::sdk::ActivationStart&) override { host().finish(false); }
///   };
///   KNEAD_PLUGIN(MySet)
#pragma once

#include "sdk/entry.hpp"
#include "sdk/event.hpp"
#include "sdk/host.hpp"
#include "sdk/parameter.hpp"
#include "sdk/plugin_base.hpp"
#include "sdk/sample_reader.hpp"
#include "sdk/status.hpp"
