// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/toml_reader.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

namespace knead {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Reads @p text with @p read and returns what was found, one line each, as a person would see it.
std::vector<std::string> findings_of(std::string_view text, const std::function<void(TomlTable&)>& read) {
  TomlDocument document = TomlDocument::parse(text);
  TomlTable root = document.root();
  if (document.parsed()) read(root);
  std::vector<std::string> lines;
  for (const Finding& finding : document.finish()) lines.push_back(to_string(finding, "f.toml"));
  return lines;
}

TEST(TomlReader, GivesTypedValuesAndFindsNothingWrongWithThem) {
  constexpr std::array<std::string_view, 2> kColours{"red", "blue"};
  TomlDocument document = TomlDocument::parse(R"(
    level = 0.5
    whole = 3
    on = true
    name = "Bällchen"
    colour = "blue"
    band = [15, 40.5]
    names = ["a", "b"]
    [motor]
    ceiling = 1
    [[step]]
    n = 1
    [[step]]
    n = 2
  )");
  TomlTable root = document.root();
  EXPECT_EQ(root.number("level"), 0.5);
  EXPECT_EQ(root.number("whole"), 3.0);
  EXPECT_EQ(root.integer("whole"), 3);
  EXPECT_EQ(root.boolean("on"), true);
  EXPECT_EQ(root.string("name"), "Bällchen");
  EXPECT_EQ(root.choice("colour", kColours), 1U);
  EXPECT_THAT(*root.numbers("band", 2), ElementsAre(15, 40.5));
  EXPECT_THAT(*root.strings("names"), ElementsAre("a", "b"));
  EXPECT_EQ(root.table("motor")->number("ceiling", {.min = 0, .max = 1}), 1.0);
  auto steps = root.tables("step");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].integer("n"), 2);
  steps[0].integer("n");
  EXPECT_EQ(root.number("absent"), std::nullopt);
  EXPECT_THAT(root.keys(), ElementsAre("level", "whole", "on", "name", "colour", "band", "names", "motor", "step"));
  EXPECT_THAT(document.finish(), IsEmpty());
}

struct Wrong {
  std::string_view text;
  std::string_view found;
};

TEST(TomlReader, NamesLineColumnKeyAndRemedyOfEachMistake) {
  constexpr Wrong kWrong[] = {
      {"n = 2.5", "f.toml:1:1: n: is 2.5; give a number from 0 to 1"},
      {"\nn = -1", "f.toml:2:1: n: is -1; give a number from 0 to 1"},
      {"n = nan", "f.toml:1:1: n: is nan; give a number from 0 to 1"},
      {"n = inf", "f.toml:1:1: n: is inf; give a number from 0 to 1"},
      {"n = -inf", "f.toml:1:1: n: is -inf; give a number from 0 to 1"},
      {"n = \"1\"", "f.toml:1:1: n: is a string; give a number from 0 to 1"},
      {"i = 10", "f.toml:1:1: i: is 10; give a whole number from 1 to 9"},
      {"i = 1.5", "f.toml:1:1: i: is 1.5; give a whole number from 1 to 9"},
      {"i = true", "f.toml:1:1: i: is true or false; give a whole number from 1 to 9"},
      {"b = 1", "f.toml:1:1: b: is a whole number; give true or false, without quotes"},
      {"s = 1", "f.toml:1:1: s: is a whole number; give a text in quotes"},
      {"s = \"\"", "f.toml:1:1: s: is empty; give a text"},
      {"s = \"a\\nb\"", "f.toml:1:1: s: holds a control character such as a line break; give plain text on one line"},
      {"s = \"a long text\"", "f.toml:1:1: s: is 11 bytes long; give at most 8"},
      {"c = \"stedy\"", "f.toml:1:1: c: is \"stedy\"; did you mean \"steady\"?"},
      {"c = \"xyzzy\"", "f.toml:1:1: c: is \"xyzzy\"; give one of \"steady\", \"pulse\""},
      {"a = [1]", "f.toml:1:1: a: has 1 values; give an array of 2 numbers"},
      {"a = [1, 2, 3]", "f.toml:1:1: a: has 3 values; give an array of 2 numbers"},
      {"a = [1, nan]", "f.toml:1:1: a: value 2 is nan; give a number of at least 0"},
      {"a = 1", "f.toml:1:1: a: is a whole number; give an array of 2 numbers"},
      {"t = 1", "f.toml:1:1: t: is a whole number; give a table: [t]"},
      {"l = 1", "f.toml:1:1: l: is a whole number; give one or more tables: [[l]]"},
      {"l = [1]", "f.toml:1:1: l: is an array of something else than tables; give one or more tables: [[l]]"},
      {"[t]\nlevle = 1", "f.toml:2:1: t.levle: is not a known key; did you mean \"level\"?"},
      {"[[l]]\n[[l]]\nfoo = 1", "f.toml:3:1: l[1].foo: is not a known key; the keys here are n"},
  };
  for (const Wrong& wrong : kWrong) {
    constexpr std::array<std::string_view, 2> kPatterns{"steady", "pulse"};
    const auto found = findings_of(wrong.text, [&](TomlTable& root) {
      root.number("n", {.min = 0, .max = 1});
      root.integer("i", {.min = 1, .max = 9});
      root.boolean("b");
      root.string("s", Need::kOptional, 8);
      root.choice("c", kPatterns);
      root.numbers("a", 2, {.min = 0});
      if (auto table = root.table("t")) table->number("level");
      for (TomlTable& each : root.tables("l")) each.number("n");
    });
    EXPECT_THAT(found, ElementsAre(wrong.found)) << wrong.text;
  }
}

