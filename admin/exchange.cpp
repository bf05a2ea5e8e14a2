#include "admin/exchange.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/status.hpp>

#include "base/json_text.hpp"

namespace sluice::admin {

Response make_response(http::status status, std::string_view content_type, std::string body) {
  Response response(status, 11);
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(body);
  return response;
}

Response make_problem(http::status status, std::string_view kind, std::string_view detail) {
  std::string body = R"({"type":"about:blank","title":)";
  body += json_string(http::obsolete_reason(status));
  body += R"(,"status":)" + std::to_string(static_cast<unsigned>(status));
  body += R"(,"kind":)" + json_string(kind);
  body += R"(,"detail":)" + json_string(detail) + "}\n";
  return make_response(status, "application/problem+json", std::move(body));
}

}  // namespace sluice::admin
