#pragma once
// Connections of one worker to the endpoints: idle ones kept for reuse, last in first out, and the
// lease under which one is used.
//
// Thread:    its worker's only.   Path: hot (has_room, take_idle, give_back), warm (lease).
// Invariant: a lease that is dropped closes its connection; only give_back() keeps it, and may be
//            called only after the response was read to its exact end. An idle connection on which
//            anything happens (bytes, FIN, RST) is closed, never used: what it says belongs to
//            nobody. With TLS a connection is used as long as what is written about it is: its
//            name, authority and certificate are part of what it is. A lease holds a place at the
//            endpoint (quota.hpp), from before its connection is there until it ends: whatever
//            becomes of it, the place is free again.
// Source:    design rows 31, 32.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "net/deadline_wheel.hpp"
#include "net/dialer.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"
#include "net/worker.hpp"
#include "proxy/upstream/pending.hpp"
#include "proxy/upstream/quota.hpp"
#include "proxy/upstream/tls_contexts.hpp"
#include "routing/snapshot.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy::upstream {

class EndpointPool;

class Connection final : private net::StreamObserver, private net::Deadline {
 public:
  Connection(EndpointPool& pool, std::unique_ptr<net::Stream> stream, std::uint32_t age,
             bool single_use) noexcept
      : pool_(pool), stream_(std::move(stream)), age_(age), single_use_(single_use) {}
  ~Connection() override;
  net::Stream& stream() noexcept { return *stream_; }
  net::Memory touched() const noexcept { return net::memory_of(this, sizeof *this); }

 private:
  friend class EndpointPool;
  void on_unawaited(bool alive) override;
  void on_deadline() override;

  EndpointPool& pool_;
  std::unique_ptr<net::Stream> stream_;
  std::uint64_t idle_since_ = 0;  // the worker's round
  std::uint32_t age_;             // the pool's, when it was opened
  bool single_use_;               // speaks for one client
  Connection* older_ = nullptr;   // in the idle list
  Connection* newer_ = nullptr;
};

class Lease {
 public:
  Lease() = default;
  // A place that has been taken; its connection follows.
  explicit Lease(EndpointPool& pool) noexcept : pool_(&pool) {}
  Lease(Lease&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        connection_(std::move(other.connection_)),
        reused_(other.reused_) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { drop(); }

  explicit operator bool() const noexcept { return connection_ != nullptr; }
  net::Stream& stream() const noexcept { return connection_->stream(); }
  bool reused() const noexcept { return reused_; }  // it has carried a request before
  net::Memory touched() const noexcept { return connection_->touched(); }

  void give_back() noexcept;
  void drop() noexcept {
    if (pool_ != nullptr) end();
  }

 private:
  friend class EndpointPool;
  void end() noexcept;
  void attach(std::unique_ptr<Connection> connection, bool reused) noexcept;  // null: as it was

  EndpointPool* pool_ = nullptr;
  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
};

struct Leased {
  Lease lease;                               // without a connection: one of these two says why
  WaitEnd wait = WaitEnd::admitted;          // how the wait for a place ended, if there was one
  net::IoStatus status = net::IoStatus::ok;  // of the dial, if it came to one
  net::SteadyTime placed{};                  // when it had its place
};

// By which somebody else ends a lease() that is under way.
class LeaseHandle {
 public:
  // It ends without a connection, afterwards, and there is to be no other. Safe at any time.
  void give_up() noexcept {
    given_up_ = true;
    dialling_.give_up();
    if (pending_ != nullptr) pending_->give_up();
  }

 private:
  friend class EndpointPool;
  net::DialHandle dialling_;
  PendingRequest* pending_ = nullptr;
  bool given_up_ = false;
};

// Whether an idle connection will do.
enum class Wanted : std::uint8_t { any, fresh };

class EndpointPool {
 public:
  // `in_flight`: where balancing looks for the places taken here; null: it looks nowhere.
  EndpointPool(net::Worker& worker, std::uint32_t* in_flight, telemetry::EndpointCounters& counters)
      : worker_(worker),
        counters_(counters),
        quota_(in_flight != nullptr ? *in_flight : unseen_in_flight_) {}
  ~EndpointPool() { close_idle(); }
  EndpointPool(const EndpointPool&) = delete;
  EndpointPool& operator=(const EndpointPool&) = delete;

  // From the newest snapshot. Wakes whoever waits for what there is room for now.
  void configure(const routing::Endpoint& endpoint, const routing::UpstreamSpec& spec,
                 WorkerShare share, const TlsContext& tls);

  bool has_room() const noexcept { return quota_.has_room(); }
  // Shape: has_room(), `lease` is empty and stays so (false) when there is none. One that has news
  // is closed, although its turn in this round has not come: it would be used before anybody has
  // looked at what it says.
  bool take_idle(Lease& lease) noexcept;
  // Waits for a place if there is none, then takes an idle connection if one is wanted and there,
  // else dials. `handle` outlives it.
  // `preface`: what a connection begins with, and outlives the call. Then it is nobody else's.
  net::Task<Leased> lease(Wanted wanted, std::chrono::milliseconds connect_timeout,
                          LeaseHandle& handle, std::string_view preface = {});
  void close_idle() noexcept;
  telemetry::EndpointCounters& counters() noexcept { return counters_; }

 private:
  friend class Connection;
  friend class Lease;
  net::Task<WaitEnd> wait_for_place(LeaseHandle& handle);
  std::unique_ptr<Connection> pop_idle() noexcept;
  void put_idle(std::unique_ptr<Connection> connection) noexcept;
  std::unique_ptr<Connection> unlink(Connection& connection) noexcept;
  void close_idle_above(std::uint32_t connections) noexcept;
  void put_back_place() noexcept;
  void settle() noexcept;
  void configure_opening(const routing::Endpoint& endpoint, const routing::UpstreamSpec& spec,
                         const TlsContext& context);

  net::Worker& worker_;
  telemetry::EndpointCounters& counters_;
  Quota quota_;
  Connection* newest_ = nullptr;
  Connection* oldest_ = nullptr;
  std::uint32_t idle_ = 0;
  std::uint32_t connections_ = 0;  // open or being opened
  routing::PoolSpec spec_;
  EndpointLimits limits_;
  net::Address address_;
  net::tls::ClientSessions sessions_;
  std::optional<net::TlsAccess> tls_;  // absent: plain
  routing::SendProxy send_proxy_ = routing::SendProxy::off;
  std::uint32_t age_ = 0;  // how often these two have changed
  std::uint32_t unseen_in_flight_ = 0;
};

// All pools of a worker, by endpoint slot. A slot's pool is never freed: leases point to it.
class Pools {
 public:
  Pools(net::Worker& worker, telemetry::Shard& shard, WorkerShare share)
      : worker_(worker), shard_(shard), share_(share) {}

  // Endpoints that are new get a pool; those that are gone lose their idle connections.
  void adopt(const routing::Snapshot& snapshot, const WorkerTls& tls);
  EndpointPool& of(const routing::Endpoint& endpoint) noexcept { return *pools_[endpoint.slot]; }
  void close_idle() noexcept;
  // Places taken, by endpoint slot.
  std::span<const std::uint32_t> in_flight() const noexcept { return in_flight_; }

 private:
  static constexpr std::size_t kSlotsMax = 64 * 1024;
  net::Worker& worker_;
  telemetry::Shard& shard_;
  WorkerShare share_;
  std::vector<std::unique_ptr<EndpointPool>> pools_;
  std::vector<std::uint32_t> in_flight_ = std::vector<std::uint32_t>(kSlotsMax);  // never moves
};

}  // namespace sluice::proxy::upstream
