#include "proxy/upstream/pool.hpp"

#include <utility>

#include "base/address.hpp"

namespace sluice::proxy::upstream {

// ---- Connection ----------------------------------------------------------------------------

Connection::~Connection() {
  --pool_.connections_;
}
void Connection::on_unawaited(bool) {
  pool_.unlink(*this);
}
void Connection::on_deadline() {
  pool_.unlink(*this);
}

// ---- Lease ---------------------------------------------------------------------------------

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = std::exchange(other.pool_, nullptr);
  connection_ = std::move(other.connection_);
  reused_ = other.reused_;
  return *this;
}

inline void Lease::attach(std::unique_ptr<Connection> connection, bool reused) noexcept {
  if (!connection) return;
  connection_ = std::move(connection);
  reused_ = reused;
  pool_->counters_.connections_active.add();
}

void Lease::end() noexcept {
  if (connection_) {
    pool_->counters_.connections_active.sub();
    connection_.reset();
  }
  std::exchange(pool_, nullptr)->put_back_place();
}

void Lease::give_back() noexcept {
  pool_->counters_.connections_active.sub();
  pool_->put_idle(std::move(connection_));
  std::exchange(pool_, nullptr)->put_back_place();
}

// ---- EndpointPool --------------------------------------------------------------------------

void EndpointPool::configure(const routing::Endpoint& endpoint, const routing::UpstreamSpec& spec,
                             WorkerShare share, const TlsContext& tls) {
  spec_ = spec.pool;
  configure_opening(endpoint, spec, tls);
  // compile() has made sure that it parses.
  if (const auto address = net::Address::parse(endpoint.address)) address_ = *address;
  limits_ = limits_of(spec.limits, share);
  quota_.set(limits_.places, limits_.pending);
  settle();
}

void EndpointPool::configure_opening(const routing::Endpoint& endpoint,
                                     const routing::UpstreamSpec& spec, const TlsContext& context) {
  const bool wanted = spec.tls.has_value();
  const bool same = wanted == tls_.has_value() && (!wanted || tls_->context == context) &&
                    spec.send_proxy == send_proxy_;
  if (same) return;
  close_idle();
  sessions_.clear();
  ++age_;
  send_proxy_ = spec.send_proxy;
  tls_.reset();
  if (!wanted) return;
  const auto name = parse_endpoint_address(endpoint.name);
  tls_ = net::TlsAccess{context, name ? name.value().host : std::string(), &sessions_};
}

inline std::unique_ptr<Connection> EndpointPool::pop_idle() noexcept {
  while (newest_ != nullptr) {
    std::unique_ptr<Connection> connection = unlink(*newest_);
    // The kernel tells of a connection once a round: what came back in this one had its turn.
    if (connection->idle_since_ == worker_.rounds() || !worker_.has_news_of(&connection->stream()))
      return connection;
  }
  return nullptr;
}

bool EndpointPool::take_idle(Lease& lease) noexcept {
  std::unique_ptr<Connection> connection = pop_idle();
  if (!connection) return false;
  quota_.take();
  lease.pool_ = this;
  lease.attach(std::move(connection), true);
  // The next one's. Its own line is on its way already: it has just lost its newer neighbour.
  if (newest_ != nullptr) fetch_lines(newest_->stream_->touched());
  return true;
}

net::Task<WaitEnd> EndpointPool::wait_for_place(LeaseHandle& handle) {
  PendingRequest pending(worker_, quota_, worker_.now() + limits_.pending_timeout);
  handle.pending_ = &pending;
  counters_.requests_pending.add();
  const WaitEnd end = co_await pending;
  counters_.requests_pending.sub();
  handle.pending_ = nullptr;
  if (end != WaitEnd::admitted || !handle.given_up_) co_return end;
  // Given up after it was admitted, before it ran: the place is the next one's.
  put_back_place();
  co_return WaitEnd::given_up;
}

