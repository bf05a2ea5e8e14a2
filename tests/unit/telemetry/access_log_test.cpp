// The writer: everything is written, by its end at the latest; what cannot be written harms nobody.
#include "telemetry/access_log.hpp"

#include <atomic>
#include <filesystem>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/process.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::telemetry {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::read_file;

std::unique_ptr<AccessLog> open(const std::string& path, std::size_t workers = 1) {
  auto log = AccessLog::open({path, LogFormat::combined, 1.0}, workers);
  EXPECT_TRUE(log.ok()) << (log ? "" : log.error());
  return log ? std::move(log).value() : nullptr;
}

void hand_over(LogTap& tap, const std::string& path) {
  LogDraft draft = tap.take(path.size() + 10);
  draft->began = std::chrono::steady_clock::now();
  draft->status = 200;
  draft->protocol = "HTTP/1.1";
  draft->put(LogText::method, "GET");
  draft->put(LogText::path, path);
  tap.hand_over(std::move(draft));
}

// The paths of whole lines, in their order; a torn line fails the test.
std::vector<std::string> paths_in(const std::string& text) {
  std::vector<std::string> paths;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("\"GET ");
    EXPECT_TRUE(line.starts_with("- - - [") && line.ends_with(" 200 0 \"-\" \"-\"")) << line;
    paths.push_back(line.substr(at + 5, line.find(' ', at + 5) - at - 5));
  }
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  return paths;
}

int open_to_read(const std::filesystem::path& fifo) {
  return ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
}

class AccessLogTest : public testing::Test {
 protected:
  std::string file(const std::string& name = "access.log") const {
    return (folder_ / name).string();
  }
  test::TempFolder folder_;
};

TEST_F(AccessLogTest, OffIsNoLog) {
  auto log = AccessLog::open({file(), LogFormat::off, 1.0}, 1);
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(*log, nullptr);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(AccessLogTest, APathThatCannotBeOpenedIsSaid) {
  const auto log = AccessLog::open({file("no/access.log"), LogFormat::json, 1.0}, 1);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error(),
            "access_log: cannot open " + file("no/access.log") + ": No such file or directory");
}

TEST_F(AccessLogTest, WhatWasHandedOverIsWrittenByTheEnd) {
  const auto log = open(file(), 2);
  for (int i = 0; i < 5'000; ++i) hand_over(log->tap(i % 2), "/" + std::to_string(i));
  log->stop();
  EXPECT_EQ(log->dropped(), 0U);
  EXPECT_EQ(paths_in(read_file(file())).size(), 5'000U);
}

TEST_F(AccessLogTest, IsWrittenSoonWithoutAnEnd) {
  const auto log = open(file());
  hand_over(log->tap(0), "/a");
  EXPECT_TRUE(eventually([&] { return read_file(file()).ends_with('\n'); }));
}

TEST_F(AccessLogTest, AFileThatIsThereIsContinued) {
  folder_.write("access.log", "before\n");
  open(file())->stop();
  const auto log = open(file());
  hand_over(log->tap(0), "/a");
  log->stop();
  EXPECT_TRUE(read_file(file()).starts_with("before\n- - - ["));
}

TEST_F(AccessLogTest, RotationLosesNoLineAndTearsNone) {
  const auto log = open(file());
  constexpr int kRotations = 30;
  std::atomic<bool> stop{false};
  int handed = 0;
  std::thread worker([&] {
    for (; !stop; ++handed) {
      hand_over(log->tap(0), "/" + std::to_string(handed));
      if (handed % 20 == 19) std::this_thread::sleep_for(200us);
    }
  });
  for (int i = 0; i < kRotations; ++i) {
    std::filesystem::rename(file(), file(std::to_string(i)));
    log->reopen();
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(file()); }));
    std::this_thread::sleep_for(2ms);
  }
  stop = true;
  worker.join();
  log->stop();
  std::vector<std::string> all;
  for (int i = 0; i <= kRotations; ++i)
    for (auto& path : paths_in(read_file(i < kRotations ? file(std::to_string(i)) : file())))
      all.push_back(path);
  EXPECT_EQ(log->dropped(), 0U);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(handed));
  for (int i = 0; i < handed; ++i) ASSERT_EQ(all[i], "/" + std::to_string(i));
}

