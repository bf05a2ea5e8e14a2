// The ledger rig: proves that a proxy loses, doubles and mixes up nothing while its upstreams are
// killed, stopped and reset under it. loadtest/README.md says what it proves and how.
#include <cstdio>
#include <map>
#include <string_view>

#include "loadtest/ledger/liar.hpp"
#include "loadtest/ledger/message.hpp"
#include "loadtest/ledger/run.hpp"
#include "loadtest/ledger/upstream.hpp"

namespace {

constexpr const char* kUsage =
    "usage: ledger run --sluice PROGRAM [--requests N] [--seed N]\n"
    "           [--connections N] [--reload-every N] [--route YAML] [--folder FOLDER]\n"
    "       ledger run --lie resend|swap|shorten|invent|finish|honest [...]\n"
    "       ledger upstream --name NAME --port PORT --log FILE --run SEED --mischief SEED\n"
    "       ledger liar --lie WHICH --run SEED --to PORT...\n";

// `--name value` pairs. A number that is none becomes no number: the caller refuses it.
class Arguments {
 public:
  Arguments(int count, char** words) {
    ok_ = count % 2 == 0;
    for (int i = 2; i + 1 < count; i += 2) {
      const std::string_view name = words[i];
      ok_ = ok_ && name.starts_with("--");
      values_.emplace(name.substr(std::min<std::size_t>(2, name.size())), words[i + 1]);
    }
  }
  std::string text(const std::string& name) {
    const auto found = values_.find(name);
    if (found == values_.end()) return {};
    return values_.extract(found).mapped();
  }
  std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t most) {
    const std::string given = text(name);
    if (given.empty()) return otherwise;
    const auto value = ledger::whole_number(given);
    ok_ = ok_ && value && *value <= most;
    return value.value_or(0);
  }
  std::uint16_t port(const std::string& name) {
    return static_cast<std::uint16_t>(number(name, 0, UINT16_MAX));
  }
  bool has(const std::string& name) const { return values_.contains(name); }
  // All were well formed, and none is left.
  bool understood() const { return ok_ && values_.empty(); }

 private:
  std::multimap<std::string, std::string> values_;
  bool ok_ = true;
};

int usage() {
  std::fputs(kUsage, stderr);
  return 2;
}

int run(Arguments arguments) {
  ledger::RunOptions options;
  options.sluice = arguments.text("sluice");
  options.lie = arguments.text("lie");
  options.folder = arguments.text("folder");
  options.route = arguments.text("route");
  options.requests = arguments.number("requests", options.requests, 100'000'000);
  options.seed = arguments.number("seed", options.seed, UINT64_MAX);
  options.connections = arguments.number("connections", options.connections, 10'000);
  options.reload_every = arguments.number("reload-every", 0, UINT64_MAX);
  const bool one_subject = options.sluice.empty() != options.lie.empty();
  if (!arguments.understood() || !one_subject || options.connections == 0 ||
      (options.reload_every != 0 && options.sluice.empty()))
    return usage();
  return ledger::run(options);
}

int upstream(Arguments arguments) {
  const ledger::UpstreamOptions options{
      .name = arguments.text("name"),
      .port = arguments.port("port"),
      .log = arguments.text("log"),
      .run = arguments.number("run", 0, UINT64_MAX),
      .mischief = arguments.number("mischief", 0, UINT64_MAX),
  };
  return arguments.understood() ? ledger::serve_upstream(options) : usage();
}

int liar(Arguments arguments) {
  ledger::LiarOptions options{
      .lie = arguments.text("lie"), .run = arguments.number("run", 0, UINT64_MAX), .upstreams = {}};
  while (arguments.has("to")) options.upstreams.push_back(arguments.port("to"));
  if (!arguments.understood() || options.upstreams.empty()) return usage();
  return ledger::serve_liar(options);
}

}  // namespace

int main(int count, char** words) {
  const std::string_view verb = count > 1 ? words[1] : "";
  const Arguments arguments(count, words);
  if (verb == "run") return run(arguments);
  if (verb == "upstream") return upstream(arguments);
  if (verb == "liar") return liar(arguments);
  return usage();
}
