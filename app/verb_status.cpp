// `sluice status`: routes, weights, traffic and health, over the admin API; once or all the time.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "app/client.hpp"
#include "app/screen.hpp"
#include "app/status_page.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kEach{1};
const AdminQuestion kQuestion{.target = "/api/v1/status"};

struct Options : ClientOptions {
  bool watch = false;
};

void show_once(const Options& options, int& exit_code) {
  const auto answer = ask_json(*options.admin, kQuestion, exit_code);
  if (!answer) return;
  if (options.output == "json")
    print_json(*answer);
  else
    std::cout << status_lines(*answer);
  if (answer->at("status").as_string() != "ok") exit_code = kExitFailed;
}

// The page of now, or why there is none.
std::string page_of_now(const Options& options) {
  const auto answer = ask_admin(*options.admin, kQuestion);
  if (!answer) return answer.error() + '\n';
  json::error_code error;
  const json::value value = json::parse(answer->body, error);
  if (error || answer->status != 200)
    return "the admin listener answered " + std::to_string(answer->status) + '\n';
  return options.output == "json" ? answer->body : status_page(value);
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  CLI::App* const verb =
      app.add_subcommand("status", "Show routes, weights and upstreams of the running proxy");
  const auto options = std::make_shared<Options>();
  add_client_options(*verb, *options);
  verb->add_flag("--watch", options->watch, "Go on, once a second, until ctrl-C");
  verb->callback([options, &exit_code] {
    if (!options->watch) return show_once(*options, exit_code);
    Screen screen;
    do {
      screen.show(page_of_now(*options));
    } while (screen.wait(kEach));
  });
}

}  // namespace sluice::app
