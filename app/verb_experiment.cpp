// `sluice experiment list|status|start|stop [NAME]`, over the API.
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

struct Options : ClientOptions {
  std::string name;
  std::string reason;
};

std::string path(const Options& options) {
  return "/api/v1/experiments/" + percent_encoded(options.name);
}

void print(const json::object& experiment) {
  std::cout << text_of(experiment, "name") << " on route " << text_of(experiment, "route") << ": "
            << (experiment.at("running").as_bool() ? "running since " + text_of(experiment, "began")
                : experiment.contains("began") ? "stopped, begun " + text_of(experiment, "began")
                                               : std::string("never started"))
            << '\n';
  if (const std::string why = text_of(experiment, "stopped_because"); !why.empty())
    std::cout << "  stopped by itself: " << why << '\n';
  for (const json::value& one : experiment.at("comparisons").as_array())
    std::cout << "  " << text_of(one.as_object(), "in_words") << '\n';
  if (experiment.at("sample_ratio_mismatch").as_bool())
    std::cout << "  users are not placed as the split says: believe none of this\n";
}

void show(const Options& options, const json::value& answer) {
  if (options.output == "json") return print_json(answer);
  const json::object& object = answer.as_object();
  const json::value* const all = object.if_contains("experiments");
  if (all == nullptr) return print(object);
  for (const json::value& one : all->as_array()) print(one.as_object());
}

void ask(const Options& options, const AdminQuestion& question, int& exit_code) {
  if (const auto answer = ask_json(*options.admin, question, exit_code)) show(options, *answer);
}

void steer(const Options& options, const std::string& word, int& exit_code) {
  json::object body;
  if (!options.reason.empty()) body["reason"] = options.reason;
  ask(options,
      {.method = "POST", .target = path(options) + "/" + word, .body = json::serialize(body)},
      exit_code);
}

}  // namespace

void add_experiment(CLI::App& app, int& exit_code) {
  CLI::App* const verb = app.add_subcommand(
      "experiment", "Compare versions by what their users do, without promoting any");
  verb->require_subcommand(1);
  const auto add_word = [verb](const std::string& word, const std::string& help) {
    const auto options = std::make_shared<Options>();
    CLI::App* const added = verb->add_subcommand(word, help);
    add_client_options(*added, *options);
    if (word != "list")
      added->add_option("NAME", options->name, "Name of an experiment")->required();
    return std::pair(added, options);
  };
  const auto [list, all] = add_word("list", "All of them");
  list->callback(
      [options = all, &exit_code] { ask(*options, {.target = "/api/v1/experiments"}, exit_code); });
  const auto [status, one] = add_word("status", "What one has counted");
  status->callback(
      [options = one, &exit_code] { ask(*options, {.target = path(*options)}, exit_code); });
  for (const auto& [word, help] : {std::pair("start", "Set its weights and count from 0"),
                                   {"stop", "Count no more; the weights stay"}}) {
    const auto [added, options] = add_word(word, help);
    added->add_option("--reason", options->reason, "For the audit");
    added->callback([given = options, what = std::string(word), &exit_code] {
      steer(*given, what, exit_code);
    });
  }
}

}  // namespace sluice::app
