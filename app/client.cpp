#include "app/client.hpp"

#include <iostream>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/verbs.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

// RFC 9457: the detail, and each fault on a line of its own.
void complain_of(const AdminAnswer& answer, const json::value& problem) {
  std::cerr << "sluice: ";
  const json::object* const object = problem.if_object();
  const json::value* const detail = object != nullptr ? object->if_contains("detail") : nullptr;
  if (detail == nullptr || !detail->is_string()) {
    std::cerr << "the admin listener answered " << answer.status << '\n';
    return;
  }
  std::cerr << detail->get_string().c_str() << '\n';
  const json::value* const faults = object->if_contains("errors");
  if (faults == nullptr || !faults->is_array()) return;
  for (const json::value& fault : faults->get_array())
    std::cerr << "  " << fault.at("pointer").as_string().c_str() << ": "
              << fault.at("detail").as_string().c_str() << '\n';
}

}  // namespace

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
  if (answer->status != 200)
    return complain_of(*answer, error ? json::value() : value), std::nullopt;
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

void print_json(const json::value& value) {
  std::cout << json::serialize(value) << '\n';
}

}  // namespace sluice::app
