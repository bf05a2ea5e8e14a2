#include "config/key_file.hpp"

#include <algorithm>
#include <optional>

namespace sluice::config {
namespace {

int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Source: RFC 4648 section 4. Padding may be left out; stray bits in the last digit may not be set.
std::optional<std::string> decode_base64(std::string_view text) {
  const auto end = std::min(text.find('='), text.size());
  const auto padding = text.substr(end);
  if (padding.size() > 2 || (!padding.empty() && text.size() % 4 != 0)) return std::nullopt;
  if (padding.find_first_not_of('=') != std::string_view::npos || end % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text.substr(0, end)) {
    if (digit(c) < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xff);
    bits &= (1U << count) - 1;
  }
  return bits == 0 ? std::optional(out) : std::nullopt;
}

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

// A diagnostic without an excerpt: the line is a secret.
void report_line(Reader& reader, const std::string& file, std::uint32_t line, std::string message) {
  Diagnostic it = file_diagnostic(file, std::move(message));
  it.line = line;
  it.column = 1;
  it.path = reader.path();
  reader.report().add(std::move(it));
}

}  // namespace

void read_key_file(const std::string& file, const Place& place, Reader& reader,
                   std::vector<std::string>& keys) {
  const auto content = reader.read_file()(file);
  if (!content) return reader.error(place, "cannot read " + file + ": " + content.error());
  std::string_view rest = *content;
  bool any = false;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    any = true;
    auto key = decode_base64(line);
    if (!key) {
      report_line(reader, file, number, "not base64");
    } else if (key->size() < kKeyBytesMin) {
      report_line(reader, file, number,
                  "the key has " + std::to_string(key->size()) + " bytes; at least " +
                      std::to_string(kKeyBytesMin) + " are needed (openssl rand -base64 32)");
    } else {
      keys.push_back(*std::move(key));
    }
  }
  if (!any) reader.error(place, file + " holds no key (openssl rand -base64 32)");
}

}  // namespace sluice::config
