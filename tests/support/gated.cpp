#include "tests/support/gated.hpp"

#include <algorithm>

#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

std::string path_of(const WireMessage& request) {
  const std::size_t begin = request.head.find(' ') + 1;
  return request.head.substr(begin, request.head.find(' ', begin) - begin);
}

}  // namespace

Gated::Gated() : origin_([this](Wire& wire, Origin&) { serve(wire); }) {}

void Gated::serve(Wire& wire) {
  {
    const std::lock_guard lock(mutex_);
    most_connections_ = std::max(most_connections_, ++connections_);
  }
  for (;;) {
    const WireMessage request = wire.read_message();
    if (!request.complete || !pass(request) || !wire.send(ok(path_of(request)))) break;
  }
  // Before the other side can know that it has ended.
  const std::lock_guard lock(mutex_);
  --connections_;
}

bool Gated::pass(const WireMessage& request) {
  std::unique_lock lock(mutex_);
  paths_.push_back(path_of(request));
  most_inside_ = std::max(most_inside_, ++inside_);
  changed_.wait_for(lock, kPatience, [this] { return open_ || passes_ > 0 || drops_ > 0; });
  --inside_;
  if (drops_ > 0) {
    --drops_;
    return false;
  }
  if (passes_ > 0) --passes_;
  return true;
}

void Gated::let_go(unsigned requests) {
  const std::lock_guard lock(mutex_);
  passes_ += requests;
  changed_.notify_all();
}

void Gated::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gated::drop() {
  const std::lock_guard lock(mutex_);
  ++drops_;
  changed_.notify_all();
}

unsigned Gated::inside() {
  const std::lock_guard lock(mutex_);
  return inside_;
}

unsigned Gated::most_inside() {
  const std::lock_guard lock(mutex_);
  return most_inside_;
}

unsigned Gated::most_connections() {
  const std::lock_guard lock(mutex_);
  return most_connections_;
}

std::vector<std::string> Gated::paths() {
  const std::lock_guard lock(mutex_);
  return paths_;
}

Wire asks(const Proxy& proxy, const std::string& request) {
  Wire wire = proxy.connect();
  wire.send(request);
  return wire;
}

std::vector<Wire> ask_at_once(const Proxy& proxy, unsigned times) {
  std::vector<Wire> clients;
  while (clients.size() < times) clients.push_back(asks(proxy));
  return clients;
}

bool all_served(std::vector<Wire>& clients) {
  bool all = true;
  for (Wire& wire : clients) all &= wire.read_message().status() == 200;
  return all;
}

std::uint64_t pending(Proxy& proxy) {
  std::uint64_t sum = 0;
  for (const telemetry::Shard* const shard : proxy.plane().shards())
    for (std::uint32_t slot = 0; slot < 4; ++slot)
      if (const auto* const found = shard->endpoints.find(slot))
        sum += found->requests_pending.load();
  return sum;
}

}  // namespace sluice::test
