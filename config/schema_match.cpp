// The rows of a route's `match`, `overrides` and `rewrite`.
#include <set>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::HeaderEditsSpec;
using routing::HeaderMatchSpec;
using routing::MatchSpec;
using routing::OverrideSource;
using routing::OverrideSpec;
using routing::RewriteSpec;
using routing::StringMatch;
using routing::StringMatchKind;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Codec<std::string> header_value() {
  return text("a header value", {}, check_header_value);
}

Codec<std::string> regex() {
  return text("a regular expression", {}, check_regex);
}

// `exact | prefix | regex | present` for an object with a member `match`.
template <class T>
std::vector<Field<T>> value_match_rows(std::string name_noun, TextCheck check_the_name) {
  const auto lens = [](auto& it) -> auto& {
    return it.match;
  };
  return {row("name", &T::name, text(std::move(name_noun), {}, std::move(check_the_name)),
              "The name; header names compare without case.", {.required = true}),
          match_row<T>("exact", StringMatchKind::exact, lens, header_value(), "The whole value.",
                       {.example = "\"2\""}),
          match_row<T>("prefix", StringMatchKind::prefix, lens, header_value(),
                       "How the value begins."),
          match_row<T>("regex", StringMatchKind::regex, lens, regex(),
                       "A regular expression (RE2) for the whole value."),
          row_with<T, bool>(
              "present", choice<bool>({{"true", true}}),
              [](const T& it) {
                return it.match.kind == StringMatchKind::present ? std::optional(true)
                                                                 : std::nullopt;
              },
              [](T& it, bool) { it.match = {}; }, "It is there, whatever its value.",
              {.example = "true"})};
}

Group value_match_group() {
  return {{"exact", "prefix", "regex", "present"}};
}

Codec<StringMatch> path_match() {
  using S = StringMatch;
  const auto itself = [](auto& it) -> auto& {
    return it;
  };
  const auto path = text("a path", "^/", check_path);
  return object<S>(
      {.fields = {match_row<S>("prefix", StringMatchKind::prefix, itself, path,
                               "Begins with it, by whole segments: `/api` takes `/api` and "
                               "`/api/x`, not `/apix`.",
                               {.example = "/api"}),
                  match_row<S>("exact", StringMatchKind::exact, itself, path, "The whole path.",
                               {.example = "/login"}),
                  match_row<S>("regex", StringMatchKind::regex, itself, regex(),
                               "A regular expression (RE2) for the whole path.",
                               {.example = "\"/item/[0-9]+\""})},
       .groups = {{{"prefix", "exact", "regex"}}}});
}

// One of the two sources of an override; `source` is kept by the rule that runs after its rows.
Field<OverrideSpec> override_row(const std::string& key, OverrideSource source,
                                 TextCheck check_the_name, std::string example) {
  auto codec = object<OverrideSpec>(
      {.fields = value_match_rows<OverrideSpec>("a " + key + " name", std::move(check_the_name)),
       .groups = {value_match_group()},
       .check = [source](const Tree&, Reader&, OverrideSpec& it) { it.source = source; }});
  return only_if([source](const OverrideSpec& it) { return it.source == source; },
                 inner(key, std::move(codec), "The " + key + " that decides.",
                       {.example = std::move(example)}));
}

Codec<Pairs> header_map() {
  const auto value = header_value();
  auto type = std::make_shared<const Type>(Type{
      .form = Form::map, .summary = "a map of header names and values", .element = value.type});
  return {type,
          [=](const Tree& tree, Reader& reader, Pairs& out) {
            if (!reader.expect(tree, Kind::map, *type)) return;
            std::set<std::string> seen;
            for (const Member& member : tree.members) {
              const auto step = reader.enter(member.key);
              const auto name = check_editable_header(member.key);
              if (!name) reader.error(member.place, name.error().message);
              if (!seen.insert(lower_case(member.key)).second) {
                reader.error(member.place, "header names compare without case: given twice");
              }
              auto& it = out.emplace_back(member.key, std::string());
              value.read(member.value, reader, it.second);
            }
          },
          [=](const Pairs& pairs, Detail detail) {
            Tree out = map_tree();
            for (const auto& [name, text] : pairs) {
              out.members.push_back({name, value.render(text, detail), {}});
            }
            return out;
          }};
}

}  // namespace

Codec<HeaderEditsSpec> header_edits_codec() {
  using H = HeaderEditsSpec;
  return object<H>(
      {.fields = {
           row("set", &H::set, header_map(), "Replaces the header, or adds it.",
               {.example = "{ x-team: shop }"}),
           row("add", &H::add, header_map(), "Adds a header beside those already there."),
           row("remove", &H::remove, list(text("a header name", {}, check_editable_header)),
               "Takes the header away. Runs before `set` and `add`.", {.example = "[server]"})}});
}

Codec<HeaderMatchSpec> header_match_codec() {
  return object<HeaderMatchSpec>(
      {.fields = value_match_rows<HeaderMatchSpec>("a header name", check_header_name),
       .groups = {value_match_group()}});
}

Codec<MatchSpec> match_codec() {
  using M = MatchSpec;
  return object<M>(
      {.fields = {row("hosts", &M::hosts, list(text("a host name", {}, check_host_pattern)),
                      "Hosts of the request, without port; `*.shop.example` takes every name "
                      "below shop.example, not itself. Empty: any.",
                      {.example = "[shop.example, \"*.shop.example\"]"}),
                  row("path", &M::path, path_match(), "The path of the request; one of these.",
                      {.example = "{ prefix: / }"}),
                  row("methods", &M::methods, list(text("a method", {}, check_method)),
                      "Methods, in capitals. Empty: any.", {.example = "[GET, POST]"}),
                  row("headers", &M::headers, list(header_match_codec()),
                      "Headers that must match, all of them.",
                      {.example = "[{ name: x-api-version, exact: \"2\" }]"})}});
}

Codec<OverrideSpec> override_codec() {
  return object<OverrideSpec>(
      {.fields = {override_row("header", OverrideSource::header, check_header_name,
                               "{ name: x-user-group, exact: canary-testers }"),
                  override_row("cookie", OverrideSource::cookie, check_cookie_name,
                               "{ name: beta, exact: \"1\" }"),
                  row("upstream", &OverrideSpec::upstream, upstream_name(),
                      "Where such requests go. It need not be part of the split.",
                      {.required = true, .example = "canary"})},
       .groups = {{{"header", "cookie"}}}});
}

Codec<RewriteSpec> rewrite_codec() {
  using R = RewriteSpec;
  return object<R>(
      {.fields = {
           row("path_prefix", &R::path_prefix, text("a path", "^/", check_path),
               "Stands in for the prefix that `match.path.prefix` matched.", {.example = "/v2"}),
           row("host", &R::host, text("a host", {}, check_host_value),
               "The Host header that the upstream sees.", {.example = "app.internal"}),
           row("request_headers", &R::request_headers, header_edits_codec(),
               "Header edits on the way to the upstream."),
           row("response_headers", &R::response_headers, header_edits_codec(),
               "Header edits on the way to the client.")}});
}

}  // namespace sluice::config
