// Any bytes: where a head ends does not depend on how it was cut; a head that is accepted and
// written for an upstream reads, by the same strict rules, as the same request.
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/request_policy.hpp"
#include "tests/fuzz/head.hpp"

namespace {

using namespace sluice::proxy;
using namespace sluice::proxy::http1;
using namespace sluice::fuzz;

bool is_ours(FieldId id) {
  return id == FieldId::x_forwarded_for || id == FieldId::x_forwarded_proto ||
         id == FieldId::x_forwarded_host || id == FieldId::x_request_id ||
         id == FieldId::traceparent || id == FieldId::tracestate;
}

bool read(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  HeadScan scan;
  if (scan.scan(bytes, limits) != HeadScan::Found::complete) return false;
  return parse_request_head(bytes.substr(0, scan.head_size()), limits, head) == HeadProblem::none &&
         apply_request_policy(head).failure == FailureKind::none;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_cuts(input);
  static RequestHead head;
  if (!read(input, kLimits, head)) return 0;

  const std::string_view authority = head.authority.empty() ? "blue" : head.authority;
  const std::string written = forwarded(head, authority);

  static RequestHead again;
  must(read(written, kWide, again), "what was accepted is refused once written");
  must(again.method == head.method && again.method_id == head.method_id, "method");
  must(again.target == head.target, "target");
  must(again.authority == authority, "authority");
  must(again.body == head.body && again.content_length == head.content_length, "framing");
  must(again.expect_continue == head.expect_continue, "expectation");
  must(again.upgrade == head.upgrade, "upgrade");
  must(!again.http_1_0, "version");
  const auto before = passing(head.fields, is_ours);
  auto after = passing(again.fields, is_ours);
  must(!after.empty() && after.back().value.ends_with(" sluice"), "Via");
  after.pop_back();
  must_be_same(before, after);
  return 0;
}
