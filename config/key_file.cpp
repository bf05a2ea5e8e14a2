#include "config/key_file.hpp"

#include <algorithm>
#include <optional>

#include "base/crypto.hpp"

namespace sluice::config {
namespace {

// Padding may be left out.
std::optional<std::string> decode_key(std::string_view text) {
  std::string padded(text);
  if (text.find('=') == std::string_view::npos) padded.append((4 - text.size() % 4) % 4, '=');
  return decode_base64(padded);
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
    auto key = decode_key(line);
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
