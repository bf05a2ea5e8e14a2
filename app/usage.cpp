#include "app/usage.hpp"

#include <vector>

#include <CLI/CLI.hpp>

#include "base/suggest.hpp"

namespace sluice::app {
namespace {

std::string unknown(const std::string& what, const std::string& word,
                    const std::vector<std::string>& known) {
  const auto meant = suggest(word, known);
  return "unknown " + what + " '" + word + "'" +
         (meant.empty() ? std::string() : "; did you mean '" + meant + "'?");
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) out.push_back("--" + name);
    for (const auto& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const CLI::App* verb : app.get_subcommands({})) out.push_back(verb->get_name());
  return out;
}

}  // namespace

std::string explain_unknown(const CLI::App& app, std::span<const std::string> words) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word.size() > 1 && word.front() == '-') {
      const std::string name = word.substr(0, word.find('='));
      // `-cFILE` is `-c FILE`.
      const bool is_short = name[1] != '-';
      if (at->get_option_no_throw(is_short ? name.substr(0, 2) : name)) continue;
      return unknown("option", name, option_names(*at));
    }
    const auto verbs = verb_names(*at);
    if (verbs.empty()) continue;
    if (std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
      return unknown("verb", word, verbs);
    }
    at = at->get_subcommand(word);
  }
  return {};
}

}  // namespace sluice::app
