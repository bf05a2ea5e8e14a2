#include "admin/preconditions.hpp"

#include "base/parse.hpp"

namespace sluice::admin {

std::variant<std::optional<std::uint64_t>, Response> read_if_match(const Request& request) {
  const auto field = request.find(http::field::if_match);
  if (field == request.end())
    return make_problem(http::status::precondition_required, "precondition_required",
                        "If-Match is needed: the ETag that was read, or * for any");
  const std::string_view value = field->value();
  if (value == "*") return std::optional<std::uint64_t>();
  if (value.size() > 2 && value.front() == '"' && value.back() == '"')
    if (const auto number = parse_integer(value.substr(1, value.size() - 2), 0, UINT64_MAX))
      return std::optional(*number);
  return make_problem(http::status::precondition_failed, "stale",
                      "If-Match is none of our tags: \"42\" or *");
}

Result<bool, Response> read_dry_run(const Call& call) {
  const auto value = call.query("dry_run");
  if (!value || *value == "false") return false;
  if (*value == "true") return true;
  return Failure{
      make_problem(http::status::bad_request, "bad_request", "dry_run must be true or false")};
}

}  // namespace sluice::admin
