// `sluice explain METHOD URL [-H 'Name: value']`: where a request would go, over the admin API.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

struct Options : ClientOptions {
  std::string method;
  std::string url;
  std::string client_ip;
  std::vector<std::string> headers;
};

// Errors: the word that is no field.
Result<json::object, std::string> parse_headers(const std::vector<std::string>& words) {
  json::object headers;
  for (const std::string& word : words) {
    const auto colon = word.find(':');
    if (colon == 0 || colon == std::string::npos)
      return Failure{"'" + word + "' is no header: write 'Name: value'"};
    const auto begin = word.find_first_not_of(' ', colon + 1);
    headers[word.substr(0, colon)] = begin == std::string::npos ? "" : word.substr(begin);
  }
  return headers;
}

void print(const json::object& answer) {
  const std::string route = text_of(answer, "route");
  if (const std::string failure = text_of(answer, "failure"); !failure.empty()) {
    std::cout << "nowhere: " << failure << (route.empty() ? "" : " (route " + route + ")") << '\n';
    return;
  }
  if (const std::string own = text_of(answer, "answer"); !own.empty()) {
    std::cout << "route " << route << " answers by itself: " << own << '\n';
    return;
  }
  std::cout << "route " << route << " -> upstream " << text_of(answer, "upstream")
            << " -> endpoint " << text_of(answer, "endpoint") << "\n  by "
            << text_of(answer, "reason") << "; weights " << weights_in_words(answer.at("weights"))
            << "; available endpoints " << weights_in_words(answer.at("available")) << '\n';
}

void explain(const Options& options, int& exit_code) {
  auto headers = parse_headers(options.headers);
  if (!headers) {
    std::cerr << "sluice: " << headers.error() << '\n';
    exit_code = kExitUsage;
    return;
  }
  json::object body{
      {"method", options.method}, {"url", options.url}, {"headers", std::move(headers).value()}};
  if (!options.client_ip.empty()) body["client_ip"] = options.client_ip;
  const auto answer = ask_json(
      *options.admin,
      {.method = "POST", .target = "/api/v1/explain", .body = json::serialize(body)}, exit_code);
  if (!answer) return;
  if (options.output == "json") return print_json(*answer);
  print(answer->as_object());
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  CLI::App* const verb =
      app.add_subcommand("explain", "Say where a request would go, and why; nothing is sent");
  const auto options = std::make_shared<Options>();
  add_client_options(*verb, *options);
  verb->add_option("METHOD", options->method, "GET, POST, ...")->required();
  verb->add_option("URL", options->url, "http://shop.example/cart, or /cart")->required();
  verb->add_option("-H,--header", options->headers, "'Name: value'; may be repeated");
  verb->add_option("--client-ip", options->client_ip, "For routes that split by it");
  verb->callback([options, &exit_code] { explain(*options, exit_code); });
}

}  // namespace sluice::app
