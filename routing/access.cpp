#include "routing/access.hpp"

#include "base/ascii.hpp"
#include "base/crypto.hpp"

namespace sluice::routing {
namespace {

std::uint64_t random_seed() noexcept {
  std::array<std::uint8_t, 8> bytes{};
  random_bytes(bytes);
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : bytes) seed = seed << 8U | byte;
  return seed;
}

// The first field of that name, or nothing.
std::string_view value_of(std::span<const Field> fields, std::string_view name) noexcept {
  for (const Field& field : fields)
    if (iequals(field.name, name)) return field.value;
  return {};
}

}  // namespace

std::shared_ptr<const Access> Access::make(const AccessSpec& spec, const Access* before) {
  if (spec.allow.empty() && spec.deny.empty() && !spec.rate_limit) return nullptr;
  const auto made = std::make_shared<Access>();
  made->allow_ = CidrBlocks::parse(spec.allow).value_or(CidrBlocks());
  made->deny_ = CidrBlocks::parse(spec.deny).value_or(CidrBlocks());
  if (!spec.rate_limit) return made;
  const bool same =
      before != nullptr && before->limiter_ && before->limiter_->spec() == *spec.rate_limit;
  made->limiter_ =
      same ? before->limiter_ : std::make_shared<RateLimiter>(*spec.rate_limit, random_seed());
  return made;
}

AccessVerdict Access::judge(std::string_view client_ip, std::span<const Field> fields,
                            RateLimiter::Time now) const noexcept {
  using Kind = AccessVerdict::Kind;
  std::optional<IpBytes> address = parse_ip(client_ip);
  if (address && deny_.contains(*address)) return {Kind::denied};
  if (!allow_.empty() && !(address && allow_.contains(*address))) return {Kind::denied};
  if (!limiter_) return {};
  const std::string& header = limiter_->spec().header;
  std::string_view client = header.empty() ? std::string_view{} : value_of(fields, header);
  // Of IPv6 the first 64 bits: one host may have all of them. Who sends no such field is known by
  // his address.
  if (client.empty() && address) {
    const bool v6 = client_ip.find(':') != std::string_view::npos;
    client = {reinterpret_cast<const char*>(address->data()), v6 ? 8U : 16U};
  }
  const auto wait = limiter_->take(client, now);
  if (wait == wait.zero()) return {};
  return {Kind::too_often, std::chrono::ceil<std::chrono::seconds>(wait)};
}

}  // namespace sluice::routing
