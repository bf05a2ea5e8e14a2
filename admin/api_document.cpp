// The OpenAPI document of the table.
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "admin/api.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

json::array parameters_of(std::string_view path) {
  json::array out;
  for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1))
    out.push_back({{"name", path.substr(open + 1, path.find('}', open) - open - 1)},
                   {"in", "path"},
                   {"required", true},
                   {"schema", {{"type", "string"}}}});
  return out;
}

json::object content(const std::string& type, json::value schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

std::set<unsigned> statuses_of(const Resource& resource) {
  std::set<unsigned> statuses(resource.doc.statuses.begin(), resource.doc.statuses.end());
  statuses.insert({400, 421, 403});
  if (resource.role != Role::none) statuses.insert({401, 429});
  if (!resource.doc.body.empty()) statuses.insert({413, 415});
  return statuses;
}

json::object responses_of(const Resource& resource) {
  json::object out{{"200",
                    {{"description", resource.doc.summary},
                     {"content", content(resource.doc.answer_type, json::object())}}}};
  for (const unsigned status : statuses_of(resource))
    out[std::to_string(status)] =
        json::object{{"description", http::obsolete_reason(static_cast<http::status>(status))},
                     {"content", content("application/problem+json",
                                         json::object{{"$ref", "#/components/schemas/Problem"}})}};
  return out;
}

json::object operation_of(const Resource& resource) {
  json::object out{{"summary", resource.doc.summary},
                   {"x-role", label(resource.role)},
                   {"parameters", parameters_of(resource.path)},
                   {"responses", responses_of(resource)}};
  if (resource.role != Role::none)
    out["security"] = json::array{json::object{{"token", json::array()}}};
  if (!resource.doc.body.empty())
    out["requestBody"] = json::object{
        {"required", true},
        {"content", content(resource.doc.content_type, json::parse(resource.doc.body))}};
  return out;
}

std::string lower_method(http::verb method) {
  std::string out(http::to_string(method));
  for (char& c : out) c = static_cast<char>(c | 0x20);
  return out;
}

json::object problem_schema() {
  const json::object text{{"type", "string"}};
  const json::object fault{{"type", "object"},
                           {"properties", {{"pointer", text}, {"detail", text}}}};
  return {{"type", "object"},
          {"properties",
           {{"type", text},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"kind", text},
            {"detail", text},
            {"errors", {{"type", "array"}, {"items", fault}}}}}};
}

}  // namespace

std::string describe_api(const Router& router, const std::string& version) {
  json::object paths;
  for (const Resource& resource : router.resources()) {
    json::value& path = paths[resource.path];
    if (path.is_null()) path = json::object();
    path.as_object()[lower_method(resource.method)] = operation_of(resource);
  }
  const json::object document{
      {"openapi", "3.0.3"},
      {"info", {{"title", "Sluice admin API"}, {"version", version}}},
      {"components",
       {{"schemas", {{"Problem", problem_schema()}}},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"paths", std::move(paths)}};
  return json::serialize(document) + "\n";
}

}  // namespace sluice::admin
