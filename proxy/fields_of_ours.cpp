#include "proxy/fields_of_ours.hpp"

#include "proxy/wall_clock.hpp"

namespace sluice::proxy {

std::string_view fields_of_response(WorkerPlane& plane, const ClientSide& client,
                                    const Placing& placing, const routing::Target& target) {
  const routing::Decision& decision = placing.decision;
  std::string& block = plane.field_block;
  block.clear();
  if (decision.set_cookie)
    routing::append_set_cookie(decision, unix_seconds(), placing.secure, block);
  if (client.shows_debug_fields()) {
    block.append("X-Sluice-Upstream: ").append(target.upstream->name).append("\r\n");
    block.append("X-Sluice-Reason: ").append(routing::label(decision.reason)).append("\r\n");
  }
  return block;
}

std::string fields_of_refusal(FailureKind failure, const Placing& placing) {
  if (failure != FailureKind::rate_limited) return {};
  return "Retry-After: " + std::to_string(placing.retry_after.count()) + "\r\n";
}

}  // namespace sluice::proxy
