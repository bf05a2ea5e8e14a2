// `sluice weights get ROUTE`, `sluice weights set ROUTE blue=90 canary=10`: over the admin API.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"
#include "base/parse.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

struct Options : ClientOptions {
  std::string route;
  std::vector<std::string> weights;
  std::optional<std::string> revert_after;
  std::string if_match = "*";
  std::string reason;
  bool dry_run = false;
};

void print(const Options& options, const json::value& answer) {
  if (options.output == "json") return print_json(answer);
  const json::object& it = answer.as_object();
  std::cout << "route " << options.route << ": " << weights_in_words(it.at("weights"))
            << "\n  source " << it.at("source").as_string().c_str();
  if (it.contains("generation"))
    std::cout << ", generation " << json::serialize(it.at("generation"));
  std::cout << ", configured " << weights_in_words(it.at("configured"))
            << (options.dry_run ? "\n  a dry run: nothing has changed\n" : "\n");
  if (it.contains("returns_at"))
    std::cout << "  until " << it.at("returns_at").as_string().c_str() << ", then "
              << weights_in_words(it.at("returns_to")) << '\n';
}

std::string target_of(const Options& options) {
  return "/api/v1/routes/" + percent_encoded(options.route) + "/weights" +
         (options.dry_run ? "?dry_run=true" : "");
}

// Errors: the word that is no weight.
Result<json::object, std::string> parse_words(const std::vector<std::string>& words) {
  json::object weights;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    const auto number =
        equals == std::string::npos
            ? Result<std::uint64_t, std::string>(Failure{std::string("write UPSTREAM=WEIGHT")})
            : parse_integer(std::string_view(word).substr(equals + 1), 0, INT32_MAX);
    if (!number) return Failure{"'" + word + "': " + number.error()};
    if (!weights.emplace(word.substr(0, equals), *number).second)
      return Failure{"'" + word.substr(0, equals) + "' twice"};
  }
  return weights;
}

void get(const Options& options, int& exit_code) {
  if (const auto answer = ask_json(*options.admin, {.target = target_of(options)}, exit_code))
    print(options, *answer);
}

void set(const Options& options, int& exit_code) {
  auto weights = parse_words(options.weights);
  if (!weights) {
    std::cerr << "sluice: " << weights.error() << '\n';
    exit_code = kExitUsage;
    return;
  }
  json::object body{{"weights", std::move(weights).value()}};
  if (options.revert_after) body["revert_after"] = *options.revert_after;
  if (!options.reason.empty()) body["reason"] = options.reason;
  const bool as_it_is = options.if_match == "*" || options.if_match.starts_with('"');
  const auto answer =
      ask_json(*options.admin,
               {.method = "PUT",
                .target = target_of(options),
                .body = json::serialize(body),
                .if_match = as_it_is ? options.if_match : '"' + options.if_match + '"'},
               exit_code);
  if (answer) print(options, *answer);
}

CLI::App* add_verb(CLI::App& weights, const char* name, const char* what,
                   const std::shared_ptr<Options>& options) {
  CLI::App* const verb = weights.add_subcommand(name, what);
  verb->add_option("ROUTE", options->route, "Name of the route")->required();
  add_client_options(*verb, *options);
  return verb;
}

}  // namespace

void add_weights(CLI::App& app, int& exit_code) {
  CLI::App* const weights = app.add_subcommand("weights", "Read or set the weights of a route");
  weights->require_subcommand(1);
  const auto reading = std::make_shared<Options>();
  add_verb(*weights, "get", "Show the weights of a route", reading)
      ->callback([reading, &exit_code] { get(*reading, exit_code); });
  const auto writing = std::make_shared<Options>();
  CLI::App* const verb = add_verb(*weights, "set", "Set the weights of a route", writing);
  verb->add_option("WEIGHTS", writing->weights, "blue=90 canary=10; who is not named gets 0")
      ->required();
  verb->add_option("--for", writing->revert_after, "For how long; then what was before comes back")
      ->type_name("DURATION");
  verb->add_option("--if-match", writing->if_match,
                   "Only if the weights are still of generation GEN")
      ->type_name("GEN");
  verb->add_option("--reason", writing->reason, "For the audit");
  verb->add_flag("--dry-run", writing->dry_run, "Say what would be, change nothing");
  verb->callback([writing, &exit_code] { set(*writing, exit_code); });
}

}  // namespace sluice::app
