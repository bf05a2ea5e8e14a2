#include "loadtest/ledger/fleet.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "loadtest/ledger/dice.hpp"
#include "loadtest/ledger/line.hpp"
#include "loadtest/ledger/upstream_log.hpp"

namespace ledger {
namespace {

constexpr std::chrono::seconds kPatience{20};

bool wait_until_listening(std::uint16_t port) {
  const Clock::time_point until = Clock::now() + kPatience;
  while (Clock::now() < until) {
    const int descriptor = connect_to(port);
    if (descriptor >= 0) return ::close(descriptor), true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace

Endpoint::Endpoint(std::string upstream, std::string name, const std::string& folder,
                   std::uint64_t run)
    : upstream_(std::move(upstream)),
      name_(std::move(name)),
      log_(folder + "/" + name_ + ".ledger"),
      output_(folder + "/" + name_ + ".out"),
      run_(run),
      reservation_(bind_port(0, false)),
      port_(port_of(reservation_)) {}

Endpoint::~Endpoint() {
  ::close(reservation_);
}

void Endpoint::start() {
  const std::uint64_t mischief = mix(run_ + hash_of(name_) + ++starts_) | 1U;
  child_ = std::make_unique<Child>(
      std::vector<std::string>{own_binary(), "upstream", "--name", name_, "--port",
                               std::to_string(port_), "--log", log_, "--run", std::to_string(run_),
                               "--mischief", std::to_string(mischief)},
      output_);
  state_ = State::serving;
}

void Endpoint::kill() {
  child_->kill();
  state_ = State::dead;
}

void Endpoint::stop() {
  child_->signal(SIGSTOP);
  state_ = State::stopped;
}

void Endpoint::go_on() {
  child_->signal(SIGCONT);
  state_ = State::serving;
}

bool Endpoint::has_died() {
  return state_ != State::dead && !child_->alive();
}

Fleet start_fleet(const std::string& folder, std::uint64_t run) {
  Fleet fleet;
  for (const UpstreamShare& upstream : kUpstreams)
    for (unsigned i = 1; i <= kEndpointsEach; ++i)
      fleet.push_back(std::make_unique<Endpoint>(
          upstream.name, std::string(upstream.name) + "." + std::to_string(i), folder, run));
  for (const auto& endpoint : fleet) endpoint->start();
  for (const auto& endpoint : fleet)
    if (!wait_until_listening(endpoint->port())) return {};
  return fleet;
}

bool read_logs(const Fleet& fleet, std::vector<UpstreamEntry>& out) {
  for (std::size_t i = 0; i < fleet.size(); ++i)
    if (!read_upstream_log(fleet[i]->log(), static_cast<std::uint8_t>(i), out)) return false;
  return true;
}

}  // namespace ledger
