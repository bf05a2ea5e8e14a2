#include "telemetry/log_record.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::telemetry {

void LogRecord::put(LogText which, std::string_view text) noexcept {
  if (text.empty()) return;  // it may have no address
  const auto index = static_cast<std::size_t>(which);
  const std::size_t left = capacity_ - used_;
  const std::size_t room = std::min<std::size_t>(kLogTextMax[index], left);
  char* const out = chars() + used_;
  std::size_t size = text.size();
  if (size <= room) {
    std::memcpy(out, text.data(), size);
  } else if (room > kCutMark.size()) {
    size = room;
    std::memcpy(out, text.data(), size - kCutMark.size());
    std::memcpy(out + size - kCutMark.size(), kCutMark.data(), kCutMark.size());
  } else {
    return;
  }
  texts_[index] = {used_, static_cast<std::uint16_t>(size)};
  used_ = static_cast<std::uint16_t>(used_ + size);
}

}  // namespace sluice::telemetry
