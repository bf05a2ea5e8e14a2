#pragma once
// What is wrong with a configuration and where, in the words and shape of a compiler:
//
//   sluice.yaml:14:9: error: unknown key 'wieght' in upstreams.blue.endpoints[1]; did you mean
//   'weight'?
//      14 |         wieght: 10
//         |         ^~~~~~
//   sluice.yaml: 1 error
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

// Units: 1-based; columns and lengths in bytes, as the YAML reader counts. Line 0: the file as a
// whole.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  friend bool operator==(const Place&, const Place&) = default;
};

// Units: 1-based; column and length in characters, as editors count. Line 0: the file as a whole.
struct Diagnostic {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string path;        // "upstreams.blue.endpoints[1]"; empty at the top
  std::string message;     // without the suggestion
  std::string suggestion;  // a word to write instead, or empty
  // The printed line: a window of a long one. The caret stands under character `excerpt_column`;
  // 0: no line is shown (a file as a whole, a file of secrets).
  std::string excerpt;
  std::uint32_t excerpt_column = 0;
  std::uint32_t length = 1;
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// A file's text by lines, for excerpts and for turning byte columns into characters.
//
// Invariant: the text is valid UTF-8 (Report is made after that check) and outlives this.
class SourceText {
 public:
  SourceText(std::string name, std::string_view text);
  const std::string& name() const noexcept { return name_; }
  // Without its end of line; empty past the end.
  std::string_view line(std::uint32_t number) const;

 private:
  std::string name_;
  std::vector<std::string_view> lines_;
};

// Collects the diagnostics of one load, of the configuration and of the files it names.
class Report {
 public:
  explicit Report(const SourceText& source) : source_(&source) {}

  void add(const Place& place, std::string path, std::string message, std::string suggestion = {});
  void add(const SourceText& source, const Place& place, std::string path, std::string message,
           std::string suggestion = {});
  void add(Diagnostic diagnostic);
  bool empty() const noexcept { return diagnostics_.empty(); }
  const SourceText& source() const noexcept { return *source_; }
  // In the order of the file, the configuration before the files it names.
  std::vector<Diagnostic> take();

 private:
  const SourceText* source_;
  std::vector<Diagnostic> diagnostics_;
};

// A diagnostic about a file as a whole, such as one that cannot be read.
Diagnostic file_diagnostic(std::string file, std::string message);

// The text form, ending with the line "FILE: N errors" (of the first diagnostic's file). Empty for
// none.
std::string format_text(std::span<const Diagnostic> diagnostics);

// [{"file","line","column","path","message","suggestion"}], suggestion null when there is none.
std::string format_json(std::span<const Diagnostic> diagnostics);

}  // namespace sluice::config
