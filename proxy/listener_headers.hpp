#pragma once
// What a listener does to the headers of all its responses.
//
// Thread: immutable, shared by all workers.   Path: hot (reading), cold (making).
#include <string>
#include <vector>

#include "base/result.hpp"
#include "proxy/spec.hpp"

namespace sluice::proxy {

struct HeaderLine {
  std::string name;  // lower-case
  std::string line;  // "Name: value\r\n"
};

// Applied after the edits of the route: fields in `drop` go, then `lines` are added, but for names
// that the route has set or removed itself.
struct ListenerHeaders {
  std::vector<std::string> drop;  // lower-case; names of `remove` and of `set`
  std::vector<HeaderLine> lines;
  std::size_t size = 0;  // of all lines together
};

// Errors: a sentence, when a name or a value is not of one line.
Result<ListenerHeaders, std::string> make_listener_headers(const routing::HeaderEditsSpec& spec);

}  // namespace sluice::proxy
