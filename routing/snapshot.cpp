#include "routing/snapshot.hpp"

#include <algorithm>

namespace sluice::routing {
namespace {

template <class Thing>
const Thing* find_named(const std::vector<Thing>& things, std::string_view name) noexcept {
  const auto found =
      std::find_if(things.begin(), things.end(), [&](auto& one) { return one.name == name; });
  return found == things.end() ? nullptr : &*found;
}

}  // namespace

const Upstream* Snapshot::find_upstream(std::string_view name) const noexcept {
  return find_named(upstreams, name);
}

const Route* Snapshot::find_route(std::string_view name) const noexcept {
  return find_named(routes, name);
}

}  // namespace sluice::routing
