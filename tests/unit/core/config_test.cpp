// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/core/config_keys.hpp"

namespace knead {
namespace {

using testing::HasSubstr;

const Environment kUser{.home = "/home/ada",
                        .xdg_config_home = {},
                        .xdg_data_home = {},
                        .xdg_runtime_dir = "/run/user/1000",
                        .runtime_directory = {},
                        .state_directory = {},
                        .uid = 1000};

/// A folder of configuration files, gone after the test.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    std::string name = testing::TempDir() + "knead-config-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  Result<LoadedConfig> load(const std::string& text) {
    const std::vector files{file("kneadd.toml", text)};
    return load_config(kUser, files);
  }
  /// What a person reads when the text is refused.
  std::string refusal(const std::string& text) {
    const auto loaded = load(text);
    return loaded ? "accepted" : loaded.error().message();
  }

  std::string folder_;
};

std::string example() {
  std::ifstream in(KNEAD_SOURCE_DIR "/config/kneadd.toml");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST_F(ConfigTest, WithoutAnyFileEverythingIsADefault) {
  const std::vector<std::string> files{folder_ + "/none.toml"};
  const auto loaded = load_config(kUser, files);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config, default_config(kUser));
  for (const auto& [key, origin] : loaded->origins) EXPECT_EQ(origin, "default") << key;
}

TEST_F(ConfigTest, ALaterLayerWinsKeyByKeyAndEachValueKnowsItsOrigin) {
  const std::string system = file("system.toml", "[interlock]\nhard_limit_n = 50\nlease_ms = 200\n");
  const std::string user = file("user.toml", "[interlock]\n\nhard_limit_n = 40\n");
  const std::vector files{system, user};
  const std::vector<ConfigOverride> flags{{.flag = "--rate", .key = "ball.rate_hz", .value = "2000"}};
  const auto loaded = load_config(kUser, files, flags);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.interlock.hard_limit.value, 40);
  EXPECT_EQ(loaded->config.interlock.lease, std::chrono::milliseconds(200));
  EXPECT_EQ(loaded->config.ball.rate_hz, 2000);
  EXPECT_EQ(loaded->origins.at("interlock.hard_limit_n"), user + ":3");
  EXPECT_EQ(loaded->origins.at("interlock.lease_ms"), system + ":3");
  EXPECT_EQ(loaded->origins.at("ball.rate_hz"), "--rate");
  EXPECT_EQ(loaded->origins.at("realtime.cpu"), "default");
}

TEST_F(ConfigTest, AnUnknownKeyIsRefusedWithFileLineAndTheNearestName) {
  EXPECT_THAT(refusal("[interlock]\nhard_limit_m = 50\n"),
              AllOf(HasSubstr("kneadd.toml:2"), HasSubstr("hard_limit_m"), HasSubstr("hard_limit_n")));
  EXPECT_THAT(refusal("[interlok]\nlease_ms = 100\n"), AllOf(HasSubstr("kneadd.toml:1"), HasSubstr("interlock")));
}

TEST_F(ConfigTest, R2ConfigurationLowersACeilingAndNeverRaisesOne) {
  const struct {
    const char* key;
    const char* lower;
    const char* higher;
    const char* ceiling;
  } cases[] = {{"hard_limit_n", "59.5", "60.1", "60 N"},
               {"lease_ms", "249", "251", "250 ms"},
               {"ttl_ms", "499", "501", "500 ms"},
               {"stale_ms", "19", "21", "20 ms"},
               {"max_level", "0.99", "1.01", "1"},
               {"max_temperature_c", "44", "46", "45 C"},
               {"max_rise_per_s", "1.99", "2.01", "2 a second"},
               {"max_run_s", "149", "151", "150 s"},
               {"max_vibration_s", "239", "241", "240 s"}};
  for (const auto& c : cases) {
    const std::string key = c.key;
    EXPECT_EQ(refusal("[interlock]\n" + key + " = " + c.lower), "accepted") << key;
    EXPECT_THAT(refusal("[interlock]\n" + key + " = " + c.higher),
                AllOf(HasSubstr(key), HasSubstr(std::string("ceiling of ") + c.ceiling), HasSubstr("only lower")));
  }
}

TEST_F(ConfigTest, AFlagCannotRaiseACeilingEither) {
  const std::vector<ConfigOverride> flags{{.flag = "--hard-limit", .key = "interlock.hard_limit_n", .value = "70"}};
  const auto loaded = load_config(kUser, std::vector<std::string>{}, flags);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), AllOf(HasSubstr("--hard-limit"), HasSubstr("ceiling of 60 N")));
}

TEST_F(ConfigTest, NumbersThatAreNoneOrNegativeAreRefused) {
  EXPECT_THAT(refusal("[interlock]\nhard_limit_n = nan\n"), HasSubstr("hard_limit_n"));
  EXPECT_THAT(refusal("[interlock]\nhard_limit_n = inf\n"), HasSubstr("hard_limit_n"));
  EXPECT_THAT(refusal("[interlock]\nhard_limit_n = -5\n"), HasSubstr("hard_limit_n"));
  EXPECT_THAT(refusal("[interlock]\nlease_ms = 9223372036854775807\n"), HasSubstr("lease_ms"));
  EXPECT_THAT(refusal("[realtime]\npriority = 100\n"), HasSubstr("priority"));
  EXPECT_THAT(refusal("[realtime]\npriority = \"high\"\n"), HasSubstr("priority"));
}

