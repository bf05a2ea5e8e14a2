#include "health/prober.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "health/check.hpp"

namespace sluice::health {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A thousand new endpoints are looked at within two seconds, three at once.
constexpr milliseconds kSpreadEach{2};

// Checks begin together with others that are due about now: half of what a check costs is that the
// thread wakes for it alone (measured: 137 us; with ten at once 88, with a hundred 66). Whoever is
// to be checked more often than every second does not wait for others.
using Together = std::chrono::duration<std::int64_t, std::ratio<1, 10>>;

Clock::time_point together(Clock::time_point when, milliseconds pause) {
  return pause < std::chrono::seconds(1) ? when : std::chrono::ceil<Together>(when);
}

}  // namespace

// How connections to the endpoints of an upstream begin.
struct Prober::Opening {
  routing::SendProxy send_proxy;
  std::optional<ClientTlsSpec> spec;
  std::shared_ptr<const net::tls::ClientContext> context;  // null: plain

  bool is_that_of(const routing::UpstreamSpec& upstream) const {
    return upstream.send_proxy == send_proxy && upstream.tls == spec;
  }
};

// ---- one endpoint --------------------------------------------------------------------------

class Prober::Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(Prober& prober, routing::EndpointName name, const std::string& configured,
        const routing::HealthSpec& spec, std::shared_ptr<const Expectation> expectation,
        std::shared_ptr<const Opening> opening)
      : prober_(prober),
        name_(std::move(name)),
        configured_(configured),
        spec_(spec),
        timer_(prober.io_),
        opening_(std::move(opening)),
        check_(prober.io_, spec_, std::move(expectation),
               {name_.address, configured_, opening_->context, opening_->send_proxy,
                opening_->spec.has_value()}) {}

  bool checks(const std::string& configured, const routing::Upstream& upstream) const noexcept {
    return configured == configured_ && *upstream.spec.health == spec_ &&
           opening_->is_that_of(upstream.spec);
  }

  // The wait may be over, and its handler on the way, when this is let go of.
  void begin_at(Clock::time_point when) {
    timer_.expires_at(when);
    timer_.async_wait([watch = weak_from_this()](boost::system::error_code error) {
      const auto self = watch.lock();
      if (self && !error) self->begin();
    });
  }

 private:
  void begin() {
    began_ = Clock::now();
    check_.start([this](CheckResult result) { end(std::move(result)); });
  }

  void end(CheckResult result) {
    const milliseconds pause = prober_.on_result_(name_, std::move(result));
    // A check that took longer than its interval is followed by a breath.
    const auto due =
        std::max(began_ + prober_.jittered(pause, spec_.jitter), Clock::now() + milliseconds(1));
    begin_at(together(due, pause));
  }

  Prober& prober_;
  routing::EndpointName name_;
  std::string configured_;  // the Host of a check
  routing::HealthSpec spec_;
  Clock::time_point began_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<const Opening> opening_;
  Check check_;
};

// ---- all of them ---------------------------------------------------------------------------

Prober::Prober(boost::asio::io_context& io, std::uint64_t seed, OnResult on_result)
    : io_(io), random_(seed), on_result_(std::move(on_result)) {}

Prober::~Prober() = default;

void Prober::stop() noexcept {
  watches_.clear();
}

Clock::duration Prober::jittered(milliseconds pause, double jitter) {
  const double part = static_cast<double>(random_() >> 11U) * 0x1p-53;  // in [0, 1)
  return std::chrono::duration_cast<Clock::duration>(pause * (1 + jitter * (2 * part - 1)));
}

// What it is made of has been tried when the configuration was read.
std::shared_ptr<const Prober::Opening> Prober::make_opening(const routing::UpstreamSpec& spec) {
  Opening opening{spec.send_proxy, spec.tls, nullptr};
  if (spec.tls) {
    auto made = net::tls::ClientContext::make(*spec.tls);
    if (made) opening.context = std::move(made).value();
  }
  return std::make_shared<const Opening>(std::move(opening));
}

void Prober::adopt(const routing::Snapshot& snapshot) {
  auto before = std::exchange(watches_, {});
  std::vector<std::pair<Watch*, milliseconds>> fresh;
  for (const routing::Upstream& upstream : snapshot.upstreams) {
    const auto& spec = upstream.spec.health;
    if (!spec) continue;
    std::shared_ptr<const Expectation> expectation;  // one for all that are new
    std::shared_ptr<const Opening> opening;          // likewise
    for (const routing::Endpoint& endpoint : upstream.endpoints) {
      routing::EndpointName name{upstream.name, endpoint.address};
      std::shared_ptr<Watch>& watch = watches_[name];
      watch = std::move(before[name]);
      if (watch && watch->checks(endpoint.name, upstream)) continue;
      if (!expectation) expectation = std::make_shared<const Expectation>(*spec);
      if (!opening) opening = make_opening(upstream.spec);
      watch = std::make_shared<Watch>(*this, std::move(name), endpoint.name, *spec, expectation,
                                      opening);
      fresh.emplace_back(watch.get(), spec->interval);
    }
  }
  const milliseconds spread = kSpreadEach * fresh.size();
  for (const auto& [watch, interval] : fresh)
    watch->begin_at(Clock::now() +
                    milliseconds(random_.below(
                        static_cast<std::uint64_t>(std::min(spread, interval).count()) + 1)));
}

}  // namespace sluice::health
