#include "app/demo/stage.hpp"

#include <csignal>
#include <future>

#include "app/process.hpp"

namespace sluice::app::demo {
namespace {

constexpr std::uint16_t kUsualPort = 8080;

// Signals are for the thread that draws.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Stage::Stage(const Plan& plan)
    : plan_(plan),
      tally_(plan.variants),
      engine_(plan.workers, plan.seed ? *plan.seed : random_seed(), io_,
              [](const std::string&) {}) {
  for (const Variant& variant : plan_.variants)
    backends_.push_back(std::make_unique<Backend>(io_, variant.name, variant.version));
}

Stage::~Stage() {
  close();
}

Result<bool, std::string> Stage::open(std::function<void()> on_done) {
  engine_.start();
  publish();
  if (auto listening = listen(); !listening) return listening;
  const std::uint16_t port = engine_.data_plane().listeners().front()->address->bound().port();
  load_ = std::make_unique<Load>(
      io_, plan_, boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), port),
      tally_, std::move(on_done));
  load_->start();
  thread_ = std::thread([this] {
    block_signals();
    io_.run();
  });
  return true;
}

routing::RoutingSpec Stage::routing() const {
  routing::RoutingSpec spec;
  routing::RouteSpec route;
  route.name = "demo";
  for (std::size_t i = 0; i < plan_.variants.size(); ++i) {
    const Variant& variant = plan_.variants[i];
    routing::UpstreamSpec upstream;
    upstream.name = variant.name;
    upstream.endpoints.push_back({backends_[i]->address(), 1});
    spec.upstreams.push_back(std::move(upstream));
    route.split.push_back({variant.name, variant.weight});
  }
  spec.routes.push_back(std::move(route));
  return spec;
}

// Returns when every worker serves it.
void Stage::publish() {
  const auto served = std::make_shared<std::promise<void>>();
  const auto applied = engine_.control().apply(routing(), {}, [served] { served->set_value(); });
  if (applied) served->get_future().wait();
}

Result<bool, std::string> Stage::listen() {
  if (plan_.port != 0) return listen_on(plan_.port);
  if (auto usual = listen_on(kUsualPort)) return usual;
  return listen_on(0);
}

Result<bool, std::string> Stage::listen_on(std::uint16_t port) {
  proxy::ListenerSpec listener;
  listener.name = "demo";
  listener.bind = "127.0.0.1:" + std::to_string(port);
  return engine_.open({listener}, {"127.0.0.1:0"});
}

std::string Stage::proxy_url() const {
  return "http://" + engine_.data_plane().listeners().front()->address->bound().to_string() + "/";
}

void Stage::close() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
  engine_.stop();
}

}  // namespace sluice::app::demo
