#pragma once
// A small HTTP server that answers every request with its name and version as JSON, or fails or
// is late when it is told to.
//
// Thread: that of its io_context.
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "app/demo/story.hpp"

namespace sluice::app::demo {

class Backend {
 public:
  // Listens on a free loopback port. Errors: throws boost::system::system_error.
  Backend(boost::asio::io_context& io, const std::string& name, const std::string& version);

  std::string address() const;  // "127.0.0.1:40123"
  // From the next request on.
  void behave(const Behaviour& behaviour) { *behaviour_ = behaviour; }

 private:
  void accept();

  std::shared_ptr<const std::string> body_;
  std::shared_ptr<Behaviour> behaviour_ = std::make_shared<Behaviour>();
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint64_t connections_ = 0;
};

}  // namespace sluice::app::demo