TEST_F(ConfigTest, ABandUpsideDownIsRefused) {
  EXPECT_THAT(refusal("[session]\nband_n = [30.0, 12.0]\n"),
              AllOf(HasSubstr("session.band_n"), HasSubstr("upside down")));
  const auto loaded = load("[session]\nband_n = [12.0, 30.0]\n");
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.session.band, (Config::Band{.lo = Newtons{12}, .hi = Newtons{30}}));
}

TEST_F(ConfigTest, ARelativePathInAFileIsRefusedAndOneFromAFlagIsMadeAbsolute) {
  EXPECT_THAT(refusal("[api]\nsocket = \"here.sock\"\n"), HasSubstr("relative"));
  EXPECT_THAT(refusal("[paths]\nroutines = [\"/ok\", \"not/ok\"]\n"), HasSubstr("relative"));
  const std::vector flags{ConfigOverride::path("--socket", "api.socket", "odd \"name\".sock")};
  const auto loaded = load_config(kUser, std::vector<std::string>{}, flags);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.api.socket, std::filesystem::current_path().string() + "/odd \"name\".sock");
}

TEST_F(ConfigTest, ARateThatDoesNotDivideASecondIsRefused) {
  EXPECT_THAT(refusal("[ball]\nrate_hz = 3000\n"), HasSubstr("rate_hz"));
}

TEST_F(ConfigTest, TheShippedExampleChangesNothing) {
  const auto loaded = load(example());
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config, default_config(kUser));
}

TEST_F(ConfigTest, TheDefaultsNamedInTheShippedExampleAreTheCompiledOnes) {
  std::istringstream lines(example());
  std::string uncommented;
  for (std::string line; std::getline(lines, line);) {
    const bool a_default = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    uncommented += (a_default ? line.substr(1) : line) + "\n";
  }
  const auto loaded = load(uncommented);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config, default_config(kUser));
  EXPECT_NE(loaded->origins.at("interlock.lease_ms"), "default") << "nothing was uncommented";
}

TEST_F(ConfigTest, TheShippedExampleNamesEveryKey) {
  const std::string text = example();
  for (const auto& key : config_detail::keys())
    EXPECT_THAT(text, HasSubstr(std::string(key.name) + " = ")) << key.dotted();
}

TEST_F(ConfigTest, WhatShowPrintsReadsBackAsTheSameConfiguration) {
  const auto before = load(
      "[api]\nsocket = \"/run/a \\\"b\\\".sock\"\nsocket_group = \"knead\"\n[interlock]\nmax_level = 0.35\n"
      "[session]\nband_n = [12.5, 30.25]\n[paths]\nplugins = [\"/a\", \"/b\"]\n[ball]\nserial = \"KN-0001\"\n");
  ASSERT_TRUE(before) << before.error().message();
  const auto after = load(render(*before));
  ASSERT_TRUE(after) << after.error().message() << "\n" << render(*before);
  EXPECT_EQ(after->config, before->config);
}

TEST_F(ConfigTest, ShowSaysWhereEachValueCameFrom) {
  const auto loaded = load("[ball]\nrate_hz = 4000\n");
  ASSERT_TRUE(loaded);
  EXPECT_THAT(render(*loaded),
              AllOf(HasSubstr("rate_hz = 4000  # " + folder_ + "/kneadd.toml:2"), HasSubstr("cpu = -1  # default")));
}

TEST_F(ConfigTest, CheckTellsEverythingThatIsWrongAtOnce) {
  const auto findings = check_config("[interlock]\nlease_ms = 900\nttl = 1\n[ball]\nrate_hz = \"fast\"\n");
  EXPECT_EQ(findings.size(), 3U);
  EXPECT_TRUE(check_config("").empty());
  EXPECT_EQ(check_config("[interlock\n").size(), 1U);
}

TEST(ConfigDefaultsTest, FilesAreWhereTheSystemAndTheUserExpectThem) {
  EXPECT_EQ(default_socket(kUser), "/run/user/1000/knead/kneadd.sock");
  EXPECT_EQ(default_database(kUser), "/home/ada/.local/share/knead/knead.db");
  EXPECT_EQ(config_files(kUser).back(), "/home/ada/.config/knead/kneadd.toml");

  Environment root = kUser;
  root.uid = 0;
  EXPECT_EQ(default_socket(root), "/run/knead/kneadd.sock");
  EXPECT_EQ(default_database(root), "/var/lib/knead/knead.db");

  Environment service = kUser;
  service.runtime_directory = "/run/knead-7";
  service.state_directory = "/srv/knead-7";
  EXPECT_EQ(default_socket(service), "/run/knead-7/kneadd.sock");
  EXPECT_EQ(default_database(service), "/srv/knead-7/knead.db");

  Environment xdg = kUser;
  xdg.xdg_config_home = "/c";
  xdg.xdg_data_home = "/d";
  EXPECT_EQ(config_files(xdg).back(), "/c/knead/kneadd.toml");
  EXPECT_EQ(default_database(xdg), "/d/knead/knead.db");
}

TEST(ConfigDefaultsTest, AClientTriesTheUsersOwnDaemonAndThenTheSystemsUnlessASocketIsChosen) {
  const auto usual = load_config(kUser, std::vector<std::string>{});
  ASSERT_TRUE(usual);
  EXPECT_THAT(client_sockets(*usual),
              testing::ElementsAre("/run/user/1000/knead/kneadd.sock", "/run/knead/kneadd.sock"));
  const std::vector flags{ConfigOverride::path("--socket", "api.socket", "/tmp/x.sock")};
  const auto chosen = load_config(kUser, std::vector<std::string>{}, flags);
  ASSERT_TRUE(chosen);
  EXPECT_THAT(client_sockets(*chosen), testing::ElementsAre("/tmp/x.sock"));
}

}  // namespace
}  // namespace knead
