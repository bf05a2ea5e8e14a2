#pragma once
// One POST or GET over HTTP or HTTPS.
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "notify/message.hpp"

namespace sluice::notify {

struct Answer {
  unsigned status = 0;    // 0: none
  std::string why;        // then
  std::string body = {};  // of a GET, up to kBodyMax
};
inline constexpr std::size_t kBodyMax = 1U << 20U;

inline constexpr std::chrono::milliseconds kPostPatience{10'000};

// Thread: any; blocks it for `patience` at most, or until `cancelled`. Certificates are verified;
// redirects are not followed: who is told was written down by an operator.
Answer post(const std::string& url, std::string_view content_type, const Fields& fields,
            const std::string& body, const std::atomic<bool>& cancelled,
            std::chrono::milliseconds patience = kPostPatience);
// As post(); a body larger than kBodyMax is no answer.
Answer get(const std::string& url, const std::atomic<bool>& cancelled,
           std::chrono::milliseconds patience);

}  // namespace sluice::notify
