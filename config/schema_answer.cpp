// The rows of `redirect` and `respond`: routes that answer by themselves.
#include <algorithm>
#include <array>

#include "base/placeholders.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::RedirectSpec;
using routing::RespondSpec;
using routing::RouteSpec;

constexpr std::size_t kBodyMax = 16 * 1024;
constexpr std::array<std::uint32_t, 5> kRedirections{301, 302, 303, 307, 308};

// What makes sense only with a split.
constexpr std::array<std::string_view, 5> kOfSplits{"overrides", "sticky", "guard",
                                                    "when_unavailable", "retry"};

Failure<Problem> refuse(std::string message) {
  return Failure{Problem{std::move(message)}};
}

// Up to where the path begins.
std::string_view authority_of(std::string_view rest) {
  return rest.substr(
      0, std::min({rest.find_first_of("/?#\\"), rest.find("{path}"), rest.find("{uri}")}));
}

Checked check_absolute(std::string_view target, std::string_view rest) {
  const std::string_view authority = authority_of(rest);
  if (authority.empty()) return refuse("the target names no host");
  // The client writes the query: here it would write the host.
  if (authority.find("{query}") != std::string_view::npos)
    return refuse("{query} in the place of a host would send clients wherever they are told to");
  return std::string(target);
}

Checked check_target_template(std::string_view text) {
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }))
    return refuse("a target is made of visible ASCII characters: write others as %XX");
  const auto pieces = parse_placeholders(text, routing::kRedirectParts);
  if (!pieces) return refuse(pieces.error());
  for (const std::string_view scheme : {"https://", "http://", "{scheme}://"})
    if (text.starts_with(scheme)) return check_absolute(text, text.substr(scheme.size()));
  if (text.starts_with("//") || text.starts_with("/\\"))
    return refuse("a target begins with one '/', or with https://");
  if (text.starts_with('/') || text.starts_with("{path}") || text.starts_with("{uri}"))
    return std::string(text);
  return refuse("'" + std::string(text) + "' begins with none of https://, http://, / and {uri}");
}

Checked check_body(std::string_view text) {
  if (text.size() <= kBodyMax) return std::string(text);
  return refuse("longer than 16 KiB: that is an upstream's work");
}

void check_redirect(const Tree& tree, Reader& reader, RedirectSpec& it) {
  if (std::ranges::find(kRedirections, it.status) != kRedirections.end()) return;
  reader.key_error(place_at(tree, "status"), "status",
                   "a redirection is 301, 302, 303, 307 or 308");
}

// Source: RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
void check_respond(const Tree& tree, Reader& reader, RespondSpec& it) {
  if (it.body.empty() || (it.status != 204 && it.status != 205 && it.status != 304)) return;
  reader.key_error(place_at(tree, "body"), "body",
                   "a response with status " + std::to_string(it.status) + " has no body");
}

void refuse_key(const Tree& tree, Reader& reader, std::string_view key) {
  if (const Member* const member = tree.find(key))
    reader.key_error(member->place, key,
                     "'" + std::string(key) + "' has no meaning on a route that answers by itself");
}

}  // namespace

Codec<RedirectSpec> redirect_codec() {
  using R = RedirectSpec;
  return object<R>(
      {.fields = {row("to", &R::to, text("a URL or a path", {}, check_target_template),
                      "What Location says. Parts of the request stand for `{scheme}`, `{host}`, "
                      "`{hostport}`, `{path}`, `{query}` and `{uri}` (path and query).",
                      {.required = true, .example = "\"https://new.example{uri}\""}),
                  row("status", &R::status, integer(301, 308),
                      "301, 302, 303, 307 or 308. Browsers keep 301 and 308 for good; 307 and 308 "
                      "keep the method.")},
       .check = check_redirect});
}

Codec<RespondSpec> respond_codec() {
  using R = RespondSpec;
  return object<R>({.fields = {row("status", &R::status, integer(200, 599), "The status code."),
                               row("body", &R::body, text("a text", {}, check_body),
                                   "At most 16 KiB.", {.example = "closed for today"}),
                               row("content_type", &R::content_type,
                                   text("a media type", {}, check_header_value), "Of the body.")},
                    .check = check_respond});
}

void check_own_answer(const Tree& tree, Reader& reader, const RouteSpec& it) {
  if (!it.answers_itself()) return;
  for (const std::string_view key : kOfSplits) refuse_key(tree, reader, key);
  const Member* const rewrite = tree.find("rewrite");
  if (rewrite == nullptr) return;
  const auto step = reader.enter("rewrite");
  if (it.rewrite.path_prefix) refuse_key(rewrite->value, reader, "path_prefix");
  if (it.rewrite.host) refuse_key(rewrite->value, reader, "host");
  if (it.rewrite.request_headers != routing::HeaderEditsSpec{})
    refuse_key(rewrite->value, reader, "request_headers");
}

}  // namespace sluice::config
