// The rows of a route's `sticky`.
#include <array>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::CookieSecure;
using routing::CookieSpec;
using routing::KeySource;
using routing::OnRevert;
using routing::SameSite;
using routing::StickySpec;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::array<std::string_view, 6> kCookieAttributes{"secure", "http_only", "same_site",
                                                            "path",   "domain",    "session"};

// A row for an attribute of the cookie, written only when there is a cookie.
template <class M>
Field<StickySpec> attribute(std::string key, M CookieSpec::*member, Codec<M> codec, std::string doc,
                            More more = {}) {
  return row_with<StickySpec, M>(
      std::move(key), std::move(codec),
      [=](const StickySpec& it) -> std::optional<M> {
        if (it.key.source != KeySource::cookie) return std::nullopt;
        if constexpr (std::is_same_v<M, std::string>) {
          if ((it.cookie.*member).empty()) return std::nullopt;
        }
        return it.cookie.*member;
      },
      [=](StickySpec& it, M value) { it.cookie.*member = std::move(value); }, std::move(doc),
      std::move(more));
}

void check_attributes_apply(const Tree& tree, Reader& reader) {
  for (const auto key : kCookieAttributes) {
    if (const Member* member = tree.find(key)) {
      reader.key_error(member->place, key,
                       "'" + std::string(key) +
                           "' is an attribute of a cookie; this route does "
                           "not stick by cookie");
    }
  }
}

// Source: RFC 6265bis section 4.1.3 (cookie name prefixes); browsers drop the cookie otherwise.
void check_prefix(const Tree& tree, Reader& reader, const StickySpec& it) {
  const bool host = it.key.name.starts_with("__Host-");
  if (!host && !it.key.name.starts_with("__Secure-")) return;
  const auto step = reader.enter("cookie");
  const Place& place = place_at(tree, "cookie");
  if (it.cookie.secure != CookieSecure::always) {
    reader.error(place, "a cookie named " + it.key.name + " needs secure: true");
  }
  if (host && (it.cookie.path != "/" || !it.cookie.domain.empty())) {
    reader.error(place, "a cookie named " + it.key.name + " needs path: / and no domain");
  }
}

void check_sticky(const Tree& tree, Reader& reader, StickySpec& it) {
  if (it.key.source != KeySource::cookie) return check_attributes_apply(tree, reader);
  check_prefix(tree, reader, it);
  if (it.cookie.same_site == SameSite::none && it.cookie.secure != CookieSecure::always) {
    const auto step = reader.enter("same_site");
    reader.error(place_at(tree, "same_site"),
                 "browsers drop a cookie with same_site: none unless secure: true");
  }
}

std::vector<Field<StickySpec>> key_rows() {
  using S = StickySpec;
  return {key_name_row("cookie", KeySource::cookie, &S::key,
                       text("a cookie name", {}, check_cookie_name),
                       "A signed cookie of this name holds the pin."),
          key_name_row("header", KeySource::header, &S::key,
                       text("a header name", {}, check_header_name),
                       "Requests with the same value of this header stay together.",
                       {.example = "x-user-id"}),
          key_row("client_ip", KeySource::client_ip, &S::key,
                  "Requests from the same client address stay together.")};
}

std::vector<Field<StickySpec>> attribute_rows() {
  return {attribute("secure", &CookieSpec::secure,
                    choice<CookieSecure>({{"auto", CookieSecure::automatic},
                                          {"true", CookieSecure::always},
                                          {"false", CookieSecure::never}}),
                    "Cookie attribute Secure; `auto`: when the client speaks TLS."),
          attribute("http_only", &CookieSpec::http_only, boolean(), "Cookie attribute HttpOnly."),
          attribute(
              "same_site", &CookieSpec::same_site,
              choice<SameSite>(
                  {{"lax", SameSite::lax}, {"strict", SameSite::strict}, {"none", SameSite::none}}),
              "Cookie attribute SameSite; `none` needs `secure: true`."),
          attribute("path", &CookieSpec::path, text("a path", "^/", check_cookie_path),
                    "Cookie attribute Path."),
          attribute("domain", &CookieSpec::domain, text("a domain", {}, check_cookie_domain),
                    "Cookie attribute Domain. Absent: only the host that was asked.",
                    {.example = "shop.example"}),
          attribute("session", &CookieSpec::session, boolean(),
                    "No Max-Age: the cookie ends with the browser. The ttl still holds.")};
}

}  // namespace

Codec<StickySpec> sticky_codec() {
  using S = StickySpec;
  auto fields = key_rows();
  fields.push_back(
      row("ttl", &S::ttl, duration(seconds(1), hours(8'760)), "How long a pin holds."));
  fields.push_back(
      row("endpoint", &S::endpoint, boolean(), "Pins the endpoint too, not just the upstream."));
  fields.push_back(row("on_revert", &S::on_revert,
                       choice<OnRevert>({{"move", OnRevert::move}, {"keep", OnRevert::keep}}),
                       "When the weight of the pinned upstream is reverted: `move` the client to "
                       "another one, or `keep` it."));
  for (auto& field : attribute_rows()) fields.push_back(std::move(field));
  return object<S>({.fields = std::move(fields),
                    .groups = {{{"cookie", "header", "client_ip"}, false}},
                    .check = check_sticky});
}

}  // namespace sluice::config
