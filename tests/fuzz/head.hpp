#pragma once
// What the fuzzers of heads share.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"

namespace sluice::fuzz {

// Of what comes in, and, with room for what we add, of what we have written ourselves.
inline constexpr proxy::http1::HeadLimits kLimits{.bytes = 4096, .count = 100, .first_line = 2048};
inline constexpr proxy::http1::HeadLimits kWide{
    .bytes = 1 << 20, .count = proxy::FieldList::kMax, .first_line = 1 << 19};

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

// The fields that pass, in their order, without those that `skipped` names.
template <class Predicate>
std::vector<proxy::Field> passing(const proxy::FieldList& fields, Predicate skipped) {
  std::vector<proxy::Field> out;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!fields.dropped(i) && !skipped(fields.id(i))) out.push_back(fields[i]);
  return out;
}

inline void must_be_same(const std::vector<proxy::Field>& before,
                         const std::vector<proxy::Field>& after) {
  must(before.size() == after.size(), "number of fields");
  for (std::size_t i = 0; i < before.size(); ++i)
    must(before[i].name == after[i].name && before[i].value == after[i].value, "field");
}

// A body in chunks as we write them: not too large ones.
inline void append_chunks(const std::string& body, std::string& out) {
  for (std::size_t at = 0; at < body.size(); at += 1000) {
    const std::string part = body.substr(at, 1000);
    char size[18];
    out.append(size, proxy::http1::write_chunk_size(part.size(), size));
    out.append(part).append("\r\n");
  }
  out.append("0\r\n\r\n");
}

// The head that an upstream would read, with what we add about the client.
inline std::string forwarded(const proxy::RequestHead& head, std::string_view authority) {
  static const routing::HeaderEdits no_edits;
  const proxy::Forwarding forwarding{.client_ip = "1.1.1.1",
                                     .forwarded_for = "1.1.1.1",
                                     .proto = "http",
                                     .host = head.authority,
                                     .request_id = "id",
                                     .traceparent = "tp",
                                     .secure = false};
  const proxy::http1::RequestImage image{head, head.target, authority, no_edits, forwarding};
  std::vector<char> out(proxy::http1::request_bound(image));
  return {out.data(), proxy::http1::write_request(image, out.data())};
}

// What must not depend on how the bytes were cut.
struct Scanned {
  proxy::http1::HeadScan::Found found = proxy::http1::HeadScan::Found::incomplete;
  proxy::http1::HeadProblem problem = proxy::http1::HeadProblem::none;
  std::size_t size = 0;
  bool operator==(const Scanned&) const = default;
};

inline Scanned scanned(std::string_view input, std::size_t step) {
  using Found = proxy::http1::HeadScan::Found;
  proxy::http1::HeadScan scan;
  Scanned out;
  for (std::size_t size = 0; size < input.size() && out.found == Found::incomplete;) {
    size = std::min(size + step, input.size());
    out.found = scan.scan(input.substr(0, size), kLimits);
  }
  out.problem = scan.problem();
  if (out.found == Found::complete) out.size = scan.head_size();
  return out;
}

// Where a head ends, and why it is none.
inline void check_cuts(std::string_view input) {
  const Scanned whole = scanned(input, input.size());
  must(scanned(input, 1) == whole, "the cut decides what a head is");
  must(scanned(input, 5) == whole, "the cut decides what a head is");
}

}  // namespace sluice::fuzz
