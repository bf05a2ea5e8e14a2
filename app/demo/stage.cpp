#include "app/demo/stage.hpp"

#include <csignal>
#include <future>

#include <boost/asio/post.hpp>

#include "app/process.hpp"

namespace sluice::app::demo {
namespace {

constexpr std::uint16_t kUsualPort = 8080;
const char* const kRoute = "demo";

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
  route.name = kRoute;
  for (std::size_t i = 0; i < plan_.variants.size(); ++i) {
    const Variant& variant = plan_.variants[i];
    routing::UpstreamSpec upstream;
    upstream.name = variant.name;
    upstream.endpoints.push_back({backends_[i]->address(), 1});
    spec.upstreams.push_back(std::move(upstream));
    route.split.push_back({variant.name, variant.weight});
  }
  if (plan_.story) route.guard.emplace().baseline = plan_.variants.front().name;
  spec.routes.push_back(std::move(route));
  return spec;
}

// The steps of the last act.
rollout::RolloutSpec Stage::rollout() const {
  using rollout::StepKind;
  rollout::RolloutSpec spec{
      .route = kRoute, .stable = plan_.variants.front().name, .canary = plan_.variants.back().name};
  for (const double share : {0.1, 0.5}) {
    spec.steps.push_back({.kind = StepKind::set_weight, .share = share});
    spec.steps.push_back({.kind = StepKind::pause, .time = std::chrono::seconds(2)});
  }
  return spec;
}

Scene Stage::scene() const {
  Scene scene;
  const auto view = engine_.control().view();
  const auto& weights = view->state.weights.at(kRoute).weights;
  double sum = 0;
  for (const auto& one : weights) sum += one.weight;
  scene.canary_share = weights.back().weight / sum;
  if (const auto rollout = view->state.rollouts.find(kRoute); rollout != view->state.rollouts.end())
    scene.rollout = label(rollout->second.phase);
  const auto breaches = engine_.guards().breaches();
  scene.reversions = breaches.size();
  if (breaches.empty()) return scene;
  scene.metric = breaches.front().metric;
  scene.took = breaches.front().took;
  scene.harmed = breaches.front().harmed;
  scene.evidence = breaches.front().sentence;
  return scene;
}

void Stage::perform(const Cue& cue) {
  boost::asio::post(io_, [this, cue] {
    if (cue.canary) backends_.back()->behave(*cue.canary);
    if (cue.canary_share) shift(*cue.canary_share);
    if (cue.start_rollout)
      engine_.steer({.command = control::RolloutCommand::start, .route = kRoute},
                    [](const auto&) {});
  });
}

void Stage::shift(double canary_share) {
  const auto canary = static_cast<std::uint32_t>(canary_share * 100);
  control::SetWeights change{.route = kRoute, .weights = {}, .revert_after = {}};
  change.weights = {{plan_.variants.front().name, 100 - canary},
                    {plan_.variants.back().name, canary}};
  engine_.control().request({.change = std::move(change), .actor = {"demo", "", ""}},
                            [](const auto&) {});
}

// Returns when every worker serves it.
void Stage::publish() {
  const auto served = std::make_shared<std::promise<void>>();
  const auto applied = engine_.control().apply(routing(), {}, [served] { served->set_value(); });
  if (!applied) return;
  served->get_future().wait();
  if (plan_.story) engine_.configure_rollouts({rollout()});
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
