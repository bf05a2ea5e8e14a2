#include "health/success_rate.hpp"

#include <boost/math/special_functions/beta.hpp>

namespace sluice::health {
namespace {

// The smallest ratio that a failure ratio of k in n is not above, but for a chance of `wrong`.
double upper_bound(const Outcomes& counts, double wrong) {
  const auto k = static_cast<double>(counts.failures);
  const auto n = static_cast<double>(counts.total());
  return counts.successes == 0 ? 1 : boost::math::ibetac_inv(k + 1, n - k, wrong);
}

// P(Bin(n, ratio) >= k)
double chance_of_as_many(const Outcomes& counts, double ratio) {
  const auto k = static_cast<double>(counts.failures);
  const auto n = static_cast<double>(counts.total());
  return k == 0 ? 1 : boost::math::ibeta(k, n - k + 1, ratio);
}

}  // namespace

bool fails_more(const Outcomes& endpoint, const Outcomes& neighbours) {
  if (endpoint.failures == 0 || neighbours.total() == 0) return false;
  const double ratio = upper_bound(neighbours, kWrong / 2);
  return ratio < 1 && chance_of_as_many(endpoint, ratio) < kWrong / 2;
}

}  // namespace sluice::health
