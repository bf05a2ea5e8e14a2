#include "app/server.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/console.hpp"
#include "app/engine.hpp"
#include "app/file_watch.hpp"
#include "app/process.hpp"
#include "app/verbs.hpp"
#include "base/hash.hpp"
#include "config/load.hpp"
#include "config/render.hpp"
#include "control/resolver.hpp"
#include "notify/courier.hpp"

namespace sluice::app {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kFirstAnswersWait{5};
const char* const kDraining = "the proxy is draining";

// Calls `done` when it has been called twice, by whatever threads.
std::function<void()> both_of(std::function<void()> done) {
  const auto first = std::make_shared<std::atomic<bool>>(true);
  return [first, done = std::move(done)] {
    if (!first->exchange(false)) done();
  };
}

std::string lines_of(const std::vector<std::shared_ptr<proxy::Listener>>& listeners) {
  std::string lines;
  for (const auto& listener : listeners)
    lines +=
        "listener " + listener->spec.name + " on " + listener->address->bound().to_string() + '\n';
  return lines;
}

class Server {
 public:
  Server(std::string path, config::Configuration configuration, control::Store::Opened kept)
      : path_(std::move(path)),
        configuration_(std::move(configuration)),
        engine_(
            configuration_.workers != 0 ? configuration_.workers : usable_cores(), random_seed(),
            io_, [](const std::string& line) { complain("sluice: " + line + "\n"); },
            std::move(kept)) {
    signals_.add(SIGUSR1);  // the constructor takes three
  }

  int run();

 private:
  bool open_log();
  bool start();
  void print_ready() const;
  void await_signal();
  void on_signal(int signal);
  void await_first_answers();
  void await_first_checks();
  using Reloaded = Result<std::uint64_t, std::vector<config::Diagnostic>>;
  struct Reloading {
    control::Actor actor;
    admin::ReloadDone done;  // may be empty
  };

  void reload(const control::Actor& actor, admin::ReloadDone done);
  void keep_what_is_fixed(config::Configuration& next) const;
  void end_reload(const Reloading& reloading, const Reloaded& result);
  void show_configuration();
  void send_couriers();
  void watch_tls_files();
  void apply_reloaded();
  void refuse_reloaded(const std::vector<Reloading>& waiting,
                       const std::vector<config::Diagnostic>& why);
  void drain();
  void finish();

  std::string path_;
  config::Configuration configuration_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer drain_timer_{io_};
  Engine engine_;
  control::Resolver resolver_{
      {}, [this](const auto& name, const auto& addresses) {
        asio::post(io_, [this, name, addresses] { engine_.control().resolved(name, addresses); });
      }};
  std::optional<config::Configuration> reloaded_;  // waits for the addresses of its names
  std::vector<Reloading> reloads_;                 // who waits for it
  FileWatch watch_{io_, path_, [this] { reload({"file", "", ""}, {}); }};
  std::map<std::string, FileWatch> tls_watches_;  // by file; those of files no longer used stay
  bool draining_ = false;
  bool finished_ = false;
  std::vector<std::unique_ptr<notify::Courier>> couriers_;
};

int Server::run() {
  if (!start()) return kExitFailed;
  await_signal();
  io_.run();
  couriers_.clear();
  engine_.stop();
  return kExitOk;
}

bool Server::open_log() {
  if (!configuration_.access_log) return true;
  const auto opened = engine_.log_to(*configuration_.access_log);
  if (!opened) std::cerr << "sluice: " << opened.error() << '\n';
  return opened.ok();
}

bool Server::start() {
  if (!open_log()) return false;
  if (configuration_.tracing) engine_.trace_to(*configuration_.tracing);
  engine_.start();
  await_first_answers();
  const auto applied =
      engine_.control().apply(configuration_.routing, configuration_.sticky_keys, {});
  if (!applied) {
    for (const std::string& error : applied.error()) std::cerr << "sluice: " << error << '\n';
    return false;
  }
  await_first_checks();
  engine_.configure_rollouts(configuration_.rollouts);
  engine_.experiments().configure(configuration_.experiments);
  send_couriers();
  show_configuration();
  engine_.drain_by([this](const auto& actor) {
    engine_.control().note({.actor = actor, .action = "drain", .result = "done"}, {});
    if (!draining_) drain();
  });
  engine_.reload_by([this](const auto& actor, auto done) { reload(actor, std::move(done)); });
  const auto opened = engine_.open(configuration_.listeners, configuration_.admin);
  if (!opened) {
    std::cerr << "sluice: " << opened.error() << '\n';
    return false;
  }
  engine_.show_certificates(configuration_);
  watch_tls_files();
  print_ready();
  return true;
}

// So that the first request finds endpoints. Not for ever: other upstreams may need no name.
void Server::await_first_answers() {
  const auto names = routing::names_to_resolve(configuration_.routing);
  if (names.empty()) return;
  const auto heard = std::make_shared<std::promise<void>>();
  resolver_.watch(names, [heard] { heard->set_value(); });
  heard->get_future().wait_for(kFirstAnswersWait);
  for (const std::string& name : resolver_.unresolved())
    complain("sluice: starting without the addresses of " + name + "\n");
  io_.poll();  // what was resolved reaches control before the first snapshot is made
  io_.restart();
}

// Likewise: an endpoint that is to be checked serves when it has passed. Those of others must not
// wait for one that does not answer.
void Server::await_first_checks() {
  const auto until = std::chrono::steady_clock::now() + kFirstAnswersWait;
  while (!engine_.health().settled() && io_.run_one_until(until) > 0) {
  }
  io_.restart();
}

void Server::print_ready() const {
  std::ostringstream lines;
  lines << lines_of(engine_.data_plane().listeners());
  if (const std::string url = engine_.admin_url(); !url.empty())
    lines << "admin on " << url << '\n';
  if (!configuration_.state)
    lines << "state in memory: what is set at run time ends with the process\n";
  if (!engine_.admin_token().empty())
    lines << "admin token of this run: " << engine_.admin_token() << '\n';
  lines << "ready: " << engine_.data_plane().workers() << " workers, generation "
        << engine_.control().current()->generation << '\n';
  tell(lines.str());
}

void Server::await_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    if (!finished_) await_signal();
  });
}

