#pragma once
// One POST over HTTP or HTTPS.
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "notify/message.hpp"

namespace sluice::notify {

struct Answer {
  unsigned status = 0;  // 0: none
  std::string why;      // then
};

inline constexpr std::chrono::milliseconds kPostPatience{10'000};

// Thread: any; blocks it for `patience` at most, or until `cancelled`. Certificates are verified;
// redirects are not followed: who is told was written down by an operator.
Answer post(const std::string& url, std::string_view content_type, const Fields& fields,
            const std::string& body, const std::atomic<bool>& cancelled,
            std::chrono::milliseconds patience = kPostPatience);

}  // namespace sluice::notify
