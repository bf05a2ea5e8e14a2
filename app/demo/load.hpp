#pragma once
// Clients that ask the proxy at a steady pace and note which backend answered.
//
// Thread:    that of its io_context; stop() too.
// Invariant: an answer is counted once, when it is whole; what is on its way at stop() is not.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "app/demo/plan.hpp"
#include "app/demo/tally.hpp"

namespace sluice::app::demo {

class Load {
 public:
  using Done = std::function<void()>;

  // `on_done` is called when `plan.requests` have been answered or have failed, if it says so.
  Load(boost::asio::io_context& io, const Plan& plan, boost::asio::ip::tcp::endpoint target,
       Tally& tally, Done on_done);
  ~Load();

  void start();
  void stop();

 private:
  class Client;
  friend class Client;
  // One more may be sent. Path: each request.
  bool take_ticket();
  void ended();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::endpoint target_;
  Tally& tally_;
  Done on_done_;
  std::optional<std::uint64_t> left_;        // to be sent
  std::optional<std::uint64_t> unanswered_;  // of those that were to be sent
  std::chrono::nanoseconds interval_;        // of one client
  bool stopped_ = false;
  std::vector<std::shared_ptr<Client>> clients_;
};

}  // namespace sluice::app::demo
