#include "admin/json_body.hpp"

#include <boost/json/parse.hpp>

#include "base/units.hpp"
#include "health/json_report.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

// RFC 6901 section 3.
std::string pointer_to(std::string_view name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

Response bad_request(std::string_view detail) {
  return make_problem(http::status::bad_request, "bad_request", detail);
}

}  // namespace

Result<JsonBody, Response> JsonBody::read(const Request& request) {
  const std::string& text = request.body();
  if (text.empty()) return JsonBody(json::object());
  // The strict reader of reports: no key twice, bounded depth and size, UTF-8.
  const health::ReportPointers nothing;
  if (const auto strict = health::read_report(nothing, text); !strict)
    return Failure{bad_request("the body: " + strict.error())};
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return Failure{bad_request("the body: " + error.message())};
  if (!value.is_object()) return Failure{bad_request("the body must be an object")};
  return JsonBody(value.get_object());
}

const json::value* JsonBody::find(std::string_view name) {
  asked_.emplace(name);
  return object_.if_contains(name);
}

void JsonBody::fault(std::string_view name, std::string detail) {
  faults_.push_back({pointer_to(name), std::move(detail)});
}

std::string JsonBody::text(std::string_view name, std::size_t bytes_max) {
  const json::value* const value = find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) return fault(name, "must be a text"), std::string();
  if (value->get_string().size() > bytes_max)
    return fault(name, "longer than " + std::to_string(bytes_max) + " bytes"), std::string();
  return std::string(value->get_string());
}

std::string JsonBody::needed_text(std::string_view name, std::size_t bytes_max) {
  const std::size_t before = faults_.size();
  std::string value = text(name, bytes_max);
  if (value.empty() && faults_.size() == before) fault(name, "is missing");
  return value;
}

bool JsonBody::flag(std::string_view name) {
  const json::value* const value = find(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return fault(name, "must be true or false"), false;
  return value->get_bool();
}

std::vector<std::pair<std::string, std::string>> JsonBody::texts(std::string_view name,
                                                                 std::size_t bytes_max) {
  std::vector<std::pair<std::string, std::string>> out;
  const json::value* const value = find(name);
  if (value == nullptr) return out;
  if (!value->is_object()) return fault(name, "must be a map of names and texts"), out;
  for (const auto& [key, text] : value->get_object()) {
    if (text.is_string() && text.get_string().size() <= bytes_max)
      out.emplace_back(key, text.get_string());
    else
      faults_.push_back({pointer_to(name) + pointer_to(key),
                         "must be a text of at most " + std::to_string(bytes_max) + " bytes"});
  }
  return out;
}

std::optional<std::chrono::milliseconds> JsonBody::duration(std::string_view name) {
  constexpr std::chrono::hours kLongest{24 * 365};
  if (find(name) == nullptr) return std::nullopt;
  const std::string written = text(name, 32);
  const auto duration = parse_duration(written);
  if (!duration)
    return fault(name, "must be a duration such as 15m: " + duration.error()), std::nullopt;
  if (duration->count() == 0 || *duration > kLongest)
    return fault(name, "must be more than 0 and at most a year"), std::nullopt;
  return *duration;
}

control::Weights JsonBody::needed_weights(std::string_view name) {
  control::Weights weights;
  const json::value* const value = find(name);
  if (value == nullptr || !value->is_object())
    return fault(name, "must be a map of upstreams and whole numbers"), weights;
  for (const auto& [upstream, weight] : value->get_object()) {
    const auto number = weight.if_int64();
    if (number == nullptr || *number < 0 || *number > INT32_MAX)
      faults_.push_back(
          {pointer_to(name) + pointer_to(upstream), "must be a whole number from 0 to 2147483647"});
    else
      weights.push_back({std::string(upstream), static_cast<std::uint32_t>(*number)});
  }
  return weights;
}

std::optional<Response> JsonBody::refusal() {
  for (const auto& member : object_)
    if (!asked_.contains(std::string_view(member.key()))) fault(member.key(), "nobody knows this");
  if (faults_.empty()) return std::nullopt;
  return make_problem(http::status::unprocessable_entity, "invalid", "the body makes no sense",
                      faults_);
}

Response make_refusal(const control::Refusal& refusal) {
  using control::RefusalKind;
  const auto problem = [&](http::status status, std::string_view kind) {
    return make_problem(status, kind, refusal.detail, refusal.faults);
  };
  switch (refusal.kind) {
    case RefusalKind::not_found:
      return problem(http::status::not_found, "not_found");
    case RefusalKind::stale:
      return problem(http::status::precondition_failed, "stale");
    case RefusalKind::invalid:
      return problem(http::status::unprocessable_entity, "invalid");
    case RefusalKind::conflict:
      return problem(http::status::conflict, "conflict");
    case RefusalKind::unavailable:
      break;
  }
  return problem(http::status::service_unavailable, "unavailable");
}

}  // namespace sluice::admin