void Server::on_signal(int signal) {
  if (signal == SIGHUP) return reload({"signal", "", ""}, {});
  if (signal == SIGUSR1) return engine_.reopen_log();
  if (draining_) return finish();
  drain();
}

// Workers, the admin address, the access log, the collector, who is notified and the state's file
// are fixed for the life of the process, and said to be.
void Server::keep_what_is_fixed(config::Configuration& next) const {
  const config::Configuration& now = configuration_;
  if (next.notifications != now.notifications || next.workers != now.workers ||
      next.admin != now.admin || next.access_log != now.access_log || next.tracing != now.tracing ||
      next.state != now.state)
    complain(
        "sluice: changes to workers, admin, access_log, tracing, notifications and state need a "
        "restart\n");
  next.notifications = now.notifications;
  next.workers = now.workers;
  next.admin = now.admin;
  next.access_log = now.access_log;
  next.tracing = now.tracing;
  next.state = now.state;
}

void Server::reload(const control::Actor& actor, admin::ReloadDone done) {
  if (draining_)
    return end_reload({actor, std::move(done)},
                      Failure{std::vector{config::file_diagnostic(path_, kDraining)}});
  watch_.seen();
  for (auto& [file, watch] : tls_watches_) watch.seen();
  auto loaded = config::load_file(path_);
  if (!loaded) {
    complain(config::format_text(loaded.error()) +
             "sluice: reload refused, the running configuration stays\n");
    return end_reload({actor, std::move(done)}, Failure{loaded.error()});
  }
  config::Configuration next = std::move(loaded).value();
  keep_what_is_fixed(next);
  auto names = routing::names_to_resolve(next.routing);
  reloaded_ = std::move(next);
  reloads_.push_back({actor, std::move(done)});
  // New names are asked for first, so that their upstreams do not start empty.
  resolver_.watch(std::move(names), [this] { asio::post(io_, [this] { apply_reloaded(); }); });
}

