#include "config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/utf8.hpp"
#include "config/schema.hpp"

namespace sluice::config {
namespace {

// What the YAML library would silently convert or misread.
std::optional<Diagnostic> refuse_bytes(std::string_view text, const std::string& filename) {
  if (text.size() > kFileBytesMax) {
    return file_diagnostic(filename, "larger than 1MiB");
  }
  auto bad = find_invalid_utf8(text);
  std::string what = "not UTF-8";
  if (const auto nul = text.find('\0'); nul < bad) {
    bad = nul;
    what = "a NUL byte: not a text file in UTF-8";
  }
  if (bad == std::string_view::npos) return std::nullopt;
  Diagnostic it = file_diagnostic(filename, std::move(what));
  const auto before = text.substr(0, bad);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  it.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  it.column = static_cast<std::uint32_t>(count_characters(before.substr(line_start)) + 1);
  return it;
}

std::string system_message(int error) {
  return std::error_code(error, std::generic_category()).message();
}

}  // namespace

std::optional<std::string> process_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Result<std::string, std::string> read_regular_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error) return Failure{error.message()};
  // A pipe would block and /dev/zero never ends.
  if (!std::filesystem::is_regular_file(status)) return Failure{std::string("not a regular file")};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure{system_message(errno ? errno : EIO)};
  std::string content(kFileBytesMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return Failure{system_message(EIO)};
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kFileBytesMax) return Failure{std::string("larger than 1MiB")};
  return content;
}

Loaded load_file(const std::string& path, const Environment& environment) {
  auto content = read_regular_file(path);
  if (!content) {
    return Failure{std::vector{file_diagnostic(path, "cannot read: " + content.error())}};
  }
  return load_text(*content, path, environment);
}

Diagnostic listener_diagnostic(const std::string& path, std::size_t index, std::string message) {
  const std::string where = "listeners[" + std::to_string(index) + "].bind";
  const auto text = read_regular_file(path);
  if (!text) return file_diagnostic(path, where + ": " + message);
  const SourceText source(path, *text);
  Report reading(source);
  const auto tree = parse_tree(*text, process_variable, reading);
  const Member* const list = tree ? tree->find("listeners") : nullptr;
  if (list == nullptr || index >= list->value.items.size())
    return file_diagnostic(path, where + ": " + message);
  const Member* const bind = list->value.items[index].find("bind");
  Report report(source);
  report.add(bind != nullptr ? bind->value.place : list->place, where, where + ": " + message);
  return report.take().front();
}

Loaded load_text(std::string_view text, const std::string& filename,
                 const Environment& environment) {
  return load_text(text, filename, Surroundings{environment, read_regular_file});
}

Loaded load_text(std::string_view text, const std::string& filename,
                 const Surroundings& surroundings) {
  if (auto refused = refuse_bytes(text, filename)) {
    return Failure{std::vector{*std::move(refused)}};
  }
  // The mark counts for nothing: editors do not show it, YAML marks do not include it.
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const SourceText source(filename, text);
  Report report(source);
  Configuration configuration;
  if (const auto tree = parse_tree(text, surroundings.environment, report)) {
    Reader reader(report, surroundings.read_file);
    configuration_codec().read(*tree, reader, configuration);
  }
  if (!report.empty()) return Failure{report.take()};
  return configuration;
}

}  // namespace sluice::config
