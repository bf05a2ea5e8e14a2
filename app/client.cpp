#include "app/client.hpp"

#include <iostream>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

}  // namespace

// RFC 9457: the detail, and each fault on a line of its own.
void complain_of(const AdminAnswer& answer) {
  json::error_code error;
  const json::value problem = json::parse(answer.body, error);
  const json::object* const object = error ? nullptr : problem.if_object();
  const std::string detail = object != nullptr ? text_of(*object, "detail") : "";
  if (detail.empty()) {
    std::cerr << "sluice: the admin listener answered " << answer.status << '\n';
    return;
  }
  std::cerr << "sluice: " << detail << '\n';
  const json::value* const faults = object->if_contains("errors");
  if (faults == nullptr || !faults->is_array()) return;
  for (const json::value& fault : faults->get_array())
    if (const json::object* const one = fault.if_object())
      std::cerr << "  " << text_of(*one, "pointer") << ": " << text_of(*one, "detail") << '\n';
}

void add_client_options(CLI::App& verb, ClientOptions& options) {
  options.admin = add_admin_options(verb);
  verb.add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

std::optional<json::value> ask_json(const AdminAddress& admin, const AdminQuestion& question,
                                    int& exit_code) {
  exit_code = kExitFailed;
  const auto answer = ask_admin(admin, question);
  if (!answer) {
    std::cerr << "sluice: " << answer.error() << '\n';
    return std::nullopt;
  }
  json::error_code error;
  json::value value = json::parse(answer->body, error);
  if (answer->status != 200) return complain_of(*answer), std::nullopt;
  if (error) {
    std::cerr << "sluice: the answer is not JSON: " << error.message() << '\n';
    return std::nullopt;
  }
  exit_code = kExitOk;
  return value;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

std::string weights_in_words(const json::value& weights) {
  std::string out;
  for (const auto& [upstream, weight] : weights.as_object())
    out += (out.empty() ? "" : " ") + std::string(upstream) + '=' + json::serialize(weight);
  return out;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? printable(value->get_string()) : std::string();
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::string_view rest = text.substr(i);
    const bool c1 = byte == 0xC2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xA0;
    const bool bidirectional =
        rest.starts_with("\xE2\x80\xAA") || rest.starts_with("\xE2\x80\xAB") ||
        rest.starts_with("\xE2\x80\xAC") || rest.starts_with("\xE2\x80\xAD") ||
        rest.starts_with("\xE2\x80\xAE") || rest.starts_with("\xE2\x81\xA6") ||
        rest.starts_with("\xE2\x81\xA7") || rest.starts_with("\xE2\x81\xA8") ||
        rest.starts_with("\xE2\x81\xA9");
    out += byte < 0x20 || byte == 0x7f || c1 || bidirectional ? '?' : text[i];
    i += c1 ? 1 : bidirectional ? 2 : 0;
  }
  return out;
}

void print_json(const json::value& value) {
  std::cout << json::serialize(value) << '\n';
}

}  // namespace sluice::app
