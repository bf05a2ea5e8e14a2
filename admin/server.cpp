#include "admin/server.hpp"

#include <csignal>

#include <boost/asio/post.hpp>
#include <unistd.h>

namespace sluice::admin {
namespace {

constexpr std::chrono::milliseconds kPauseWhenExhausted{100};
constexpr std::chrono::seconds kLastWords{1};

// Signals are for the control thread alone.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Server::Server(Desk desk, const SessionLimits& limits) : desk_(std::move(desk)), limits_(limits) {}

Result<std::unique_ptr<Server>, std::string> Server::start(const AdminSpec& spec, Desk desk,
                                                           const SessionLimits& limits) {
  std::unique_ptr<Server> server(new Server(std::move(desk), limits));
  auto door = open_door(spec.listen, server->io_);
  if (!door) return Failure{std::move(door).error()};
  server->bound_ = door->bound;
  server->acceptor_ = std::make_unique<Acceptor>(std::move(door->acceptor));
  server->accept();
  server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  return server;
}

void Server::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] { finish(); });
  thread_.join();
}

void Server::finish() {
  desk_.stopping = true;
  boost::system::error_code ignored;
  acceptor_->close(ignored);
  desk_.on_written = [this] {
    if (desk_.writing == 0) io_.stop();
  };
  desk_.on_written();
  last_words_.expires_after(kLastWords);
  last_words_.async_wait([this](boost::system::error_code error) {
    if (!error) io_.stop();
  });
}

Server::~Server() {
  stop();
  desk_.waiting.clear();  // before the io_context that their sockets belong to
  if (!acceptor_) return;
  acceptor_.reset();
  if (bound_.is_unix()) ::unlink(bound_.to_string().substr(std::string("unix:").size()).c_str());
}

void Server::run() {
  block_signals();
  io_.run();
}

void Server::accept() {
  acceptor_->async_accept([this](boost::system::error_code error, Session::Socket socket) {
    if (!error) {
      welcome(std::move(socket));
      return accept();
    }
    if (error == asio::error::operation_aborted) return;
    // Out of descriptors, most likely: accepting again at once would spin.
    pause_.expires_after(kPauseWhenExhausted);
    pause_.async_wait([this](boost::system::error_code stopped) {
      if (!stopped) accept();
    });
  });
}

void Server::welcome(Session::Socket socket) {
  if (sessions_ >= limits_.sessions) {
    if (desk_.silent.empty()) return;  // closes it
    desk_.silent.front()->give_way();
  }
  ++sessions_;
  std::make_shared<Session>(std::move(socket), desk_, limits_, [this] { --sessions_; })->start();
}

void Server::wake_streams() {
  asio::post(io_, [this] {
    const auto open = desk_.streams;  // some may end
    for (EventStream* const stream : open) stream->wake();
  });
}

void Server::end_streams() {
  asio::post(io_, [this] {
    desk_.streams_end = true;
    const auto open = desk_.streams;
    for (EventStream* const stream : open) stream->end();
  });
}

std::string Server::url() const {
  return bound_.is_unix() ? bound_.to_string() : "http://" + bound_.to_string();
}

}  // namespace sluice::admin
