// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <knead/plugin.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>

#include "host.hpp"
#include "plugin_base.hpp"

namespace knead::sdk {

/// What `knead plugin list` shows of a plugin.
struct About {
  const char* id = nullptr;       ///< what routines name. a-z, 0-9, - and _
  const char* name = nullptr;     ///< for people
  const char* version = nullptr;  ///< "1.2.0"
  const char* vendor = nullptr;
  const char* summary = nullptr;
};

template <class T>
concept PluginClass = std::derived_from<T, Plugin> && std::constructible_from<T, Host&> && requires {
  { T::kAbout } -> std::convertible_to<const About&>;
};

namespace detail {

/// @p from as a text the ABI takes: no control characters, at most @p Most bytes, cut between characters.
template <std::size_t Most>
class PlainText {
 public:
  explicit PlainText(std::string_view from) noexcept {
    std::size_t length = from.size() < Most ? from.size() : Most;
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    if (length < from.size()) {
      while (length > 0 && continues(from[length])) --length;
    }
    for (std::size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(from[i]);
      text_[i] = byte < 0x20U || byte == 0x7FU ? ' ' : from[i];
    }
  }
  [[nodiscard]] const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, Most + 1> text_{};
};

/// One plugin behind the C interface. Owns it; no exception gets past here, nor does anything of it in failing allocate.
template <class T>
class Instance {
 public:
  explicit Instance(const knead_host_t& host) : host_(host), plugin_(host_) {
    abi_.size = sizeof abi_;
    abi_.plugin_data = this;
    abi_.on_event = [](const knead_plugin_t* plugin, const knead_event_t* event) noexcept {
      static_cast<Instance*>(plugin->plugin_data)->on_event(*event);
    };
    abi_.destroy = [](const knead_plugin_t* plugin) noexcept {
      const std::unique_ptr<Instance> last(static_cast<Instance*>(plugin->plugin_data));
    };
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() = default;

  /// Null, and the reason told, when the plugin cannot be made.
  static const knead_plugin_t* create(const knead_host_t* host) noexcept {
    try {
      return &std::make_unique<Instance>(*host).release()->abi_;  // destroy() takes it back
    } catch (const std::exception& error) {
      (void)host->refuse(host, PlainText<KNEAD_MAX_NOTE_TEXT>(error.what()).c_str());
    } catch (...) {
      (void)host->refuse(host, "the plugin failed to start and did not say why");
    }
    return nullptr;
  }

 private:
  void on_event(const knead_event_t& event) noexcept {
    follow(event);
    if (failed_) {
      end_set();  // one that failed before the set
      return;
    }
    try {
      Plugin& plugin = plugin_;
      if (host_.state() != State::kDone) plugin.before_event();
      plugin.handle(event);
    } catch (const std::exception& error) {
      fail(error.what());
    } catch (...) {
      fail("an exception that is no std::exception");
    }
  }

  void follow(const knead_event_t& event) noexcept {
    switch (event.kind) {
      case KNEAD_EVENT_SESSION_START:
        host_.state_ = State::kWaiting;
        break;
      case KNEAD_EVENT_ACTIVATION_START:
        host_.state_ = State::kActive;
        break;
      case KNEAD_EVENT_PAUSE:
      case KNEAD_EVENT_RESUME:
        host_.paused_ = event.kind == KNEAD_EVENT_PAUSE;
        break;
      case KNEAD_EVENT_STOP:
      case KNEAD_EVENT_END:
        host_.state_ = State::kDone;
        break;
      default:
        break;
    }
  }

  void fail(const char* reason) noexcept {
    failed_ = true;
    if (host_.state() == State::kWaiting || host_.state() == State::kActive) {
      if (host_.log_ != nullptr)
        (void)host_.log_->annotate(&host_.abi_, "plugin_failed", PlainText<KNEAD_MAX_NOTE_TEXT>(reason).c_str());
      const knead_cue_t cue{sizeof cue, KNEAD_CUE_WARNING, "The exercise part has failed and ends early.",
                            KNEAD_URGENCY_HIGH, KNEAD_NO_COUNT};
      (void)host_.abi_.cue(&host_.abi_, &cue);
    }
    end_set();
  }

  void end_set() noexcept {
    if (host_.state() == State::kActive) (void)host_.finish(false);
  }

  knead_plugin_t abi_{};
  Host host_;
  T plugin_;
  bool failed_ = false;
};

template <class T>
consteval std::size_t parameter_count() {
  if constexpr (requires { T::kParameters; })
    return T::kParameters.size();
  else
    return 0;
}

template <class T>
consteval auto parameter_pointers() {
  std::array<const knead_parameter_t*, parameter_count<T>() + 1> pointers{};
  if constexpr (parameter_count<T>() > 0) {
    for (std::size_t i = 0; i < T::kParameters.size(); ++i) pointers[i] = &T::kParameters[i];
  }
  return pointers;
}

template <class T>
inline constexpr auto kParameterPointers = parameter_pointers<T>();

consteval knead_descriptor_t describe(const About& about, const knead_parameter_t* const* parameters) {
  if (about.id == nullptr || !is_plain(about.id, true)) throw "a plugin's id is of a-z, 0-9, - and _";
  if (std::string_view(about.id).size() > KNEAD_MAX_KEY) throw "a plugin's id is too long";
  if (about.name == nullptr || about.version == nullptr) throw "a plugin has a name and a version";
  return {sizeof(knead_descriptor_t), 0, about.id, about.name, about.version, about.vendor, about.summary, parameters};
}

template <class T>
inline constexpr knead_descriptor_t kDescriptor = describe(T::kAbout, kParameterPointers<T>.data());

template <class T>
inline constexpr knead_factory_t kFactory{sizeof(knead_factory_t), 0, &kDescriptor<T>, &Instance<T>::create};

}  // namespace detail

/// What knead_entry is for the plugin @p T; KNEAD_PLUGIN exports it.
template <PluginClass T>
inline constexpr knead_entry_t kEntry{sizeof(knead_entry_t), KNEAD_ABI_MAJOR, KNEAD_ABI_MINOR, 0, &detail::kFactory<T>};

}  // namespace knead::sdk

/// Once in a plugin, outside any namespace. A macro, because the symbol has one name and C's linkage.
#define KNEAD_PLUGIN(Class)                                                \
  extern "C" {                                                             \
  extern KNEAD_EXPORT const knead_entry_t knead_entry;                     \
  constinit const knead_entry_t knead_entry = ::knead::sdk::kEntry<Class>; \
  }
