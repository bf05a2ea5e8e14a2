#pragma once
// Decides whether a request belongs to a route. The compiled form of MatchSpec, and what routing
// is told about a request.
//
// Thread: the matchers are immutable and shared by all workers. Path: hot, no allocation.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/spec.hpp"

namespace re2 {
class RE2;
}

namespace sluice::routing {

struct Field {
  std::string_view name;  // in any case
  std::string_view value;
};

// What routing may know of one request. Views: the caller keeps the bytes alive during the call.
struct RequestFacts {
  std::string_view method;
  std::string_view host;  // lower-case, no port; one trailing dot is forgiven
  std::string_view path;  // normalised (routing/path.hpp), no query
  std::span<const Field> fields;
  std::string_view client_ip;
  bool secure = false;  // the client speaks TLS, to us or to a trusted proxy before us
};

// A string rule with everything prepared. Regular expressions match the whole string.
struct StringMatcher {
  StringMatchKind kind = StringMatchKind::present;
  std::string value;
  std::shared_ptr<const re2::RE2> regex;  // kind regex only
};

struct HostMatcher {
  bool any_label = false;  // "*.suffix": any depth below it, not the bare suffix
  std::string value;       // lower-case; with any_label ".suffix"
};

struct HeaderMatcher {
  std::string name;  // lower-case
  StringMatcher match;
};

struct RouteMatcher {
  std::vector<HostMatcher> hosts;      // empty: any
  std::optional<StringMatcher> path;   // prefix: without its trailing slash; "/" became ""
  std::vector<std::string> methods;    // empty: any
  std::vector<HeaderMatcher> headers;  // all must match
};

// ---- questions on the hot path -----------------------------------------------------------------

bool matches(const RouteMatcher& matcher, const RequestFacts& facts) noexcept;
bool matches(const StringMatcher& matcher, std::string_view value) noexcept;
bool matches_host(const HostMatcher& matcher, std::string_view host) noexcept;

// Path rules differ from string rules in one point: a prefix ends at the end of a segment.
bool matches_path(const StringMatcher& matcher, std::string_view path) noexcept;

// Whether any instance of the header matches.
bool matches_header(const HeaderMatcher& matcher, std::span<const Field> fields) noexcept;

// The first field of that name; `lower_name` must be lower-case.
std::optional<std::string_view> find_header(std::span<const Field> fields,
                                            std::string_view lower_name) noexcept;

// Walks over all values of one cookie name, over all Cookie fields, in their order. A client may
// hold several cookies of one name (set for different paths), so the first need not be ours.
// Names are case-sensitive; one pair of surrounding double quotes is taken off a value.
// Source: RFC 6265 section 4.2.1 (sent form), read leniently: split at ';', trim blanks.
class CookieWalk {
 public:
  CookieWalk(std::span<const Field> fields, std::string_view name) noexcept
      : fields_(fields), name_(name) {}
  std::optional<std::string_view> next() noexcept;

 private:
  std::optional<std::string_view> next_in_field() noexcept;

  std::span<const Field> fields_;
  std::string_view name_;
  std::string_view rest_;
};

std::optional<std::string_view> find_cookie(std::span<const Field> fields,
                                            std::string_view name) noexcept;

// ---- preparing, at publish time ----------------------------------------------------------------

// Expressions by their text. Carried from snapshot to snapshot: an RE2 learns its automaton from
// the traffic, and a change of weights must not make it learn anew.
using Regexes = std::map<std::string, std::shared_ptr<const re2::RE2>>;

// What goes along while matchers are made.
struct Matching {
  std::vector<std::string>& errors;
  const Regexes* known = nullptr;  // of the previous snapshot
  Regexes used = {};
};

// Errors: appended, with `where` before them; the result is then not to be used.
RouteMatcher make_route_matcher(const MatchSpec& spec, const std::string& where,
                                Matching& matching);
StringMatcher make_string_matcher(const StringMatch& spec, const std::string& where,
                                  Matching& matching);
std::string lower_case(std::string_view text);

}  // namespace sluice::routing
