#include "config/diagnostic.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// tests/vectors/config/bad/NAME.yaml must be refused with exactly NAME.txt. To accept a new text:
//   cd tests/vectors/config/bad && sluice validate NAME.yaml 2> NAME.txt
TEST(BadFiles, AreRefusedInExactlyTheseWords) {
  std::size_t count = 0;
  const auto folder = std::filesystem::path(SLUICE_SOURCE_DIR) / "tests/vectors/config/bad";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const auto loaded =
        load_text(read(entry.path()), entry.path().filename().string(), World{}.surroundings());
    ASSERT_FALSE(loaded.ok()) << entry.path();
    auto golden = entry.path();
    EXPECT_EQ(format_text(loaded.error()), read(golden.replace_extension(".txt"))) << entry.path();
  }
  EXPECT_GE(count, 10U);
}

TEST(Diagnostics, HaveTheFormOfTheContract) {
  EXPECT_EQ(
      errors("version: 1\nlisteners: [{ bind: 0.0.0.0:1 }]\nroutes: [{ split: { blue: 1 } }]\n"
             "upstreams:\n  blue:\n    endpoints:\n      - a:1\n      - address: a:2\n"
             "        wieght: 10\n"),
      "sluice.yaml:9:9: error: unknown key 'wieght' in upstreams.blue.endpoints[1]; did you "
      "mean 'weight'?\n"
      "    9 |         wieght: 10\n"
      "      |         ^~~~~~\n"
      "sluice.yaml: 1 error\n");
}

TEST(Diagnostics, AsJson) {
  const auto loaded = load(with_top("wrokers: 2\nworkers: \"\\\"\"\n"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(format_json(loaded.error()),
            "[{\"file\":\"/etc/sluice/sluice.yaml\",\"line\":9,\"column\":1,\"path\":\"wrokers\","
            "\"message\":\"unknown key 'wrokers' at the top of the file\",\"suggestion\":"
            "\"workers\"},\n"
            " {\"file\":\"/etc/sluice/sluice.yaml\",\"line\":10,\"column\":10,\"path\":\"workers\","
            "\"message\":\"workers: '\\\"' is not a number\",\"suggestion\":null}]\n");
  EXPECT_EQ(format_json({}), "[]\n");
  EXPECT_EQ(format_text({}), "");
}

TEST(Diagnostics, ControlCharactersDoNotReachTheTerminal) {
  const auto text = errors(with_top("workers: \"\\e[31m\"\n"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Diagnostics, AreBoundedInNumber) {
  std::string text(kSmallest);
  for (int i = 0; i < 5'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto loaded = load(text);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().size(), 1'001U);
  EXPECT_TRUE(std::ranges::any_of(loaded.error(), [](const Diagnostic& it) {
    return it.message == "too many errors; the rest is left out";
  }));
}

}  // namespace
}  // namespace sluice::config
