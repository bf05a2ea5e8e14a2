#pragma once
// Loads configurations from text, with an environment and files that a test makes up.
#include <map>
#include <string>

#include "config/load.hpp"

namespace sluice::config {

struct World {
  std::map<std::string, std::string> variables = {};
  std::map<std::string, std::string> files = {};

  Surroundings surroundings() const {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& path) -> Result<std::string, std::string> {
              const auto found = files.find(path);
              if (found == files.end()) return Failure{std::string("No such file or directory")};
              return found->second;
            }};
  }
};

inline Loaded load(std::string_view text, const World& world = {}) {
  return load_text(text, "/etc/sluice/sluice.yaml", world.surroundings());
}

// The diagnostics as validate prints them, for a file called sluice.yaml; empty for a valid one.
inline std::string errors(std::string_view text, const World& world = {}) {
  const auto loaded = load_text(text, "sluice.yaml", world.surroundings());
  return loaded ? std::string() : format_text(loaded.error());
}

// The smallest useful file.
inline constexpr std::string_view kSmallest = R"(version: 1
listeners:
  - bind: 0.0.0.0:8080
upstreams:
  blue: { endpoints: ["127.0.0.1:9001"] }
  green: { endpoints: ["127.0.0.1:9002"] }
routes:
  - split: { blue: 90, green: 10 }
)";

// The smallest file with more lines below its only route, its only listener or at its top.
inline std::string with_route(const std::string& lines) {
  return std::string(kSmallest) + lines;
}
inline std::string with_listener(const std::string& lines) {
  std::string out(kSmallest);
  return out.insert(out.find("upstreams:"), lines);
}
inline std::string with_top(const std::string& lines) {
  return std::string(kSmallest) + lines;
}

}  // namespace sluice::config
