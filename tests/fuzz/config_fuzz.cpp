// Any text: load never crashes, and what loads is rendered to a text that loads as an equal value.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "config/load.hpp"
#include "config/render.hpp"

namespace {

using namespace sluice::config;

std::optional<std::string> variable(const std::string& name) {
  if (name == "PORT") return "8080";
  if (name == "EMPTY") return "";
  if (name == "ODD") return "${PORT} $$ \"\\\n: #";
  return std::nullopt;
}

sluice::Result<std::string, std::string> read_file(const std::string& path) {
  if (path.ends_with(".keys")) return std::string("MDEyMzQ1Njc4OWFiY2RlZg==\n");
  return sluice::Failure{std::string("No such file or directory")};
}

[[noreturn]] void fail(const std::string& why) {
  std::fputs(why.c_str(), stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const Surroundings surroundings{variable, read_file};
  const auto loaded = load_text(text, "/etc/sluice/sluice.yaml", surroundings);
  if (!loaded) {
    if (loaded.error().empty()) fail("refused without a reason\n");
    (void)format_text(loaded.error());
    (void)format_json(loaded.error());
    return 0;
  }
  for (const auto detail : {Detail::everything, Detail::changes}) {
    const std::string rendered = render(*loaded, detail);
    const auto again = load_text(rendered, "/etc/sluice/sluice.yaml", surroundings);
    if (!again) fail(rendered + format_text(again.error()));
    if (!(*again == *loaded)) fail(rendered + "loads as something else\n");
  }
  return 0;
}
