#include "net/socket_file.hpp"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sluice::net {
namespace {

class SocketFile : public ::testing::Test {
 protected:
  ~SocketFile() override { ::unlink(path_.c_str()); }
  bool exists() const { return ::access(path_.c_str(), F_OK) == 0; }
  int bound() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(descriptor, address_.raw(), address_.length()), 0);
    return descriptor;
  }
  const std::string path_ = "/tmp/sluice-socket-file-test-" + std::to_string(::getpid());
  const Address address_ = *Address::parse("unix:" + path_);
};

TEST_F(SocketFile, ThatNobodyListensBehindIsRemoved) {
  ::close(bound());
  ASSERT_TRUE(exists());
  remove_stale_socket(address_);
  EXPECT_FALSE(exists());
  remove_stale_socket(address_);  // nothing there: nothing happens
}

TEST_F(SocketFile, ThatIsListenedOnStays) {
  const int live = bound();
  ASSERT_EQ(::listen(live, 1), 0);
  remove_stale_socket(address_);
  EXPECT_TRUE(exists());
  ::close(live);
}

TEST_F(SocketFile, ThatIsNoSocketStays) {
  ::close(::open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  remove_stale_socket(address_);
  EXPECT_TRUE(exists());
}

}  // namespace
}  // namespace sluice::net
