#pragma once
// Decides the one spelling of a path that is routed on, or refuses the path. What is forwarded is
// the path as it came (docs/adr/0004), unless a rewrite replaces its prefix.
//
// What is done: percent-triplets of unreserved characters are decoded, the hex digits of the others
// made upper-case, "." and ".." segments removed, runs of '/' collapsed.
// What is refused, because proxy and upstream could read it differently:
// - %00, bad triplets, overlong UTF-8 (%C0%AF), raw controls, blanks, 8-bit, '#', '?', '\';
// - "..;x" and ".;x": a segment that some application servers cut down to a dot segment;
// - %2F and %5C next to a dot segment ("a%2F..%2Fb"): a traversal for whoever decodes it.
// What is left alone: %2F and %5C otherwise (they never separate segments here), ';' parameters
// otherwise, %25 (we decode once, so "%252e" is not a dot).
//
// Thread: any. Path: hot; allocates only when the buffer must grow.
// Source: RFC 3986 sections 5.2.4 and 6.2.2; RFC 9112 section 3.2.1; design/http.md row 23.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice::routing {

enum class PathRefusal : std::uint8_t {
  not_absolute,  // does not begin with '/' (and is not "*")
  bad_character,
  bad_percent,
  null_byte,
  overlong_utf8,
  ambiguous_segment,  // "..;", or a dot segment behind an escaped separator
};

// What is wrong, for the client to read.
std::string_view describe(PathRefusal refusal) noexcept;

// The normal form of `raw` (no query): a view of `raw` itself when it is normal already, else of
// `buffer`. "*" (OPTIONS) is returned as it is.
// Invariant: idempotent; what it returns is accepted and returned unchanged by a second call.
Result<std::string_view, PathRefusal> normalise_path(std::string_view raw, std::string& buffer);

// `path` with the matched `prefix` replaced (RewriteSpec::path_prefix); both with or without a
// trailing slash. A view of `buffer`. `path` must lie under `prefix` by whole segments.
// Invariant: normal when path and replacement are.
std::string_view replace_prefix(std::string_view path, std::string_view prefix,
                                std::string_view replacement, std::string& buffer);

}  // namespace sluice::routing