// New listeners are bound before anything changes; what is refused has changed nothing.
void Server::apply_reloaded() {
  if (!reloaded_) return;  // an earlier call had the newest already
  const auto waiting = std::exchange(reloads_, {});
  if (draining_) return refuse_reloaded(waiting, {config::file_diagnostic(path_, kDraining)});
  auto listeners = engine_.prepare(reloaded_->listeners);
  if (!listeners)
    return refuse_reloaded(waiting, {config::listener_diagnostic(path_, listeners.error().index,
                                                                 listeners.error().why)});
  const auto served = both_of([this, waiting] {
    asio::post(io_, [this, waiting] {
      const std::uint64_t generation = engine_.control().current()->generation;
      tell("reloaded: generation " + std::to_string(generation) + "\n");
      for (const Reloading& one : waiting) end_reload(one, generation);
    });
  });
  const auto applied = engine_.control().apply(reloaded_->routing, reloaded_->sticky_keys, served);
  if (!applied) {
    std::vector<config::Diagnostic> diagnostics;
    for (const std::string& error : applied.error())
      diagnostics.push_back(config::file_diagnostic(path_, error));
    return refuse_reloaded(waiting, diagnostics);
  }
  configuration_ = *std::exchange(reloaded_, {});
  tell(lines_of(listeners->opened));
  engine_.relist(std::move(listeners).value(), served);
  engine_.configure_rollouts(configuration_.rollouts);
  engine_.experiments().configure(configuration_.experiments);
  engine_.show_certificates(configuration_);
  show_configuration();
  watch_tls_files();
}

void Server::refuse_reloaded(const std::vector<Reloading>& waiting,
                             const std::vector<config::Diagnostic>& why) {
  complain(config::format_text(why) + "sluice: reload refused, the running configuration stays\n");
  resolver_.watch(routing::names_to_resolve(configuration_.routing), {});
  reloaded_.reset();
  for (const Reloading& one : waiting) end_reload(one, Failure{why});
}

// A renewed certificate is served without a word to us.
void Server::watch_tls_files() {
  for (const std::string& file : tls_files(configuration_))
    tls_watches_.try_emplace(file, io_, file, [this] { reload({"file", "", ""}, {}); });
}

void Server::end_reload(const Reloading& reloading, const Reloaded& result) {
  engine_.lifecycle().reloaded(result.ok());
  engine_.control().note({.actor = reloading.actor,
                          .action = "reload",
                          .target = path_,
                          .result = result ? "done" : "refused: the configuration has errors"},
                         {});
  engine_.events().append(
      {.kind = control::EventKind::reload,
       .subject = path_,
       .fields = {{"result", result ? "done" : "refused"}, {"actor", reloading.actor.name}}});
  if (reloading.done) reloading.done(result);
}

void Server::show_configuration() {
  engine_.show_configuration({path_, config::render(configuration_, config::Detail::everything)});
}

// What waits for a receiver is kept beside the state, under a name that is the receiver's alone.
std::string outbox_of(const config::Configuration& configuration,
                      const notify::NotificationSpec& spec) {
  if (!configuration.state) return {};
  std::string key = spec.url + '\n' + std::to_string(static_cast<int>(spec.format));
  for (const std::string& kind : spec.events) key += '\n' + kind;
  return configuration.state->path + ".outbox-" + std::to_string(stable_hash(key));
}

void Server::send_couriers() {
  const auto log = [this](const std::string& line) {
    asio::post(io_, [line] { complain("sluice: " + line + "\n"); });
  };
  for (const notify::NotificationSpec& spec : configuration_.notifications)
    couriers_.push_back(std::make_unique<notify::Courier>(
        spec, outbox_of(configuration_, spec), "sluice/" + host_name(), engine_.events(), log));
}

void Server::drain() {
  draining_ = true;
  watch_.stop();
  for (auto& [file, watch] : tls_watches_) watch.stop();
  tell("draining\n");
  engine_.begin_drain([this] { asio::post(io_, [this] { finish(); }); });
  drain_timer_.expires_after(configuration_.drain_timeout);
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) finish();
  });
}

void Server::finish() {
  finished_ = true;
  io_.stop();  // checks would go on for ever
}

}  // namespace

int run_server(const std::string& config_path) {
  auto loaded = config::load_file(config_path);
  if (!loaded) {
    std::cerr << config::format_text(loaded.error());
    return kExitFailed;
  }
  prepare_process();
  auto kept = control::Store::open(loaded->state ? loaded->state->path : "");
  if (!kept) {
    std::cerr << "sluice: " << kept.error() << '\n';
    return kExitFailed;
  }
  for (const std::string& warning : kept->warnings) complain("sluice: " + warning + "\n");
  return Server(config_path, std::move(loaded).value(), std::move(kept).value()).run();
}

}  // namespace sluice::app
