#include "app/command_line.hpp"

#include <CLI/CLI.hpp>

namespace sluice::app {
namespace {

// What a type is called, without what CLI11 adds of its checks: "UINT:POSITIVE", "TEXT:{a,b}". A
// name of ours may have a colon too: "URL|unix:PATH".
std::string name_of_type(const std::string& type) {
  const auto colon = type.find(':');
  const auto other = type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return colon == other || type.find('{') != std::string::npos ? type.substr(0, colon) : type;
}

void read_type(const std::string& type, OptionWords& option) {
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  option.value = name_of_type(type);
  if (open == std::string::npos || close == std::string::npos) return;
  std::string all = type.substr(open + 1, close - open - 1);
  for (std::size_t at = 0; at <= all.size();) {
    const auto end = std::min(all.find(',', at), all.size());
    option.choices.push_back(all.substr(at, end - at));
    at = end + 1;
  }
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords out;
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  out.positional = out.names.empty();
  if (out.positional) out.names.push_back(option.get_name());
  out.required = option.get_required();
  out.takes_value = option.get_items_expected_max() > 0;
  if (out.takes_value) read_type(option.get_type_name(), out);
  out.environment = option.get_envname();
  out.what = option.get_description();
  return out;
}

void add(const CLI::App& app, const std::vector<std::string>& path, std::vector<VerbWords>& out) {
  VerbWords verb{path, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* const option : app.get_options())
    verb.options.push_back(words_of(*option));
  const auto below = app.get_subcommands({});
  for (const CLI::App* const one : below) verb.verbs.push_back(one->get_name());
  out.push_back(std::move(verb));
  for (const CLI::App* const one : below) {
    auto longer = path;
    longer.push_back(one->get_name());
    add(*one, longer, out);
  }
}

}  // namespace

std::vector<VerbWords> words_of(const CLI::App& app) {
  std::vector<VerbWords> out;
  add(app, {}, out);
  return out;
}

}  // namespace sluice::app
