#include "admin/exchange.hpp"

#include <algorithm>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/status.hpp>

#include "base/hex.hpp"
#include "base/json_text.hpp"
#include "base/utf8.hpp"

namespace sluice::admin {
namespace {

std::string faults_text(const std::vector<control::Fault>& faults) {
  std::string text;
  for (const auto& [pointer, detail] : faults) {
    if (!text.empty()) text += ',';
    text += R"({"pointer":)" + json_string(with_valid_utf8(pointer)) + R"(,"detail":)" +
            json_string(with_valid_utf8(detail)) + "}";
  }
  return text;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

const std::string& Call::parameter(std::string_view name) const {
  return std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first)->second;
}

std::optional<std::string> Call::query(std::string_view name) const {
  const std::string_view target(request.target().data(), request.target().size());
  const auto mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const std::string_view key = one.substr(0, one.find('='));
    if (key == name) return percent_decoded(one.substr(std::min(key.size() + 1, one.size())));
  }
  return std::nullopt;
}

Handler answered(std::function<Response(const Call&)> answer) {
  return
      [answer = std::move(answer)](const Call& call, const Reply& reply) { reply(answer(call)); };
}

Response make_response(http::status status, std::string_view content_type, std::string body) {
  Response response(status, 11);
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("X-Frame-Options", "DENY");
  response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.body() = std::move(body);
  return response;
}

Response make_problem(http::status status, std::string_view kind, std::string_view detail,
                      const std::vector<control::Fault>& faults) {
  std::string body = R"({"type":"about:blank","title":)";
  body += json_string(http::obsolete_reason(status));
  body += R"(,"status":)" + std::to_string(static_cast<unsigned>(status));
  body += R"(,"kind":)" + json_string(kind);
  body += R"(,"detail":)" + json_string(with_valid_utf8(detail));
  if (!faults.empty()) body += R"(,"errors":[)" + faults_text(faults) + "]";
  return make_response(status, "application/problem+json", body + "}\n");
}

}  // namespace sluice::admin