net::Task<Leased> EndpointPool::lease(Wanted wanted, std::chrono::milliseconds connect_timeout,
                                      LeaseHandle& handle, std::string_view preface) {
  Leased out;
  if (has_room())
    quota_.take();
  else
    out.wait = co_await wait_for_place(handle);
  if (out.wait != WaitEnd::admitted) co_return out;
  out.placed = worker_.now();
  out.lease = Lease(*this);
  if (wanted == Wanted::any) out.lease.attach(pop_idle(), true);
  if (out.lease) co_return out;
  close_idle_above(limits_.connections - 1);
  ++connections_;
  const std::uint32_t age = age_;
  const std::optional<net::TlsAccess> tls = tls_;  // may change meanwhile
  net::Dialled dialled = co_await net::dial(worker_, address_, connect_timeout, handle.dialling_,
                                            {preface, tls ? &*tls : nullptr});
  out.status = dialled.status;
  if (dialled.stream)
    out.lease.attach(
        std::make_unique<Connection>(*this, std::move(dialled.stream), age, !preface.empty()),
        false);
  else
    --connections_;
  co_return out;
}

void EndpointPool::put_idle(std::unique_ptr<Connection> connection) noexcept {
  if (idle_ >= spec_.max_idle_per_endpoint || connection->age_ != age_ || connection->single_use_ ||
      !connection->stream().quiet())
    return;  // closes it
  Connection* const raw = connection.release();
  raw->older_ = newest_;
  raw->newer_ = nullptr;
  raw->idle_since_ = worker_.rounds();
  (newest_ != nullptr ? newest_->newer_ : oldest_) = raw;
  newest_ = raw;
  ++idle_;
  counters_.connections_idle.add();
  raw->stream().observe(raw);
  worker_.deadlines().set(*raw, worker_.now() + spec_.idle_timeout);
}

std::unique_ptr<Connection> EndpointPool::unlink(Connection& connection) noexcept {
  (connection.newer_ != nullptr ? connection.newer_->older_ : newest_) = connection.older_;
  (connection.older_ != nullptr ? connection.older_->newer_ : oldest_) = connection.newer_;
  --idle_;
  counters_.connections_idle.sub();
  connection.stream().observe(nullptr);
  net::DeadlineWheel::clear(connection);
  return std::unique_ptr<Connection>(&connection);
}

void EndpointPool::close_idle() noexcept {
  while (newest_ != nullptr) unlink(*newest_);
}

void EndpointPool::close_idle_above(std::uint32_t connections) noexcept {
  while (oldest_ != nullptr && connections_ > connections) unlink(*oldest_);
}

void EndpointPool::put_back_place() noexcept {
  quota_.put_back();
  if (quota_.limited()) [[unlikely]]
    settle();
}

// What is idle is not worth more connections than there may be (a limit may have been lowered);
// what there is room for goes on.
void EndpointPool::settle() noexcept {
  close_idle_above(limits_.connections);
  while (Waiter* const waiter = quota_.admit()) static_cast<PendingRequest*>(waiter)->admitted();
}

// ---- Pools ---------------------------------------------------------------------------------

void Pools::adopt(const routing::Snapshot& snapshot, const WorkerTls& tls) {
  std::vector<bool> present(pools_.size(), false);
  for (std::size_t i = 0; i < snapshot.upstreams.size(); ++i) {
    const routing::Upstream& upstream = snapshot.upstreams[i];
    for (const routing::Endpoint& endpoint : upstream.endpoints) {
      if (endpoint.slot >= pools_.size()) pools_.resize(endpoint.slot + 1);
      auto& pool = pools_[endpoint.slot];
      if (!pool)
        pool = std::make_unique<EndpointPool>(
            worker_, endpoint.slot < kSlotsMax ? &in_flight_[endpoint.slot] : nullptr,
            shard_.endpoints.ensure(endpoint.slot));
      pool->configure(endpoint, upstream.spec, share_, tls[i]);
      if (endpoint.slot < present.size()) present[endpoint.slot] = true;
    }
  }
  for (std::size_t slot = 0; slot < present.size(); ++slot)
    if (!present[slot] && pools_[slot]) pools_[slot]->close_idle();
}

void Pools::close_idle() noexcept {
  for (auto& pool : pools_)
    if (pool) pool->close_idle();
}

}  // namespace sluice::proxy::upstream
