#pragma once
// Connections of one worker to the endpoints: idle ones kept for reuse, last in first out, and the
// lease under which one is used.
//
// Thread:    its worker's only.   Path: hot (take_idle, give_back), warm (dial).
// Invariant: a lease that is dropped closes its connection; only give_back() keeps it, and may be
//            called only after the response was read to its exact end. An idle connection on which
//            anything happens (bytes, FIN, RST) is closed, never used: what it says belongs to
//            nobody.
// Source:    design rows 31, 32.
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/address.hpp"
#include "net/deadline_wheel.hpp"
#include "net/dialer.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"
#include "net/worker.hpp"
#include "routing/snapshot.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy::upstream {

class EndpointPool;

class Connection final : private net::StreamObserver, private net::Deadline {
 public:
  Connection(EndpointPool& pool, std::unique_ptr<net::Stream> stream) noexcept
      : pool_(pool), stream_(std::move(stream)) {}
  net::Stream& stream() noexcept { return *stream_; }

 private:
  friend class EndpointPool;
  void on_unawaited(bool alive) override;
  void on_deadline() override;

  EndpointPool& pool_;
  std::unique_ptr<net::Stream> stream_;
  std::uint64_t idle_since_ = 0;  // the worker's round
  Connection* older_ = nullptr;   // in the idle list
  Connection* newer_ = nullptr;
};

class Lease {
 public:
  Lease() = default;
  Lease(EndpointPool& pool, std::unique_ptr<Connection> connection, bool reused) noexcept;
  Lease(Lease&& other) noexcept
      : pool_(other.pool_), connection_(std::move(other.connection_)), reused_(other.reused_) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { drop(); }

  explicit operator bool() const noexcept { return connection_ != nullptr; }
  net::Stream& stream() const noexcept { return connection_->stream(); }
  bool reused() const noexcept { return reused_; }  // it has carried a request before

  void give_back() noexcept;
  void drop() noexcept;

 private:
  EndpointPool* pool_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
};

struct Dialled {
  Lease lease;
  net::IoStatus status = net::IoStatus::ok;
};

class EndpointPool {
 public:
  EndpointPool(net::Worker& worker, std::uint32_t& in_flight, telemetry::EndpointCounters& counters)
      : worker_(worker), in_flight_(in_flight), counters_(counters) {}
  ~EndpointPool() { close_idle(); }
  EndpointPool(const EndpointPool&) = delete;
  EndpointPool& operator=(const EndpointPool&) = delete;

  // From the newest snapshot.
  void configure(const routing::Endpoint& endpoint, const routing::PoolSpec& spec);

  // Empty when there is none. One that has news is closed, although its turn in this round has not
  // come: it would be used before anybody has looked at what it says.
  Lease take_idle() noexcept;
  net::Task<Dialled> dial(std::chrono::milliseconds timeout, net::DialHandle& handle);
  void close_idle() noexcept;
  telemetry::EndpointCounters& counters() noexcept { return counters_; }

 private:
  friend class Connection;
  friend class Lease;
  void put_idle(std::unique_ptr<Connection> connection) noexcept;
  std::unique_ptr<Connection> unlink(Connection& connection) noexcept;

  net::Worker& worker_;
  std::uint32_t& in_flight_;  // leases out, for balancing
  telemetry::EndpointCounters& counters_;
  net::Address address_;
  routing::PoolSpec spec_;
  Connection* newest_ = nullptr;
  Connection* oldest_ = nullptr;
  std::uint32_t idle_ = 0;
};

// All pools of a worker, by endpoint slot. A slot's pool is never freed: leases point to it.
class Pools {
 public:
  Pools(net::Worker& worker, telemetry::Shard& shard) : worker_(worker), shard_(shard) {}

  // Endpoints that are new get a pool; those that are gone lose their idle connections.
  void adopt(const routing::Snapshot& snapshot);
  EndpointPool& of(const routing::Endpoint& endpoint) noexcept { return *pools_[endpoint.slot]; }
  void close_idle() noexcept;
  std::span<const std::uint32_t> in_flight() const noexcept { return in_flight_; }

 private:
  static constexpr std::size_t kSlotsMax = 64 * 1024;
  net::Worker& worker_;
  telemetry::Shard& shard_;
  std::vector<std::unique_ptr<EndpointPool>> pools_;
  std::vector<std::uint32_t> in_flight_ = std::vector<std::uint32_t>(kSlotsMax);  // never moves
};

}  // namespace sluice::proxy::upstream
