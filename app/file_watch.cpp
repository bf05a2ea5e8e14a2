#include "app/file_watch.hpp"

#include <array>
#include <filesystem>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "config/load.hpp"

namespace sluice::app {
namespace {

constexpr std::chrono::milliseconds kBurst{200};
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ONLYDIR;

}  // namespace

FileWatch::FileWatch(boost::asio::io_context& io, std::string path, std::function<void()> on_change)
    : path_(std::move(path)), on_change_(std::move(on_change)), events_(io), look_(io) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  events_.assign(descriptor);
  seen();
  watch_folders();
  await_event();
}

// That of the name, and that of the file which it stands for in the end. Watching one again is no
// second watch.
void FileWatch::watch_folders() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path name = fs::absolute(path_, error);
  const fs::path file = fs::canonical(path_, error);
  for (const fs::path& one : {name, file})
    if (!one.empty())
      ::inotify_add_watch(events_.native_handle(), one.parent_path().c_str(), kEvents);
}

void FileWatch::await_event() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                       if (error) return;
                       std::array<char, 4096> events;
                       while (::read(events_.native_handle(), events.data(), events.size()) > 0) {
                       }
                       settle();
                       await_event();
                     });
}

// From the first of a burst: in a folder where something happens all the time there is no last.
void FileWatch::settle() {
  if (std::exchange(looking_soon_, true)) return;
  look_.expires_after(kBurst);
  look_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    looking_soon_ = false;
    watch_folders();
    if (hash_of_content() != seen_) on_change_();
  });
}

void FileWatch::seen() {
  seen_ = hash_of_content();
}

// A file that is away for a moment counts as the one that was there.
std::uint64_t FileWatch::hash_of_content() const {
  const auto content = config::read_regular_file(path_);
  return content ? stable_hash(*content) : seen_;
}

void FileWatch::stop() {
  boost::system::error_code ignored;
  events_.close(ignored);
  look_.cancel();
}

}  // namespace sluice::app
