#pragma once
// The way in: a file or its text -> a Configuration, or everything that is wrong with it.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/configuration.hpp"
#include "config/diagnostic.hpp"
#include "config/reader.hpp"

namespace sluice::config {

using Loaded = Result<Configuration, std::vector<Diagnostic>>;

// The variables of this process. Thread: not beside setenv().
std::optional<std::string> process_variable(const std::string& name);
// Reads a regular file of at most kFileBytesMax bytes. Errors: "No such file or directory", ...
Result<std::string, std::string> read_regular_file(const std::string& path);

// Errors: one diagnostic with line 0 when the file cannot be read; else as load_text().
Loaded load_file(const std::string& path, const Environment& environment = process_variable);

// `filename` stands in diagnostics and is what files named in the text are relative to.
//
// Errors: all diagnostics of the text and of the files it names, in their order; none thrown.
// Invariant: on success the specs keep what routing/spec.hpp promises of them.
Loaded load_text(std::string_view text, const std::string& filename,
                 const Environment& environment = process_variable);
Loaded load_text(std::string_view text, const std::string& filename,
                 const Surroundings& surroundings);

// What was found out later about listener `index` of that file, where its `bind` stands (if the
// file is still the same).
Diagnostic listener_diagnostic(const std::string& path, std::size_t index, std::string message);

}  // namespace sluice::config
