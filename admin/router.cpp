#include "admin/router.hpp"

#include <optional>

namespace sluice::admin {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const auto next = path.find('/', at);
    parts.push_back(path.substr(at, next == std::string_view::npos ? next : next - at));
    at = next == std::string_view::npos ? next : next + 1;
  }
  return parts;
}

// nullopt: `path` is not of that form.
std::optional<Parameters> match(std::string_view form, std::string_view path) {
  const auto forms = parts_of(form);
  const auto parts = parts_of(path);
  if (forms.size() != parts.size()) return std::nullopt;
  Parameters parameters;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (!forms[i].starts_with('{')) {
      if (forms[i] != parts[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decoded(parts[i]);
    if (!value || value->empty()) return std::nullopt;
    parameters.emplace_back(forms[i].substr(1, forms[i].size() - 2), *std::move(value));
  }
  return parameters;
}

void add_method(std::string& allow, http::verb method) {
  if (!allow.empty()) allow += ", ";
  allow += http::to_string(method);
  if (method == http::verb::get) add_method(allow, http::verb::head);
}

}  // namespace

Router::Found Router::find(http::verb method, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  const http::verb wanted = method == http::verb::head ? http::verb::get : method;
  Found found;
  for (const Resource& resource : resources_) {
    auto parameters = match(resource.path, path);
    if (!parameters) continue;
    if (resource.method == wanted) return {&resource, *std::move(parameters), {}};
    add_method(found.allow, resource.method);
  }
  return found;
}

Response answer_not_found(const Router::Found& found, std::string_view target) {
  if (found.allow.empty())
    return make_problem(http::status::not_found, "not_found",
                        "nothing here: " + std::string(target.substr(0, target.find('?'))));
  Response response =
      make_problem(http::status::method_not_allowed, "method_not_allowed", "use " + found.allow);
  response.set(http::field::allow, found.allow);
  return response;
}

}  // namespace sluice::admin
