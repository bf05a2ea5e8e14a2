// `sluice audit`: who did or tried what, over the admin API.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

struct Options : ClientOptions {
  std::string target;
  unsigned limit = 100;
};

void print(const json::object& row) {
  std::string line = text_of(row, "at") + "  " + text_of(row, "actor") + "  " +
                     text_of(row, "action") + ' ' + text_of(row, "target");
  const std::string before = text_of(row, "before");
  const std::string after = text_of(row, "after");
  if (before != after) line += ": " + before + " -> " + after;
  line += "  [" + text_of(row, "result") + "]";
  if (const std::string reason = text_of(row, "reason"); !reason.empty()) line += "  " + reason;
  std::cout << line << '\n';
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
  CLI::App* const verb = app.add_subcommand("audit", "Show who changed what, newest first");
  const auto options = std::make_shared<Options>();
  add_client_options(*verb, *options);
  verb->add_option("--target", options->target, "Of one route or endpoint alone");
  verb->add_option("--limit", options->limit, "How many lines")->check(CLI::Range(1, 1'000));
  verb->callback([options, &exit_code] {
    std::string target = "/api/v1/audit?limit=" + std::to_string(options->limit);
    if (!options->target.empty()) target += "&target=" + percent_encoded(options->target);
    const auto answer = ask_json(*options->admin, {.target = target}, exit_code);
    if (!answer) return;
    if (options->output == "json") return print_json(*answer);
    for (const json::value& row : answer->at("audit").as_array()) print(row.as_object());
  });
}

}  // namespace sluice::app
