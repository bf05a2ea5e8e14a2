#pragma once
// Tells when a file is another one: written in place, replaced by a rename (editors), or reached
// through a symlink that was swapped (the `..data` of a Kubernetes ConfigMap).
//
// Thread: the io_context's. Path: cold.
// Shape:  `on_change` comes a fifth of a second after the first of a burst of changes, and only
// when the
//         content differs from what seen() was told last.
// Errors: where the system cannot watch, it does not; a signal still can.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::app {

class FileWatch {
 public:
  FileWatch(boost::asio::io_context& io, std::string path, std::function<void()> on_change);

  // The content as it is now is known.
  void seen();
  void stop();

 private:
  void watch_folders();
  void await_event();
  void settle();
  std::uint64_t hash_of_content() const;

  std::string path_;
  std::function<void()> on_change_;
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer look_;
  bool looking_soon_ = false;
  std::uint64_t seen_ = 0;
};

}  // namespace sluice::app