TEST_F(AccessLogTest, IfItCannotBeReopenedTheOldFileGoesOn) {
  std::filesystem::create_directory(folder_ / "logs");
  const auto log = open(file("logs/access.log"));
  std::filesystem::rename(folder_ / "logs", folder_ / "moved");
  log->reopen();
  hand_over(log->tap(0), "/a");
  EXPECT_TRUE(eventually([&] { return read_file(file("moved/access.log")).ends_with('\n'); }));
}

TEST_F(AccessLogTest, AFullDiskDropsAndCounts) {
  const auto log = open("/dev/full");
  for (int i = 0; i < 3'000; ++i) hand_over(log->tap(0), "/a");
  EXPECT_TRUE(eventually([&] { return log->dropped() == 3'000; })) << log->dropped();
}

// The writer's thread blocks SIGXFSZ, so that a file size limit is a disk that gets full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(AccessLogTest, ALineThatTheDiskCutIsCompletedWhenThereIsRoomAgain) {
  constexpr std::size_t kLines = 2'000;
  const auto log = open(file());
  const std::string tail(1'500, 'x');
  std::size_t handed = 0;
  const auto some = [&](std::size_t count) {
    for (const std::size_t end = handed + count; handed < end; ++handed)
      hand_over(log->tap(0), "/" + std::to_string(handed) + "-" + tail);
  };
  {
    const SizeLimit full(2'000'123);
    some(kLines);
    EXPECT_TRUE(eventually([&] { return log->dropped() > 500; }));
  }
  some(10);
  log->stop();
  const auto paths = paths_in(read_file(file()));
  EXPECT_EQ(paths.size() + log->dropped(), handed);
  EXPECT_EQ(paths.back(), "/" + std::to_string(handed - 1) + "-" + tail);
}

TEST_F(AccessLogTest, AClosedPipeDropsAndItsNextReaderGetsLines) {
  ASSERT_EQ(::mkfifo(file("fifo").c_str(), 0600), 0);
  int reader = open_to_read(folder_ / "fifo");
  const auto log = open(file("fifo"));
  ::close(reader);
  hand_over(log->tap(0), "/lost");
  EXPECT_TRUE(eventually([&] { return log->dropped() == 1; }));
  reader = open_to_read(folder_ / "fifo");
  hand_over(log->tap(0), "/heard");
  std::string heard;
  EXPECT_TRUE(eventually([&] {
    char bytes[1'000];
    const ssize_t size = ::read(reader, bytes, sizeof bytes);
    if (size > 0) heard.append(bytes, static_cast<std::size_t>(size));
    return heard.ends_with('\n');
  }));
  EXPECT_EQ(paths_in(heard), std::vector<std::string>{"/heard"});
  ::close(reader);
}

TEST_F(AccessLogTest, AReaderThatDoesNotReadCostsLinesButNoTime) {
  ASSERT_EQ(::mkfifo(file("fifo").c_str(), 0600), 0);
  const int reader = open_to_read(folder_ / "fifo");
  const auto log = open(file("fifo"));
  const std::size_t many = 3 * AccessLog::kRecordsMax;
  for (std::size_t i = 0; i < many; ++i) hand_over(log->tap(0), "/a");
  EXPECT_GT(log->dropped(), 0U);
  const auto before = std::chrono::steady_clock::now();
  log->stop(200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
  EXPECT_GT(log->dropped(), AccessLog::kRecordsMax);
  ::close(reader);
}

}  // namespace
}  // namespace sluice::telemetry
