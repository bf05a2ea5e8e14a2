#include "proxy/listener_headers.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "routing/match.hpp"

namespace sluice::proxy {
namespace {

using routing::lower_case;

bool is_one_line(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

Result<ListenerHeaders, std::string> make_listener_headers(const routing::HeaderEditsSpec& spec) {
  ListenerHeaders headers;
  for (const std::string& name : spec.remove) headers.drop.push_back(lower_case(name));
  for (const auto& [name, value] : spec.set) headers.drop.push_back(lower_case(name));
  for (const auto* const some : {&spec.set, &spec.add}) {
    for (const auto& [name, value] : *some) {
      // Config checks this too; here it is one line between a typing error and a split response.
      if (!is_token(name) || !is_one_line(value))
        return Failure{"'" + name + "' is not a field of one line"};
      headers.lines.push_back({lower_case(name), name + ": " + value + "\r\n"});
      headers.size += headers.lines.back().line.size();
    }
  }
  return headers;
}

}  // namespace sluice::proxy
