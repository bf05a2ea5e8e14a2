#include "config/diagnostic.hpp"

#include <algorithm>
#include <tuple>

#include "base/json_text.hpp"
#include "base/utf8.hpp"

namespace sluice::config {
namespace {

// More errors than this help nobody; a hostile file could otherwise ask for millions.
constexpr std::size_t kDiagnosticsMax = 1'000;
constexpr std::size_t kExcerptMax = 160;    // bytes; a longer line is cut to a window
constexpr std::size_t kExcerptBefore = 80;  // bytes of the window before the caret

// The printable part of `line` around byte `at`; sets at to its place in the window.
std::string_view cut_window(std::string_view line, std::size_t& at) {
  if (line.size() <= kExcerptMax) return line;
  std::size_t start = at > kExcerptBefore ? at - kExcerptBefore : 0;
  while (start > 0 && is_utf8_continuation(line[start])) --start;
  std::size_t end = std::min(line.size(), start + kExcerptMax);
  while (end < line.size() && is_utf8_continuation(line[end])) ++end;
  at -= start;
  return line.substr(start, end - start);
}

// Control characters would move the caret or drive a terminal; one blank each keeps columns.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string one_diagnostic(const Diagnostic& it) {
  std::string out = it.file;
  if (it.line) out += ":" + std::to_string(it.line) + ":" + std::to_string(it.column);
  out += ": error: " + printable(it.message);
  if (!it.suggestion.empty()) out += "; did you mean '" + it.suggestion + "'?";
  out += '\n';
  if (!it.excerpt_column) return out;
  const std::string number = std::to_string(it.line);
  const std::string margin(number.size() < 5 ? 5 - number.size() : 0, ' ');
  out += margin + number + " | " + it.excerpt + '\n';
  out += std::string(margin.size() + number.size(), ' ') + " | " +
         std::string(it.excerpt_column - 1, ' ') + '^' + std::string(it.length - 1, '~') + '\n';
  return out;
}

}  // namespace

SourceText::SourceText(std::string name, std::string_view text) : name_(std::move(name)) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view SourceText::line(std::uint32_t number) const {
  return number >= 1 && number <= lines_.size() ? lines_[number - 1] : std::string_view();
}

void Report::add(const Place& place, std::string path, std::string message,
                 std::string suggestion) {
  add(*source_, place, std::move(path), std::move(message), std::move(suggestion));
}

void Report::add(const SourceText& source, const Place& place, std::string path,
                 std::string message, std::string suggestion) {
  Diagnostic it;
  it.file = source.name();
  it.path = std::move(path);
  it.message = std::move(message);
  it.suggestion = std::move(suggestion);
  if (place.line > 0) {
    const auto line = source.line(place.line);
    std::size_t at = std::min<std::size_t>(place.column ? place.column - 1 : 0, line.size());
    it.line = place.line;
    it.column = static_cast<std::uint32_t>(count_characters(line.substr(0, at)) + 1);
    const auto window = cut_window(line, at);
    const auto token = window.substr(at, place.length);
    it.excerpt = printable(window);
    it.excerpt_column = static_cast<std::uint32_t>(count_characters(window.substr(0, at)) + 1);
    it.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, count_characters(token)));
  }
  add(std::move(it));
}

void Report::add(Diagnostic diagnostic) {
  if (diagnostics_.size() > kDiagnosticsMax) return;
  if (diagnostics_.size() == kDiagnosticsMax) {
    diagnostic = file_diagnostic(source_->name(), "too many errors; the rest is left out");
  }
  diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Report::take() {
  const auto& own = source_->name();
  std::ranges::stable_sort(diagnostics_, [&](const Diagnostic& a, const Diagnostic& b) {
    const bool a_foreign = a.file != own;
    const bool b_foreign = b.file != own;
    return std::tie(a_foreign, a.line, a.column) < std::tie(b_foreign, b.line, b.column);
  });
  return std::move(diagnostics_);
}

Diagnostic file_diagnostic(std::string file, std::string message) {
  Diagnostic it;
  it.file = std::move(file);
  it.message = std::move(message);
  return it;
}

std::string format_text(std::span<const Diagnostic> diagnostics) {
  if (diagnostics.empty()) return {};
  std::string out;
  for (const Diagnostic& it : diagnostics) out += one_diagnostic(it);
  const auto count = diagnostics.size();
  return out + diagnostics.front().file + ": " + std::to_string(count) +
         (count == 1 ? " error\n" : " errors\n");
}

std::string format_json(std::span<const Diagnostic> diagnostics) {
  std::string out = "[";
  for (const Diagnostic& it : diagnostics) {
    out += out.size() > 1 ? ",\n " : "";
    out += "{\"file\":" + json_string(it.file) + ",\"line\":" + std::to_string(it.line) +
           ",\"column\":" + std::to_string(it.column) + ",\"path\":" + json_string(it.path) +
           ",\"message\":" + json_string(it.message) + ",\"suggestion\":" +
           (it.suggestion.empty() ? std::string("null") : json_string(it.suggestion)) + "}";
  }
  return out + "]\n";
}

}  // namespace sluice::config
