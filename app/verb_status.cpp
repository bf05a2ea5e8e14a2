// `sluice status`: routes, weights and upstreams, over the admin API.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

void print(const json::value& status) {
  std::cout << status.at("status").as_string().c_str() << ", generation "
            << json::serialize(status.at("generation")) << '\n';
  for (const json::value& route : status.at("routes").as_array()) {
    const std::string weights = weights_in_words(route.at("weights"));
    const std::string configured = weights_in_words(route.at("configured"));
    std::cout << "route " << route.at("name").as_string().c_str() << ": " << weights << " (by "
              << route.at("source").as_string().c_str()
              << (weights == configured ? "" : ", configured " + configured) << ")\n";
  }
  for (const json::value& upstream : status.at("upstreams").as_array())
    std::cout << "upstream " << upstream.at("name").as_string().c_str() << ": "
              << json::serialize(upstream.at("available")) << " of "
              << json::serialize(upstream.at("endpoints")) << " endpoints available\n";
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  CLI::App* const verb =
      app.add_subcommand("status", "Show routes, weights and upstreams of the running proxy");
  const auto options = std::make_shared<ClientOptions>();
  add_client_options(*verb, *options);
  verb->callback([options, &exit_code] {
    const auto answer = ask_json(*options->admin, {.target = "/api/v1/status"}, exit_code);
    if (!answer) return;
    if (options->output == "json")
      print_json(*answer);
    else
      print(*answer);
    if (answer->at("status").as_string() != "ok") exit_code = kExitFailed;
  });
}

}  // namespace sluice::app
