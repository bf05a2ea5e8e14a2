#include "telemetry/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::telemetry {
namespace {

constexpr std::chrono::minutes kBetweenComplaints{1};
constexpr int kPollSliceMs = 100;
constexpr mode_t kMode = 0640;
constexpr std::size_t kPipeAtomic = 4'096;  // a pipe that polls writable takes as much at once

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

LogFile::~LogFile() {
  replace(-1);
}

// ---- opening -------------------------------------------------------------------------------

Result<bool, std::string> LogFile::open() {
  is_file_ = path_ != "stdout" && path_ != "stderr";
  const int descriptor = is_file_ ? open_path() : open_standard(path_ == "stdout" ? 1 : 2);
  if (descriptor < 0) return Failure{"cannot open " + path_ + ": " + std::strerror(errno)};
  replace(descriptor);
  return true;
}

// Non-blocking for the sake of FIFOs: opening one that nobody reads fails instead of waiting.
int LogFile::open_path() const {
  return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                kMode);
}

// Others share the description of stdout, so that we must not make it non-blocking. A pipe or
// terminal can be opened a second time; a file cannot, as its offset is shared too, but never
// blocks; a socket is told with each send.
int LogFile::open_standard(int number) {
  struct stat about {};
  if (::fstat(number, &about) != 0) return -1;
  is_socket_ = S_ISSOCK(about.st_mode);
  if (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode)) {
    const std::string again = "/proc/self/fd/" + std::to_string(number);
    const int own = ::open(again.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (own >= 0) return own;
    may_block_ = true;
  }
  return ::fcntl(number, F_DUPFD_CLOEXEC, 3);
}

void LogFile::reopen() {
  if (!is_file_) return;
  const int fresh = open_path();
  if (fresh < 0) {
    quiet_until_ = {};
    return complain("cannot reopen", errno);
  }
  leave();
  replace(fresh);
}

void LogFile::leave() {
  if (!finish_torn_line()) lost_.add();
  torn_.clear();
}

void LogFile::replace(int descriptor) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
}

// ---- writing -------------------------------------------------------------------------------

void LogFile::write(std::string_view lines) {
  if (!finish_torn_line()) return lost_.add(count_lines(lines));
  const std::size_t done = put(lines);
  std::string_view rest = lines.substr(done);
  if (done > 0 && lines[done - 1] != '\n' && !rest.empty()) {
    const std::size_t end = rest.find('\n') + 1;
    torn_ = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (!rest.empty()) lost_.add(count_lines(rest));
}

bool LogFile::finish_torn_line() {
  torn_.erase(0, put(torn_));
  return torn_.empty();
}

// How much could be written; less than all after an error.
std::size_t LogFile::put(std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (may_block_ && !wait_writable()) break;
    errno = 0;
    done += put_some(bytes.substr(done));
    if (errno == 0 || errno == EINTR) continue;
    if (errno == EAGAIN && wait_writable()) continue;
    if (errno != EAGAIN) complain("cannot write to", errno);
    break;
  }
  return done;
}

// Errors: errno, and 0 bytes.
std::size_t LogFile::put_some(std::string_view bytes) const noexcept {
  if (may_block_) bytes = bytes.substr(0, kPipeAtomic);
  const ssize_t size =
      is_socket_ ? ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                 : ::write(descriptor_, bytes.data(), bytes.size());
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

// In slices, since the time to give up may be set meanwhile.
bool LogFile::wait_writable() const noexcept {
  while (std::chrono::steady_clock::now() < give_up_at_.load(std::memory_order_relaxed)) {
    pollfd about{descriptor_, POLLOUT, 0};
    if (::poll(&about, 1, kPollSliceMs) != 0) return true;  // writable, or the write will say why
  }
  return false;
}

// Says nothing where stderr itself would make us wait.
void LogFile::complain(const char* what, int error) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < quiet_until_) return;
  quiet_until_ = now + kBetweenComplaints;
  pollfd about{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&about, 1, 0) <= 0) return;
  ::dprintf(STDERR_FILENO, "sluice: access log: %s %s: %s\n", what, path_.c_str(),
            std::strerror(error));
}

}  // namespace sluice::telemetry
