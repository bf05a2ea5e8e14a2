// The rows of an upstream's `limits`.
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::LimitsSpec;
using std::chrono::minutes;

constexpr std::uint32_t kLimitMax = 1'000'000;

bool limits_anything(const LimitsSpec& it) {
  return it.max_connections != 0 || it.max_requests != 0;
}

// What is written and wrong has had its own message.
bool is_set(const Tree& tree, std::string_view key) {
  const Member* const member = tree.find(key);
  return member && member->value.text != "0";
}

void check_limits(const Tree& tree, Reader& reader, LimitsSpec&) {
  if (is_set(tree, "max_connections") || is_set(tree, "max_requests")) return;
  for (const char* const key : {"max_pending", "pending_timeout"}) {
    const Member* const member = tree.find(key);
    if (member == nullptr) continue;
    reader.key_error(
        member->place, key,
        "'" + std::string(key) + "' has a meaning only with max_connections or max_requests");
  }
}

}  // namespace

Codec<LimitsSpec> limits_codec() {
  using L = LimitsSpec;
  return object<L>(
      {.fields =
           {row("max_connections", &L::max_connections, integer(0, kLimitMax),
                "Connections to each endpoint, open or being opened, those without a request "
                "included (health checks are not). A request that finds no room waits. Workers "
                "share the number out, each has at least one. 0: no such limit."),
            row("max_requests", &L::max_requests, integer(0, kLimitMax),
                "Requests that each endpoint has at a time, tunnels too; the others wait. Shared "
                "out "
                "among the workers, at least one each. 0: no such limit."),
            only_if(limits_anything,
                    row("max_pending", &L::max_pending, integer(0, kLimitMax),
                        "Requests that wait for each endpoint, first come, first served. A request "
                        "waits only when no other endpoint of the upstream has room, or when "
                        "`consistent_hash` or a pin names this one. One too many goes where the "
                        "route's `retry` sends it after a `connect_failure`, else it gets 503, "
                        "`queue_full`. Shared out like the limits. 0: none waits.")),
            only_if(
                limits_anything,
                row("pending_timeout", &L::pending_timeout, duration(milliseconds(1), minutes(10)),
                    "How long a request waits at most; then it gets 503, `queue_timeout`.")),
            row("max_share_factor", &L::max_share_factor, integer(1, 1'000),
                "When other upstreams of a split have no endpoint left, this one takes at most "
                "this many times its share; what is beyond that gets 503.")},
       .check = check_limits});
}

}  // namespace sluice::config
