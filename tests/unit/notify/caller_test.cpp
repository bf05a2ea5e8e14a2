// Questions that nobody answers are bounded, and end with the caller.
#include "notify/caller.hpp"

#include <mutex>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::notify {
namespace {

// The port of a socket that takes connections and never says a word.
std::uint16_t listen_deafly(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(socket, any, size), 0);
  EXPECT_EQ(listen(socket, 128), 0);
  getsockname(socket, any, &size);
  return ntohs(address.sin_port);
}

TEST(Caller, AsksNoMoreThanSoManyAtOnceAndGivesUpAtItsEnd) {
  const int deaf = socket(AF_INET, SOCK_STREAM, 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(listen_deafly(deaf)) + "/";
  std::mutex mutex;
  std::size_t answers = 0;
  std::string newest;
  {
    Caller caller;
    const auto count = [&](const Answer& answer) {
      const std::lock_guard lock(mutex);
      ++answers;
      newest = answer.why;
    };
    for (std::size_t i = 0; i < Caller::kQuestionsMax; ++i)
      caller.read(url, std::chrono::hours(1), count);
    EXPECT_EQ(answers, 0U);
    caller.ask(url, "{}", std::chrono::hours(1), count);
    EXPECT_EQ(answers, 1U);
    EXPECT_EQ(newest, "too many questions are without an answer");
  }
  EXPECT_EQ(answers, Caller::kQuestionsMax + 1);
  close(deaf);
}

}  // namespace
}  // namespace sluice::notify
