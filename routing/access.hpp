#pragma once
// Who may use a listener or a route, and how often.
//
// Thread: any number at once.   Path: warm, where there are rules; a null pointer where there are
//         none.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/cidr.hpp"
#include "routing/match.hpp"
#include "routing/rate_limit.hpp"
#include "routing/spec.hpp"

namespace sluice::routing {

struct AccessVerdict {
  enum class Kind : std::uint8_t { admitted, denied, too_often };
  Kind kind = Kind::admitted;
  std::chrono::seconds retry_after{0};  // too_often: rounded up
};

class Access {
 public:
  // Null when there are no rules. `before`, which may be null: what its buckets hold goes on where
  // the limit is the same. The blocks are valid.
  static std::shared_ptr<const Access> make(const AccessSpec& spec, const Access* before);

  // `client_ip`: text; what is no address (a Unix socket) is in no block, and is one client.
  AccessVerdict judge(std::string_view client_ip, std::span<const Field> fields,
                      RateLimiter::Time now) const noexcept;

 private:
  CidrBlocks allow_;
  CidrBlocks deny_;
  std::shared_ptr<RateLimiter> limiter_;  // null: none
};

}  // namespace sluice::routing
