// SPDX-License-Identifier: Apache-2.0
// What Knead is to a plugin, without Knead: keeps what was asked for, and answers as told.
#pragma once

#include <knead/ext/log.h>
#include <knead/ext/samples.h>
#include <knead/plugin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace knead::sdk_test {

class FakeHost {
 public:
  FakeHost() {
    abi_.size = sizeof abi_;
    abi_.abi_major = KNEAD_ABI_MAJOR;
    abi_.abi_minor = KNEAD_ABI_MINOR;
    abi_.host_data = this;
    abi_.cue = [](const knead_host_t* host, const knead_cue_t* cue) {
      of(host).cues.push_back({cue->kind, cue->text, cue->count});
      return of(host).answer;
    };
    abi_.request_motor = [](const knead_host_t* host, const knead_motor_request_t* request) {
      of(host).motor.push_back(*request);
      return of(host).answer;
    };
    abi_.get_number = [](const knead_host_t* host, const char* key, double* value) {
      const auto found = of(host).numbers.find(key);
      if (found == of(host).numbers.end()) return knead_status_t{KNEAD_NOT_FOUND};
      *value = found->second;
      return knead_status_t{KNEAD_OK};
    };
    abi_.get_text = [](const knead_host_t* host, const char* key, const char** text) {
      const auto found = of(host).texts.find(key);
      if (found == of(host).texts.end()) return knead_status_t{KNEAD_NOT_FOUND};
      *text = found->second.c_str();
      return knead_status_t{KNEAD_OK};
    };
    abi_.finish = [](const knead_host_t* host, std::int32_t completed) {
      of(host).finished.push_back(completed);
      return of(host).answer;
    };
    abi_.refuse = [](const knead_host_t* host, const char* reason) {
      of(host).refusals.emplace_back(reason);
      return knead_status_t{KNEAD_OK};
    };
    abi_.get_extension = [](const knead_host_t* host, const char* id) -> const void* {
      if (of(host).with_log && std::strcmp(id, KNEAD_EXT_LOG) == 0) return &of(host).log_;
      if (of(host).with_samples && std::strcmp(id, KNEAD_EXT_SAMPLES) == 0) return &of(host).reader_;
      return nullptr;
    };
    abi_.request_release = [](const knead_host_t* host, std::int64_t credit_us) {
      of(host).releases.push_back(credit_us);
      return of(host).answer;
    };
    log_.size = sizeof log_;
    log_.rep = [](const knead_host_t* host, const knead_rep_t* rep) {
      of(host).reps.push_back(*rep);
      return knead_status_t{KNEAD_OK};
    };
    log_.measure = [](const knead_host_t* host, const char* key, double value, const char* /*unit*/) {
      of(host).measures.emplace_back(key, value);
      return knead_status_t{KNEAD_OK};
    };
    log_.annotate = [](const knead_host_t* host, const char* key, const char* text) {
      of(host).notes.emplace_back(key, text);
      return knead_status_t{KNEAD_OK};
    };
    reader_.size = sizeof reader_;
    reader_.read = [](const knead_host_t* host, knead_sample_t* out, std::uint32_t capacity, std::uint32_t* count,
                      std::uint64_t* missed) {
      auto& waiting = of(host).samples;
      *count = std::min(capacity, static_cast<std::uint32_t>(waiting.size()));
      std::copy_n(waiting.begin(), *count, out);
      waiting.erase(waiting.begin(), waiting.begin() + *count);
      *missed = std::exchange(of(host).lost, 0);
      return knead_status_t{KNEAD_OK};
    };
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const knead_host_t* abi() const { return &abi_; }

  struct Cue {
    std::uint32_t kind;
    std::string text;
    std::int32_t count;
  };
  knead_status_t answer = KNEAD_OK;
  bool with_log = true;
  bool with_samples = true;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::vector<knead_sample_t> samples;
  std::uint64_t lost = 0;
  std::vector<Cue> cues;
  std::vector<knead_motor_request_t> motor;
  std::vector<std::int32_t> finished;
  std::vector<std::string> refusals;
  std::vector<std::int64_t> releases;
  std::vector<knead_rep_t> reps;
  std::vector<std::pair<std::string, double>> measures;
  std::vector<std::pair<std::string, std::string>> notes;

 private:
  static FakeHost& of(const knead_host_t* host) { return *static_cast<FakeHost*>(host->host_data); }

  knead_host_t abi_{};
  knead_log_t log_{};
  knead_samples_t reader_{};
};

}  // namespace knead::sdk_test
