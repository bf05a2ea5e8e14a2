// Texts that are made from the definitions of a command line.
#include "app/completion.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "app/man_page.hpp"

namespace sluice::app {
namespace {

class CompletionTest : public ::testing::Test {
 protected:
  CompletionTest() {
    CLI::App* const status = app_.add_subcommand("status", "Show it");
    status->add_option("-o,--output", output_, "How")->check(CLI::IsMember({"text", "json"}));
    status->add_flag("--watch", watch_, "It's live");
    CLI::App* const weights = app_.add_subcommand("weights", "Weights");
    CLI::App* const set = weights->add_subcommand("set", ".set them");
    set->add_option("ROUTE", output_, "Which")->required();
    set->add_option("--for", for_, "How long")->type_name("DURATION")->envname("FOR");
  }
  static void expect(const std::string& text, std::initializer_list<const char*> parts) {
    for (const char* const part : parts)
      EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
  }

  std::string output_ = "text", for_;
  bool watch_ = false;
  CLI::App app_{"A program", "sluice"};
};

TEST_F(CompletionTest, KnowsVerbsOptionsAndChoices) {
  const auto verbs = words_of(app_);
  ASSERT_EQ(verbs.size(), 4U);
  EXPECT_EQ(verbs[3].path, (std::vector<std::string>{"weights", "set"}));
  const OptionWords& output = verbs[1].options.at(1);
  EXPECT_EQ(output.names, (std::vector<std::string>{"-o", "--output"}));
  EXPECT_EQ(output.choices, (std::vector<std::string>{"text", "json"}));
}

TEST_F(CompletionTest, SpeaksThreeShells) {
  const auto verbs = words_of(app_);
  expect(bash_completion(verbs), {"\"weights set\") words=\"-h --help --for\" ;;",
                                  "\"status -o\"|\"status --output\") words=\"text json\" ;;"});
  expect(zsh_completion(verbs),
         {"'--watch:It'\\''s live'", "\" weights\") verb=\"weights\" ;;", "found=(text json)"});
  expect(
      fish_completion(verbs),
      {"-n '__fish_seen_subcommand_from weights; and not __fish_seen_subcommand_from set' -a set",
       "-s o -l output -x -a 'text json' -d 'How'"});
}

TEST_F(CompletionTest, WritesAManualPage) {
  expect(man_page(words_of(app_), "1.2"),
         {".TH SLUICE 1 \"\" \"sluice 1.2\"", ".SS weights set\n\\&.set them.\n",
          ".B sluice weights set\n.RI \"ROUTE [options]\"\n",
          "\\fB\\-\\-for\\fR \\fIDURATION\\fR\nHow long; or FOR in the environment\n"});
}

}  // namespace
}  // namespace sluice::app
