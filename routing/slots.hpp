#pragma once
// Gives names small numbers that stay, so that counters, in-flight counts and pools can live in
// plain arrays that survive a reload.
//
// Thread: control thread; a value, carried from snapshot to snapshot.
// Invariant: dense from 0; a name keeps its slot for the life of the process, also while it is not
//            configured, so that a slot never means two things. Memory: one entry a name ever seen.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sluice::routing {

class SlotNames {
 public:
  std::uint32_t slot_of(const std::string& name) {
    return slots_.try_emplace(name, static_cast<std::uint32_t>(slots_.size())).first->second;
  }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  std::map<std::string, std::uint32_t> slots_;
};

class SlotRegistry {
 public:
  std::uint32_t route(std::string_view name) { return routes_.slot_of(std::string(name)); }
  std::uint32_t upstream(std::string_view name) { return upstreams_.slot_of(std::string(name)); }
  std::uint32_t arm(std::string_view route, std::string_view upstream) {
    return arms_.slot_of(joined(route, upstream));
  }
  std::uint32_t endpoint(std::string_view upstream, std::string_view address) {
    return endpoints_.slot_of(joined(upstream, address));
  }

  // How long an array indexed by these slots must be.
  std::uint32_t route_count() const noexcept { return routes_.size(); }
  std::uint32_t upstream_count() const noexcept { return upstreams_.size(); }
  std::uint32_t arm_count() const noexcept { return arms_.size(); }
  std::uint32_t endpoint_count() const noexcept { return endpoints_.size(); }

 private:
  static std::string joined(std::string_view left, std::string_view right) {
    std::string name(left);
    name += '\0';  // in no name
    name += right;
    return name;
  }
  SlotNames routes_;
  SlotNames upstreams_;
  SlotNames arms_;
  SlotNames endpoints_;
};

}  // namespace sluice::routing
