#include "control/name_fsm.hpp"

#include <algorithm>

namespace sluice::control {

bool NameFsm::on_answer(std::vector<std::string> addresses, std::optional<std::chrono::seconds> ttl,
                        NameTime now) {
  if (addresses.empty()) {
    on_failure(now);
    return false;
  }
  heard_ = true;
  back_off_ = {};
  due_ = now + (ttl ? std::clamp<std::chrono::milliseconds>(*ttl, pace_.ttl_min, pace_.ttl_max)
                    : pace_.without_ttl);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses == addresses_) return false;
  addresses_ = std::move(addresses);
  return true;
}

void NameFsm::on_failure(NameTime now) {
  heard_ = true;
  back_off_ = std::clamp(back_off_ * 2, pace_.failure_min, pace_.failure_max);
  due_ = now + back_off_;
}

}  // namespace sluice::control
