#include "routing/path.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/hex.hpp"

namespace sluice::routing {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

constexpr bool is_forbidden(unsigned char c) noexcept {
  return c <= 0x20 || c >= 0x7f || c == '#' || c == '?' || c == '\\';
}

constexpr bool is_unreserved(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// The byte that the triplet at the front of `text` stands for; -1 when it is none.
int triplet_value(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Whether `lead` and the triplet after it spell a character longer than needed: the old trick to
// smuggle '/' and '.' past a filter. Bytes that are merely not UTF-8 (Latin-1) are let through.
bool is_overlong(int lead, std::string_view after) noexcept {
  const int next = triplet_value(after);
  if (lead == 0xc0 || lead == 0xc1) return next >= 0x80 && next <= 0xbf;
  if (lead == 0xe0) return next >= 0x80 && next <= 0x9f;
  if (lead == 0xf0) return next >= 0x80 && next <= 0x8f;
  return false;
}

enum class Kind : std::uint8_t { plain, slash, dot, percent, forbidden };

constexpr std::array<Kind, 256> make_kinds() {
  std::array<Kind, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    if (is_forbidden(static_cast<unsigned char>(c))) kinds[c] = Kind::forbidden;
  }
  kinds['/'] = Kind::slash;
  kinds['.'] = Kind::dot;
  kinds['%'] = Kind::percent;
  return kinds;
}

constexpr std::array<Kind, 256> kKinds = make_kinds();

enum class Look : std::uint8_t { normal, needs_work, forbidden };

// One pass that finds nothing in almost every path.
Look look_at(std::string_view raw) noexcept {
  Look look = Look::normal;
  Kind before = Kind::plain;
  for (const char c : raw) {
    const Kind kind = kKinds[static_cast<unsigned char>(c)];
    if (kind != Kind::plain) {
      if (kind == Kind::forbidden) return Look::forbidden;
      if (kind == Kind::percent || before == Kind::slash) look = Look::needs_work;
    }
    before = kind;
  }
  return look;
}

std::optional<PathRefusal> decode_triplets(std::string_view raw, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      out += raw[i];
      continue;
    }
    const int value = triplet_value(raw.substr(i));
    if (value < 0) return PathRefusal::bad_percent;
    if (value == 0) return PathRefusal::null_byte;
    if (is_overlong(value, raw.substr(i + 3))) return PathRefusal::overlong_utf8;
    if (is_unreserved(static_cast<unsigned char>(value))) {
      out += static_cast<char>(value);
    } else {
      out += '%';
      out += kUpperHex[static_cast<std::size_t>(value) / 16];
      out += kUpperHex[static_cast<std::size_t>(value) % 16];
    }
    i += 2;
  }
  return std::nullopt;
}

// Where the next escaped separator begins; npos when there is none. Triplets are upper-case here.
std::size_t find_escaped_separator(std::string_view segment) noexcept {
  return std::min(segment.find("%2F"), segment.find("%5C"));
}

// Whether an upstream that decodes separators or cuts off parameters would see a dot segment where
// we see an ordinary name.
bool is_ambiguous(std::string_view segment) noexcept {
  bool changed = false;
  while (true) {
    const std::size_t separator = find_escaped_separator(segment);
    std::string_view part = segment.substr(0, separator);
    if (separator != std::string_view::npos) changed = true;
    const std::size_t parameter = std::min(part.find(';'), part.find("%3B"));
    const std::string_view name = part.substr(0, parameter);
    const bool dots = name == "." || name == "..";
    if (dots && (changed || parameter != std::string_view::npos)) return true;
    if (separator == std::string_view::npos) return false;
    segment.remove_prefix(separator + 3);
  }
}

// Removes dot segments and empty segments, in place: what is written never overtakes what is read.
bool remove_dot_segments(std::string& path) {
  std::size_t written = 0;
  std::size_t read = 1;
  bool ends_open = true;  // the last segment so far was a directory: the result ends with '/'
  while (read <= path.size()) {
    const std::size_t end = std::min(path.find('/', read), path.size());
    const std::string_view segment(path.data() + read, end - read);
    if (is_ambiguous(segment)) return false;
    ends_open = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      const std::size_t parent = written == 0 ? 0 : path.rfind('/', written - 1);
      written = parent;
    } else if (!ends_open) {
      path[written++] = '/';
      for (std::size_t i = read; i < end; ++i) path[written++] = path[i];
    }
    read = end + 1;
  }
  path.resize(written);
  if (ends_open) path += '/';
  return true;
}

}  // namespace

std::string_view describe(PathRefusal refusal) noexcept {
  switch (refusal) {
    case PathRefusal::not_absolute:
      return "a path that does not begin with '/'";
    case PathRefusal::bad_character:
      return "a character in the path that must be percent-encoded";
    case PathRefusal::bad_percent:
      return "a percent sign in the path without two hex digits behind it";
    case PathRefusal::null_byte:
      return "a null byte (%00) in the path";
    case PathRefusal::overlong_utf8:
      return "overlong UTF-8 in the path";
    case PathRefusal::ambiguous_segment:
      return "a dot segment in the path that servers read in different ways";
  }
  return {};
}

Result<std::string_view, PathRefusal> normalise_path(std::string_view raw, std::string& buffer) {
  if (raw == "*") return raw;
  if (!raw.starts_with('/')) return Failure{PathRefusal::not_absolute};
  switch (look_at(raw)) {
    case Look::normal:
      return raw;
    case Look::forbidden:
      return Failure{PathRefusal::bad_character};
    case Look::needs_work:
      break;
  }
  if (const auto refusal = decode_triplets(raw, buffer)) return Failure{*refusal};
  if (!remove_dot_segments(buffer)) return Failure{PathRefusal::ambiguous_segment};
  return std::string_view(buffer);
}

std::string_view replace_prefix(std::string_view path, std::string_view prefix,
                                std::string_view replacement, std::string& buffer) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  const std::string_view rest = path.substr(prefix.size());
  if (!rest.empty() && replacement.ends_with('/')) replacement.remove_suffix(1);
  buffer.assign(replacement);
  buffer += rest;
  if (buffer.empty()) buffer = "/";
  return buffer;
}

}  // namespace sluice::routing
