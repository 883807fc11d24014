// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/plugin_module.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "daemon/host/text.hpp"

namespace knead::host {
namespace {

using Reason = RefusedFrame::Reason;

std::unexpected<RefusedFrame> refuse(Reason reason, std::string_view text) {
  return std::unexpected(RefusedFrame{reason, to_plain_text(text, KNEAD_MAX_NOTE_TEXT)});
}

bool is_text(const char* text, std::size_t longest) {
  return text != nullptr && is_plain_text(std::string_view(text, ::strnlen(text, longest + 1)), longest);
}

bool is_id(const char* text) {
  return is_text(text, KNEAD_MAX_KEY) && *text != '\0' && std::all_of(text, text + std::strlen(text), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

/// What is wrong with the descriptor, or null.
const char* flaw_of(const knead_descriptor_t& d) {
  if (d.size < sizeof(knead_descriptor_t)) return "its descriptor is too small";
  if (!is_id(d.id)) return "its descriptor's id is not made of a-z, 0-9, - and _";
  if (!is_text(d.name, KNEAD_MAX_KEY) || *d.name == '\0') return "its descriptor has no fit name";
  if (!is_text(d.version, KNEAD_MAX_KEY) || *d.version == '\0') return "its descriptor has no fit version";
  if (d.vendor != nullptr && !is_text(d.vendor, KNEAD_MAX_KEY)) return "its descriptor's vendor is not a fit text";
  if (d.summary != nullptr && !is_text(d.summary, KNEAD_MAX_NOTE_TEXT))
    return "its descriptor's summary is not a fit text";
  return nullptr;
}

}  // namespace

std::string to_plain_text(std::string_view text, std::size_t longest) {
  std::string plain(text.substr(0, longest));
  for (char& c : plain) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  return plain;
}

std::expected<PluginModule, RefusedFrame> PluginModule::load(const std::string& file) {
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    std::string_view text = why == nullptr ? "unknown reason" : why;
    if (text.starts_with(file + ": ")) text.remove_prefix(file.size() + 2);  // the daemon names the file
    return refuse(Reason::kNotAPlugin, "it cannot be loaded as a shared object: " + std::string(text));
  }
  const auto* const entry = static_cast<const knead_entry_t*>(::dlsym(library, "knead_entry"));
  if (entry == nullptr) return refuse(Reason::kNotAPlugin, "it exports no symbol knead_entry");
  if (entry->abi_major != KNEAD_ABI_MAJOR) {
    return refuse(Reason::kOtherAbi, "it was built for plugin interface " + std::to_string(entry->abi_major) +
                                         ", and this Knead speaks " + std::to_string(KNEAD_ABI_MAJOR));
  }
  if (entry->size < sizeof(knead_entry_t)) return refuse(Reason::kNotAPlugin, "its knead_entry is too small");
  const knead_factory_t* const factory = entry->factory;
  if (factory == nullptr || factory->size < sizeof(knead_factory_t) || factory->create == nullptr) {
    return refuse(Reason::kNotAPlugin, "its factory has no create()");
  }
  if (factory->descriptor == nullptr) return refuse(Reason::kNotAPlugin, "its factory has no descriptor");
  if (const char* flaw = flaw_of(*factory->descriptor)) return refuse(Reason::kNotAPlugin, flaw);
  return PluginModule(*entry);
}

HelloFrame PluginModule::hello() const {
  const knead_descriptor_t& d = *factory().descriptor;
  HelloFrame frame;
  frame.build = build_id();
  frame.abi_major = entry_->abi_major;
  frame.abi_minor = entry_->abi_minor;
  frame.id = d.id;
  frame.name = d.name;
  frame.version = d.version;
  frame.vendor = d.vendor == nullptr ? "" : d.vendor;
  frame.summary = d.summary == nullptr ? "" : d.summary;
  return frame;
}

}  // namespace knead::host
