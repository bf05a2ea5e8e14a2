#include "tests/support/process.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/wire.hpp"

namespace sluice::test {
namespace {

constexpr std::chrono::milliseconds kPause{10};
constexpr std::chrono::seconds kProgramPatience{120};

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Asks again and again until it is true or `patience` is over.
template <class Question>
bool eventually(Question question, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!question()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path_ / name;
}

Process::Process(std::vector<std::string> argv, std::filesystem::path output)
    : output_(std::move(output)) {
  std::vector<char*> arguments;
  for (std::string& one : argv) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int file = ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (reaped_) return;
  signal(SIGTERM);
  const bool ended = eventually([this] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; },
                                std::chrono::seconds(5));
  if (ended) return;
  signal(SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

std::string Process::output() const {
  return read_file(output_);
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}

bool Process::wait_for_output(const std::string& text, int times) const {
  return eventually(
      [&] {
        const std::string all = output();
        int found = 0;
        for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
          ++found;
        return found >= times;
      },
      kPatience);
}

int Process::wait() {
  if (!reaped_)
    reaped_ =
        eventually([this] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; }, kProgramPatience);
  return reaped_ ? exit_code_of(status_) : -1;
}

Finished run_program(std::vector<std::string> argv) {
  const TempFolder folder;
  Process process(std::move(argv), folder / "output");
  const int code = process.wait();
  return {code, process.output()};
}

std::uint16_t free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

bool wait_until_listening(std::uint16_t port) {
  return eventually([port] { return Wire::connect(port).open(); }, kPatience);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace sluice::test