TEST(TomlReader, NamesTheTableWhereARequiredKeyIsMissing) {
  EXPECT_THAT(findings_of("\n[t]\nother = 1",
                          [](TomlTable& root) {
                            auto table = root.table("t");
                            table->number("other");
                            table->number("level", {.min = 0, .max = 1}, Need::kRequired);
                          }),
              ElementsAre("f.toml:2:1: t.level: is missing; give a number from 0 to 1"));
  EXPECT_THAT(findings_of("", [](TomlTable& root) { root.table("t", Need::kRequired); }),
              ElementsAre("f.toml: t: is missing; give a table: [t]"));
}

TEST(TomlReader, SaysWhereTheSyntaxIsWrongAndNothingElse) {
  const auto found = findings_of("a = 1\nb = = 2\n", [](TomlTable& root) { root.number("x", {}, Need::kRequired); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], HasSubstr("f.toml:2:5: not valid TOML: "));
}

TEST(TomlReader, RefusesAKeyThatNestsTooDeepForTheStack) {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) key += ".a";
  for (const std::string& text : {key + " = 1\n", "[" + key + "]\n"}) {
    EXPECT_THAT(findings_of(text, [](TomlTable&) {}),
                ElementsAre("f.toml: holds 100000 dots, and keys might nest too deep; keep it to 4096"));
  }
}

TEST(TomlReader, RefusesAKeyThatIsGivenTwice) {
  const auto found = findings_of("a = 1\na = 2\n", [](TomlTable& root) { root.number("a"); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], HasSubstr("f.toml:2:"));
}

TEST(TomlReader, FindsEverythingInOneGoInTheOrderOfTheFile) {
  const auto found = findings_of("z = 1\nlevel = 7\n\n[t]\nq = 1\n", [](TomlTable& root) {
    root.table("t");
    root.number("level", {.min = 0, .max = 1});
  });
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0], HasSubstr("f.toml:1:1: z"));
  EXPECT_THAT(found[1], HasSubstr("f.toml:2:1: level"));
  EXPECT_THAT(found[2], HasSubstr("f.toml:5:1: t.q"));
}

TEST(TomlReader, ShowsNoControlCharactersOfAnOddKey) {
  const auto found = findings_of("\"a\\u001b[2J\" = 1", [](TomlTable&) {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].find('\x1b'), std::string::npos);
}

TEST(TomlReader, ATextCannotSteerATerminalWithTheControlsBeyondAsciiEither) {
  // U+009B begins a command as ESC [ does, where a terminal takes C1.
  EXPECT_THAT(findings_of("a = \"\u009b2J\"\n", [](TomlTable& t) { t.string("a"); }),
              ElementsAre(HasSubstr("a: holds a control character")));
  EXPECT_THAT(findings_of("\"a\u009b\" = 1\n\"\u00e9\" = 1\n", [](TomlTable&) {}),
              ElementsAre(HasSubstr(": a?: is not"), HasSubstr(": \u00e9: is not")));
}

TEST(TomlReader, SplitsAFindingIntoWhatIsWrongAndTheRemedy) {
  const Finding finding{.line = 3, .column = 1, .key = "activation.reps", .text = "is 10; give a whole number"};
  const Error error = to_error(finding, "r.toml");
  EXPECT_EQ(error.code, Errc::kInvalidInput);
  EXPECT_EQ(error.context, "r.toml:3:1: activation.reps: is 10");
  EXPECT_EQ(error.remedy, "give a whole number");
  const std::array both{finding, finding};
  EXPECT_EQ(first_error(both, "r.toml").context, "r.toml:3:1: activation.reps: is 10 (and 1 more)");
}

TEST(TomlReader, ReadsFilesOnlyAndOnlySmallOnes) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "toml_reader_test";
  std::filesystem::create_directories(folder);
  const auto path = (folder / "f.toml").string();
  std::ofstream(path) << "a = 1\n";
  EXPECT_EQ(*TomlDocument::read_text(path), "a = 1\n");
  EXPECT_EQ(TomlDocument::read_text((folder / "none.toml").string()).error().code, Errc::kNotFound);
  EXPECT_EQ(TomlDocument::read_text(folder.string()).error().code, Errc::kInvalidInput);
  std::ofstream(path) << std::string(1100000, '#');
  EXPECT_EQ(TomlDocument::read_text(path).error().code, Errc::kInvalidInput);
  std::filesystem::remove_all(folder);
}

TEST(NearestName, ForgivesATypoButDoesNotGuessWildly) {
  constexpr std::array<std::string_view, 4> kNames{"credit_s", "max_elapsed_s", "band_n", "reps"};
  EXPECT_EQ(nearest_name("credits", kNames), "credit_s");
  EXPECT_EQ(nearest_name("bnad_n", kNames), "band_n");
  EXPECT_EQ(nearest_name("max_elapsed", kNames), "max_elapsed_s");
  EXPECT_EQ(nearest_name("rep", kNames), "reps");
  EXPECT_EQ(nearest_name("colour", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("x", kNames), std::nullopt);
}

}  // namespace
}  // namespace knead
