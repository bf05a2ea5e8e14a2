#include "proxy/upstream/pool.hpp"

#include <utility>

namespace sluice::proxy::upstream {

// ---- Connection ----------------------------------------------------------------------------

void Connection::on_unawaited(bool) {
  pool_.unlink(*this);
}
void Connection::on_deadline() {
  pool_.unlink(*this);
}

// ---- Lease ---------------------------------------------------------------------------------

Lease::Lease(EndpointPool& pool, std::unique_ptr<Connection> connection, bool reused) noexcept
    : pool_(&pool), connection_(std::move(connection)), reused_(reused) {
  ++pool_->in_flight_;
  pool_->counters_.connections_active.add();
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = other.pool_;
  connection_ = std::move(other.connection_);
  reused_ = other.reused_;
  return *this;
}

void Lease::drop() noexcept {
  if (!connection_) return;
  --pool_->in_flight_;
  pool_->counters_.connections_active.sub();
  connection_.reset();
}

void Lease::give_back() noexcept {
  --pool_->in_flight_;
  pool_->counters_.connections_active.sub();
  pool_->put_idle(std::move(connection_));
}

// ---- EndpointPool --------------------------------------------------------------------------

void EndpointPool::configure(const routing::Endpoint& endpoint, const routing::PoolSpec& spec) {
  spec_ = spec;
  // compile() has made sure that it parses.
  if (const auto address = net::Address::parse(endpoint.address)) address_ = *address;
}

Lease EndpointPool::take_idle() noexcept {
  while (newest_ != nullptr) {
    std::unique_ptr<Connection> connection = unlink(*newest_);
    // The kernel tells of a connection once a round: what came back in this one had its turn.
    if (connection->idle_since_ == worker_.rounds() || !worker_.has_news_of(&connection->stream()))
      return Lease(*this, std::move(connection), true);
  }
  return {};
}

net::Task<Dialled> EndpointPool::dial(std::chrono::milliseconds timeout, net::DialHandle& handle) {
  net::Dialled dialled = co_await net::dial(worker_, address_, timeout, handle);
  if (!dialled.stream) co_return Dialled{{}, dialled.status};
  co_return Dialled{
      Lease(*this, std::make_unique<Connection>(*this, std::move(dialled.stream)), false)};
}

void EndpointPool::put_idle(std::unique_ptr<Connection> connection) noexcept {
  if (idle_ >= spec_.max_idle_per_endpoint || !connection->stream().quiet()) return;  // closes it
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

// ---- Pools ---------------------------------------------------------------------------------

void Pools::adopt(const routing::Snapshot& snapshot) {
  std::vector<bool> present(pools_.size(), false);
  for (const routing::Upstream& upstream : snapshot.upstreams) {
    for (const routing::Endpoint& endpoint : upstream.endpoints) {
      if (endpoint.slot >= pools_.size()) pools_.resize(endpoint.slot + 1);
      auto& pool = pools_[endpoint.slot];
      if (!pool)
        pool = std::make_unique<EndpointPool>(worker_, in_flight_[endpoint.slot % kSlotsMax],
                                              shard_.endpoints.ensure(endpoint.slot));
      pool->configure(endpoint, upstream.spec.pool);
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
