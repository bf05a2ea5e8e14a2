#pragma once
// One POST over HTTP or HTTPS.
#include <atomic>
#include <string>
#include <string_view>

#include "notify/message.hpp"

namespace sluice::notify {

struct Answer {
  unsigned status = 0;  // 0: none
  std::string why;      // then
};

// Thread: any; blocks it for ten seconds at most, or until `cancelled`. Certificates are verified;
// redirects are not followed: who is told was written down by an operator.
Answer post(const std::string& url, std::string_view content_type, const Fields& fields,
            const std::string& body, const std::atomic<bool>& cancelled);

}  // namespace sluice::notify
