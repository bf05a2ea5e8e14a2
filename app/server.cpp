#include "app/server.hpp"

#include <csignal>
#include <iostream>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/engine.hpp"
#include "app/process.hpp"
#include "app/verbs.hpp"
#include "config/load.hpp"

namespace sluice::app {
namespace {

namespace asio = boost::asio;

class Server {
 public:
  Server(std::string path, config::Configuration configuration)
      : path_(std::move(path)),
        configuration_(std::move(configuration)),
        engine_(configuration_.workers != 0 ? configuration_.workers : usable_cores(),
                random_seed()) {}

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
  Engine engine_;
  std::vector<std::string> generated_keys_;
  bool draining_ = false;
};

int Server::run() {
  if (!start()) return kExitFailed;
  await_signal();
  io_.run();
  engine_.stop();
  return kExitOk;
}

// Sessions outlive a reload with generated keys, but not a restart; the file is the cure.
const std::vector<std::string>& Server::sticky_keys() {
  if (!configuration_.sticky_keys.empty()) return configuration_.sticky_keys;
  if (generated_keys_.empty()) generated_keys_.push_back(new_sticky_key());
  return generated_keys_;
}

bool Server::start() {
  engine_.start();
  const auto applied = engine_.control().apply(configuration_.routing, sticky_keys(), {});
  if (!applied) {
    for (const std::string& error : applied.error()) std::cerr << "sluice: " << error << '\n';
    return false;
  }
  const auto opened = engine_.open(configuration_.listeners, configuration_.admin);
  if (!opened) {
    std::cerr << "sluice: " << opened.error() << '\n';
    return false;
  }
  print_ready();
  return true;
}

void Server::print_ready() const {
  for (const auto& listener : engine_.data_plane().listeners())
    std::cout << "listener " << listener->spec.name << " on "
              << listener->address->bound().to_string() << '\n';
  if (const std::string url = engine_.admin_url(); !url.empty())
    std::cout << "admin on " << url << '\n';
  std::cout << "ready: " << engine_.data_plane().workers() << " workers, generation "
            << engine_.control().current()->generation << std::endl;
}

void Server::await_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    on_signal(signal);
    await_signal();
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
    engine_.lifecycle().reloaded(false);
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
  const auto applied = engine_.control().apply(configuration_.routing, sticky_keys(), [this] {
    asio::post(io_, [this] {
      std::cout << "reloaded: generation " << engine_.control().current()->generation << std::endl;
    });
  });
  engine_.lifecycle().reloaded(applied.ok());
  if (applied) return;
  std::swap(configuration_, next);
  for (const std::string& error : applied.error()) std::cerr << "sluice: " << error << '\n';
}

void Server::drain() {
  draining_ = true;
  std::cout << "draining" << std::endl;
  engine_.begin_drain([this] { asio::post(io_, [this] { finish(); }); });
  drain_timer_.expires_after(configuration_.drain_timeout);
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) finish();
  });
}

void Server::finish() {
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
  prepare_process();
  return Server(config_path, std::move(loaded).value()).run();
}

}  // namespace sluice::app
