#include "proxy/data_plane.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>

#include "base/crypto.hpp"
#include "proxy/entrance.hpp"

namespace sluice::proxy {

namespace {

// Signals are for the control thread alone.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// Calls `done` when it has been counted down `count` times, on the thread that does it last.
std::function<void()> after(std::size_t count, std::function<void()> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(count);
  return [left, done = std::move(done)] {
    if (left->fetch_sub(1, std::memory_order_acq_rel) == 1 && done) done();
  };
}

}  // namespace

DataPlane::DataPlane(std::size_t workers, std::uint64_t seed) : tls_contexts_(workers) {
  net::tls::TicketSeed ticket_seed{};
  random_bytes(ticket_seed);
  const net::tls::TicketKeys tickets(ticket_seed, std::chrono::steady_clock::now());
  for (std::size_t i = 0; i < workers; ++i) {
    const auto id = static_cast<net::WorkerId>(i);
    const upstream::WorkerShare share{static_cast<std::uint32_t>(i),
                                      static_cast<std::uint32_t>(workers)};
    units_.push_back(
        std::make_unique<Unit>(id, seed + 0x9e3779b97f4a7c15U * (i + 1), share, tickets));
    planes_.push_back(&units_.back()->plane);
  }
}

DataPlane::~DataPlane() {
  stop();
}

void DataPlane::log_to(telemetry::AccessLog& log) {
  for (std::size_t i = 0; i < planes_.size(); ++i) planes_[i]->log = &log.tap(i);
}

void DataPlane::start() {
  running_ = true;
  for (auto& unit : units_) {
    unit->thread = std::thread([unit = unit.get()] {
      block_signals();
      unit->worker.run();
    });
  }
}

void DataPlane::publish(const std::shared_ptr<const routing::Snapshot>& snapshot,
                        std::function<void()> on_served) {
  const auto served = after(units_.size(), std::move(on_served));
  std::vector<upstream::WorkerTls> tls = tls_contexts_.of(*snapshot);
  for (std::size_t i = 0; i < units_.size(); ++i) {
    units_[i]->worker.post([plane = planes_[i], snapshot, served, tls = std::move(tls[i])] {
      plane->adopt(snapshot, tls);
      served();
    });
  }
}

Result<std::vector<std::shared_ptr<Listener>>, std::string> DataPlane::open(
    const std::vector<ListenerSpec>& specs) {
  std::vector<std::shared_ptr<Listener>> opened;
  for (const ListenerSpec& spec : specs) {
    const auto address = net::Address::parse(spec.bind);
    auto trusted = net::CidrSet::parse(spec.trusted_proxies);
    if (!address || !trusted)
      return Failure{"listener " + spec.name + ": cannot listen on '" + spec.bind + "'"};
    auto bound = net::ListeningAddress::bind(
        *address, units_.size(), {spec.limits.connections, spec.limits.connections_per_client},
        spec.proxy_protocol ? *trusted : net::CidrSet());
    if (!bound) return Failure{"listener " + spec.name + ": " + std::move(bound).error()};
    auto tls = make_tls(spec);
    if (!tls) return Failure{tls.error()};
    const auto listener = std::make_shared<Listener>();
    listener->spec = spec;
    listener->trusted = std::move(*trusted);
    listener->address = std::move(bound).value();
    listener->tls = std::move(tls).value();
    listener->access = routing::Access::make(spec.access, nullptr);
    if (spec.hsts) listener->response_block = hsts_field(*spec.hsts);
    opened.push_back(listener);
  }
  for (const auto& listener : opened) {
    for (auto& unit : units_)
      unit->worker.post(
          [plane = &unit->plane, listener, planes = planes_] { plane->listen(listener, planes); });
    listeners_.push_back(listener);
  }
  return opened;
}

Result<DataPlane::TlsContexts, std::string> DataPlane::make_tls(const ListenerSpec& spec) {
  TlsContexts made;
  if (!spec.tls) return made;
  for (WorkerPlane* const plane : planes_) {
    auto context = net::tls::ServerContext::make(*spec.tls, spec.name, plane->tickets);
    if (!context) return Failure{"listener " + spec.name + ": " + context.error()};
    made.push_back(std::move(context).value());
  }
  return made;
}

Result<bool, std::string> DataPlane::renew_tls(const std::vector<ListenerSpec>& specs) {
  std::vector<std::pair<std::shared_ptr<Listener>, TlsContexts>> renewed;
  for (const auto& listener : listeners_) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const ListenerSpec& it) {
      return it.name == listener->spec.name;
    });
    if (spec == specs.end() || !spec->tls || !listener->spec.tls) continue;
    auto contexts = make_tls(*spec);
    if (!contexts) return Failure{contexts.error()};
    renewed.emplace_back(listener, std::move(contexts).value());
  }
  for (const auto& [listener, contexts] : renewed)
    for (std::size_t i = 0; i < planes_.size(); ++i)
      units_[i]->worker.post([plane = planes_[i], listener = listener, context = contexts[i]] {
        plane->renew_tls(*listener, context);
      });
  return true;
}

void DataPlane::begin_drain(std::function<void()> on_drained) {
  if (draining_) return;
  draining_ = true;
  const auto one_drained = after(units_.size(), [this, on_drained = std::move(on_drained)] {
    if (on_drained) on_drained();
    drained_.set_value();
  });
  // What a worker accepts last may be another's to serve: no gate closes before it has arrived.
  const auto one_stopped_accepting = after(units_.size(), [this, one_drained] {
    for (auto& unit : units_) {
      unit->worker.post([unit = unit.get(), one_drained] {
        unit->plane.begin_drain();
        unit->worker.gate().close(one_drained);
      });
    }
  });
  for (auto& unit : units_) {
    unit->worker.post([unit = unit.get(), one_stopped_accepting] {
      unit->plane.stop_accepting();
      one_stopped_accepting();
    });
  }
}

void DataPlane::stop() {
  if (!running_) return;
  running_ = false;
  begin_drain({});
  for (auto& unit : units_)
    unit->worker.post([unit = unit.get()] { unit->plane.close_everything(); });
  all_gone_.wait();
  for (auto& unit : units_) unit->worker.stop();
  for (auto& unit : units_) unit->thread.join();
}

std::vector<const telemetry::Shard*> DataPlane::shards() const {
  std::vector<const telemetry::Shard*> all;
  for (const auto& unit : units_) all.push_back(&unit->shard);
  return all;
}

}  // namespace sluice::proxy
