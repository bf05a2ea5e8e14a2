#include "app/server.hpp"

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sched.h>
#include <sys/resource.h>

#include "app/verbs.hpp"
#include "base/crypto.hpp"
#include "config/load.hpp"
#include "control/control.hpp"
#include "proxy/data_plane.hpp"

namespace sluice::app {
namespace {

namespace asio = boost::asio;

// Cores that this process may use, which in a container are fewer than the machine has.
std::size_t usable_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

// The soft limit is a default for programs that use select(); we may have as many as the hard one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

std::string new_sticky_key() {
  std::string key(32, '\0');
  random_bytes({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  return key;
}

class Server {
 public:
  Server(std::string path, config::Configuration configuration)
      : path_(std::move(path)),
        configuration_(std::move(configuration)),
        data_plane_(configuration_.workers != 0 ? configuration_.workers : usable_cores(),
                    random_seed()),
        control_([this](auto snapshot, auto served) {
          data_plane_.publish(std::move(snapshot), std::move(served));
        }) {}

  int run();

 private:
  bool start();
  const std::vector<std::string>& sticky_keys();
  void print_ready() const;
  void await_signal();
  void on_signal(int signal);
  void reload();
  void drain();
  void finish();

  std::string path_;
  config::Configuration configuration_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer drain_timer_{io_};
  proxy::DataPlane data_plane_;
  control::Control control_;
  std::vector<std::string> generated_keys_;
  bool draining_ = false;
  bool finished_ = false;
};

int Server::run() {
  if (!start()) return kExitFailed;
  await_signal();
  io_.run();
  data_plane_.stop();
  return kExitOk;
}

// Sessions outlive a reload with generated keys, but not a restart; the file is the cure.
const std::vector<std::string>& Server::sticky_keys() {
  if (!configuration_.sticky_keys.empty()) return configuration_.sticky_keys;
  if (generated_keys_.empty()) generated_keys_.push_back(new_sticky_key());
  return generated_keys_;
}

bool Server::start() {
  data_plane_.start();
  const auto applied = control_.apply(configuration_.routing, sticky_keys(), {});
  if (!applied) {
    for (const std::string& error : applied.error()) std::cerr << "sluice: " << error << '\n';
    return false;
  }
  const auto opened = data_plane_.open(configuration_.listeners);
  if (!opened) {
    std::cerr << "sluice: " << opened.error() << '\n';
    return false;
  }
  print_ready();
  return true;
}

void Server::print_ready() const {
  for (const auto& listener : data_plane_.listeners())
    std::cout << "listener " << listener->spec.name << " on "
              << listener->address->bound().to_string() << '\n';
  std::cout << "ready: " << data_plane_.workers() << " workers, generation "
            << control_.current()->generation << std::endl;
}

void Server::await_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    if (!finished_) await_signal();
  });
}

void Server::on_signal(int signal) {
  if (signal == SIGHUP) return reload();
  if (draining_) return finish();
  drain();
}

// Listeners, workers and the admin address are fixed for the life of the process, and said to be.
void Server::reload() {
  auto loaded = config::load_file(path_);
  if (!loaded) {
    std::cerr << config::format_text(loaded.error())
              << "sluice: reload refused, the running configuration stays" << std::endl;
    return;
  }
  config::Configuration next = std::move(loaded).value();
  if (next.listeners != configuration_.listeners || next.workers != configuration_.workers ||
      next.admin != configuration_.admin)
    std::cerr << "sluice: changes to listeners, workers and admin need a restart" << std::endl;
  next.listeners = configuration_.listeners;
  next.workers = configuration_.workers;
  next.admin = configuration_.admin;
  std::swap(configuration_, next);
  const auto applied = control_.apply(configuration_.routing, sticky_keys(), [this] {
    asio::post(io_, [this] {
      std::cout << "reloaded: generation " << control_.current()->generation << std::endl;
    });
  });
  if (applied) return;
  std::swap(configuration_, next);
  for (const std::string& error : applied.error()) std::cerr << "sluice: " << error << '\n';
}

void Server::drain() {
  draining_ = true;
  std::cout << "draining" << std::endl;
  data_plane_.begin_drain([this] { asio::post(io_, [this] { finish(); }); });
  drain_timer_.expires_after(configuration_.drain_timeout);
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) finish();
  });
}

void Server::finish() {
  finished_ = true;
  drain_timer_.cancel();
  signals_.cancel();
}

}  // namespace

int run_server(const std::string& config_path) {
  auto loaded = config::load_file(config_path);
  if (!loaded) {
    std::cerr << config::format_text(loaded.error());
    return kExitFailed;
  }
  raise_descriptor_limit();
  ::signal(SIGPIPE, SIG_IGN);
  return Server(config_path, std::move(loaded).value()).run();
}

}  // namespace sluice::app
