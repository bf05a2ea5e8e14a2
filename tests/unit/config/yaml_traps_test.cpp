// What the YAML library lets through, misreads or says badly, each with the answer we give instead.
#include <gtest/gtest.h>

#include "tests/support/config_text.hpp"

namespace sluice::config {
namespace {

// The first diagnostic line, without file name.
std::string first_error(std::string_view text) {
  const std::string all = errors(text);
  return all.substr(0, all.find('\n'));
}

TEST(YamlTraps, MarksAreOneBasedAndUnknownKeysUseTheMarkOfTheKey) {
  EXPECT_EQ(errors(with_top("wrokers: 2\n")),
            "sluice.yaml:9:1: error: unknown key 'wrokers' at the top of the file; did you mean "
            "'workers'?\n"
            "    9 | wrokers: 2\n"
            "      | ^~~~~~~\n"
            "sluice.yaml: 1 error\n");
}

TEST(YamlTraps, ColumnsAreCharactersNotBytes) {
  EXPECT_EQ(errors(with_route("    rewrite: { request_headers: { set: { x: é, Host: é } } }\n")),
            "sluice.yaml:9:48: error: routes[0].rewrite.request_headers.set.Host: 'Host' is "
            "changed with rewrite.host\n"
            "    9 |     rewrite: { request_headers: { set: { x: é, Host: é } } }\n"
            "      |                                                ^~~~\n"
            "sluice.yaml: 1 error\n");
}

TEST(YamlTraps, MissingKeysAreReportedAtTheirParent) {
  EXPECT_EQ(first_error("version: 1\nlisteners:\n  - name: edge\nupstreams: { a: { endpoints: "
                        "['a:1'] } }\nroutes: [{ split: { a: 1 } }]\n"),
            "sluice.yaml:3:5: error: 'bind' is missing in listeners[0]; for example bind: "
            "0.0.0.0:8080");
}

TEST(YamlTraps, DuplicateKeysNameBothLines) {
  EXPECT_EQ(first_error(with_top("version: 1\n")),
            "sluice.yaml:9:1: error: duplicate key 'version': already given on line 1, again on "
            "line 9");
}

TEST(YamlTraps, MergeKeysAreRejected) {
  const auto text = errors(with_route("    <<: { name: x }\n"));
  EXPECT_NE(text.find("sluice.yaml:9:5: error: merge keys ('<<') are not supported"),
            std::string::npos)
      << text;
}

TEST(YamlTraps, AnchorsAndAliasesWork) {
  const auto loaded = load(
      "version: 1\nlisteners: [{ bind: '0.0.0.0:1', timeouts: &t { idle: 5s } }, { bind: "
      "'0.0.0.0:2', timeouts: *t }]\nupstreams: { a: { endpoints: ['a:1'] } }\n"
      "routes: [{ split: { a: 1 } }]\n");
  ASSERT_TRUE(loaded.ok()) << format_text(loaded.error());
  EXPECT_EQ(loaded->listeners[1].timeouts.idle.count(), 5'000);
}

TEST(YamlTraps, CyclicAliasEnds) {
  EXPECT_EQ(first_error("version: &a [*a]\n"),
            "sluice.yaml:1:10: error: nested more than 32 deep, or an alias of itself");
}

TEST(YamlTraps, BillionLaughsEnds) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const auto n = std::to_string(i);
    bomb += "a" + n + ": &a" + n + " [";
    for (int k = 0; k < 10; ++k) bomb += (k ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_NE(errors(bomb).find("more than 100000 values once aliases are followed"),
            std::string::npos);
}

TEST(YamlTraps, DeepNestingIsRefusedInWords) {
  const std::string shallow = "a: " + std::string(100, '[') + std::string(100, ']');
  EXPECT_NE(errors(shallow).find("nested more than 32 deep"), std::string::npos);
  const std::string deep = "a: " + std::string(100'000, '[');
  EXPECT_NE(errors(deep).find("nested too deep"), std::string::npos);
}

TEST(YamlTraps, SecondDocumentIsRefusedNotIgnored) {
  EXPECT_EQ(first_error(std::string(kSmallest) + "---\nversion: 1\n"),
            "sluice.yaml:9:1: error: a second document begins here; a configuration is one "
            "document");
}

TEST(YamlTraps, StrayClosersDoNotMakeEndlessDocuments) {
  EXPECT_EQ(first_error(",}#0"),
            "sluice.yaml:1:1: error: the map that is the file ends before this: a stray ',', ']' "
            "or '}'");
}

TEST(YamlTraps, OctalLookingNumbersAreRefused) {
  EXPECT_EQ(first_error(with_top("workers: 010\n")),
            "sluice.yaml:9:10: error: workers: leading zero: write 10");
  EXPECT_EQ(first_error(with_top("workers: 0o10\n")),
            "sluice.yaml:9:10: error: workers: '0o10' is not a decimal number");
}

TEST(YamlTraps, OldBooleanWordsAreRefused) {
  for (const std::string word : {"yes", "on", "True", "y"}) {
    EXPECT_NE(errors(with_listener("    debug_header: " + word + "\n"))
                  .find("'" + word + "' is neither true nor false"),
              std::string::npos)
        << word;
  }
}

TEST(YamlTraps, EmptyValueIsNotTheTextNull) {
  EXPECT_EQ(first_error(with_listener("    name:\n")),
            "sluice.yaml:4:5: error: listeners[0].name: has no value; expected a name");
  EXPECT_EQ(load(with_listener("    name: \"null\"\n"))->listeners[0].name, "null");
}

TEST(YamlTraps, NumbersOutOfRangeTellTheRange) {
  EXPECT_EQ(first_error(with_top("workers: -1\n")),
            "sluice.yaml:9:10: error: workers: '-1' is negative");
  EXPECT_EQ(first_error(with_top("workers: 1.5\n")),
            "sluice.yaml:9:10: error: workers: '1.5' is not a whole number");
  EXPECT_EQ(first_error(with_top("workers: 99999999999999999999\n")),
            "sluice.yaml:9:10: error: workers: '99999999999999999999' is out of range: 1 to 1024");
}

TEST(YamlTraps, ByteOrderMarkAndCarriageReturnsAreFine) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : kSmallest) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(errors(text), "");
  EXPECT_EQ(errors("\xEF\xBB\xBFverzion: 1\r\n" + text.substr(15)),
            "sluice.yaml:1:1: error: unknown key 'verzion' at the top of the file; did you mean "
            "'version'?\n"
            "    1 | verzion: 1\n"
            "      | ^~~~~~~\n"
            "sluice.yaml: 1 error\n");
}

TEST(YamlTraps, TabsAreNamed) {
  EXPECT_EQ(first_error("version: 1\nadmin:\n\tlisten: 127.0.0.1:1\n"),
            "sluice.yaml:3:1: error: a tab cannot indent YAML: use blanks");
}

TEST(YamlTraps, QuotedAndPlainNumbersAreTheSame) {
  EXPECT_EQ(load(with_top("workers: \"4\"\n"))->workers, 4U);
  EXPECT_EQ(load(with_top("workers: 4\n"))->workers, 4U);
}

TEST(YamlTraps, TagsAreRefused) {
  EXPECT_EQ(first_error(with_top("workers: !secret 4\n")),
            "sluice.yaml:9:10: error: tag '!secret' has no meaning here");
}

TEST(YamlTraps, EmptyFilesAndOtherRootsAreRefused) {
  for (const auto* text : {"", "\n", "# only a comment\n", "---\n", "~"}) {
    EXPECT_EQ(errors(text), "sluice.yaml: error: the file is empty\nsluice.yaml: 1 error\n");
  }
  for (const auto* text : {"[1]", "text", "7"}) {
    EXPECT_EQ(first_error(text),
              "sluice.yaml:1:1: error: the top of the file must be a map, such as 'version: 1'");
  }
}

TEST(YamlTraps, LargeFilesAreRefused) {
  EXPECT_EQ(errors(std::string((1 << 20) + 1, '#')),
            "sluice.yaml: error: larger than 1MiB\nsluice.yaml: 1 error\n");
  EXPECT_EQ(errors(std::string(kSmallest) + std::string((1 << 20) - kSmallest.size(), '#')), "");
}

TEST(YamlTraps, OtherEncodingsAreRefused) {
  EXPECT_EQ(first_error("version: 1\nx: \xff\n"), "sluice.yaml:2:4: error: not UTF-8");
  EXPECT_EQ(first_error("version: 1\nx: \xc0\xaf\n"), "sluice.yaml:2:4: error: not UTF-8");
  EXPECT_EQ(first_error(std::string("v\0e\0r\0", 6)),
            "sluice.yaml:1:2: error: a NUL byte: not a text file in UTF-8");
}

TEST(YamlTraps, LongLinesAreShownThroughAWindow) {
  const auto text = errors(with_top("workers: [" + std::string(10'000, 'x') + "]\n"));
  EXPECT_LT(text.size(), 1'000U);
}

}  // namespace
}  // namespace sluice::config
