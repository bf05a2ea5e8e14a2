#include "routing/match.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "base/ascii.hpp"

namespace sluice::routing {
namespace {

bool matches_any_host(const RouteMatcher& matcher, std::string_view host) noexcept {
  if (matcher.hosts.empty()) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::any_of(matcher.hosts.begin(), matcher.hosts.end(),
                     [&](const HostMatcher& one) { return matches_host(one, host); });
}

bool matches_any_method(const RouteMatcher& matcher, std::string_view method) noexcept {
  return matcher.methods.empty() ||
         std::find(matcher.methods.begin(), matcher.methods.end(), method) != matcher.methods.end();
}

HostMatcher make_host_matcher(const std::string& spec) {
  std::string host = lower_case(spec);
  if (host.ends_with('.')) host.pop_back();
  if (host.starts_with("*.")) return {true, host.substr(1)};
  return {false, host};
}

std::shared_ptr<const RE2> regex_for(const std::string& text, Matching& matching) {
  auto& regex = matching.used[text];
  if (regex) return regex;
  if (matching.known != nullptr) {
    const auto known = matching.known->find(text);
    if (known != matching.known->end()) return regex = known->second;
  }
  return regex = std::make_shared<const RE2>(text, RE2::Quiet);
}

}  // namespace

bool matches_host(const HostMatcher& matcher, std::string_view host) noexcept {
  if (!matcher.any_label) return host == matcher.value;
  return host.size() > matcher.value.size() && host.ends_with(matcher.value);
}

bool matches(const StringMatcher& matcher, std::string_view value) noexcept {
  switch (matcher.kind) {
    case StringMatchKind::exact:
      return value == matcher.value;
    case StringMatchKind::prefix:
      return value.starts_with(matcher.value);
    case StringMatchKind::regex:
      return matcher.regex && RE2::FullMatch(value, *matcher.regex);
    case StringMatchKind::present:
      return true;
  }
  return false;
}

bool matches_path(const StringMatcher& matcher, std::string_view path) noexcept {
  if (matcher.kind != StringMatchKind::prefix) return matches(matcher, path);
  if (!path.starts_with(matcher.value)) return false;
  return path.size() == matcher.value.size() || path[matcher.value.size()] == '/';
}

bool matches_header(const HeaderMatcher& matcher, std::span<const Field> fields) noexcept {
  return std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
    return iequals(field.name, matcher.name) && matches(matcher.match, field.value);
  });
}

bool matches(const RouteMatcher& matcher, const RequestFacts& facts) noexcept {
  return matches_any_host(matcher, facts.host) &&
         (!matcher.path || matches_path(*matcher.path, facts.path)) &&
         matches_any_method(matcher, facts.method) &&
         std::all_of(
             matcher.headers.begin(), matcher.headers.end(),
             [&](const HeaderMatcher& header) { return matches_header(header, facts.fields); });
}

std::optional<std::string_view> find_header(std::span<const Field> fields,
                                            std::string_view lower_name) noexcept {
  for (const Field& field : fields) {
    if (iequals(field.name, lower_name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> CookieWalk::next() noexcept {
  while (true) {
    if (auto value = next_in_field()) return value;
    while (!fields_.empty() && !iequals(fields_.front().name, "cookie")) {
      fields_ = fields_.subspan(1);
    }
    if (fields_.empty()) return std::nullopt;
    rest_ = fields_.front().value;
    fields_ = fields_.subspan(1);
  }
}

std::optional<std::string_view> CookieWalk::next_in_field() noexcept {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    const std::string_view pair = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim_blanks(pair.substr(0, equals)) != name_) continue;
    std::string_view value = trim_blanks(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_cookie(std::span<const Field> fields,
                                            std::string_view name) noexcept {
  return CookieWalk(fields, name).next();
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

StringMatcher make_string_matcher(const StringMatch& spec, const std::string& where,
                                  Matching& matching) {
  StringMatcher matcher{spec.kind, spec.value, nullptr};
  if (spec.kind != StringMatchKind::regex) return matcher;
  matcher.regex = regex_for(spec.value, matching);
  if (!matcher.regex->ok()) {
    matching.errors.push_back(where + ": bad regular expression: " + matcher.regex->error());
  }
  return matcher;
}

RouteMatcher make_route_matcher(const MatchSpec& spec, const std::string& where,
                                Matching& matching) {
  RouteMatcher matcher;
  for (const auto& host : spec.hosts) matcher.hosts.push_back(make_host_matcher(host));
  if (spec.path) {
    matcher.path = make_string_matcher(*spec.path, where + ".path", matching);
    // By segments "/api/" is the same prefix as "/api", and "/" is the empty one.
    const bool slash = matcher.path->value.ends_with('/');
    if (spec.path->kind == StringMatchKind::prefix && slash) matcher.path->value.pop_back();
  }
  matcher.methods = spec.methods;
  for (const auto& header : spec.headers) {
    matcher.headers.push_back(
        {lower_case(header.name),
         make_string_matcher(header.match, where + ".headers." + header.name, matching)});
  }
  return matcher;
}

}  // namespace sluice::routing
