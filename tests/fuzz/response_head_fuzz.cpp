// Any bytes of an upstream: where a head ends, or why it is none, does not depend on how it was
// cut; a head that is accepted and written for a client reads, by the same strict rules, as the
// same response. The first byte says what was asked.
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/response_policy.hpp"
#include "tests/fuzz/head.hpp"

namespace {

using namespace sluice::proxy;
using namespace sluice::proxy::http1;
using namespace sluice::fuzz;

bool read(std::string_view bytes, const HeadLimits& limits, Method method, std::string_view offered,
          ResponseHead& head) {
  HeadScan scan;
  if (scan.scan(bytes, limits) != HeadScan::Found::complete) return false;
  return parse_response_head(bytes.substr(0, scan.head_size()), limits, head) ==
             HeadProblem::none &&
         apply_response_policy(head, method, offered).empty();
}

constexpr auto kNone = [](FieldId) { return false; };

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Method method = (data[0] & 1) != 0 ? Method::head : Method::get;
  const std::string_view offered = (data[0] & 2) != 0 ? "websocket, x" : "";
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_cuts(input);
  static ResponseHead head;
  if (!read(input, kLimits, method, offered, head)) return 0;

  const bool no_body =
      method == Method::head || head.status < 200 || head.status == 204 || head.status == 304;
  must(!no_body || head.body == BodyFraming::none, "a body where none may be");
  must(head.body != BodyFraming::until_close || !head.keep_alive, "kept without an end");

  const sluice::routing::HeaderEdits edits;
  const BodyFraming framing =
      head.body == BodyFraming::until_close ? BodyFraming::chunked : head.body;
  const Persistence persistence = head.status == 101 ? Persistence::upgrade : Persistence::implied;
  const ResponseImage image{head, framing, persistence, edits, {}};
  std::vector<char> out(response_bound(image));
  const std::string written(out.data(), write_response(image, out.data()));

  static ResponseHead again;
  must(read(written, kWide, method, offered, again), "what was accepted is refused once written");
  must(again.status == head.status, "status");
  must(again.reason == head.reason, "reason");
  must(again.body == framing, "framing");
  must(framing != BodyFraming::length || again.content_length == head.content_length, "length");
  must(again.announces_length == head.announces_length, "announced length");
  const auto before = passing(head.fields, kNone);
  const auto after = passing(again.fields, kNone);
  must_be_same(before, after);
  return 0;
}
