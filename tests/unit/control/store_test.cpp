// What is on the disk after what, on real SQLite files.
#include "control/store.hpp"

#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using routing::Service;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~StoreTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  State open() {
    store_.reset();
    auto opened = Store::open(path_);
    if (!opened) throw std::runtime_error(opened.error());
    store_ = std::move(opened->store);
    warnings_ = opened->warnings;
    return opened->state;
  }
  // What is said when it is kept, or "".
  std::string keep(Record record, std::uint64_t lineage = 1) {
    std::promise<std::string> said;
    store_->keep(std::move(record), lineage,
                 [&](auto failure) { said.set_value(failure.value_or("")); });
    return said.get_future().get();
  }
  std::vector<AuditRow> audit(AuditQuery query = {}) {
    std::promise<std::vector<AuditRow>> rows;
    store_->read_audit(query, [&](auto read) {
      EXPECT_TRUE(read.ok());
      rows.set_value(read ? *read : std::vector<AuditRow>{});
    });
    return rows.get_future().get();
  }
  void damage() {
    store_.reset();
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    file << "this is no database any more, not even a bit";
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) /
      ("store-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
  const std::string path_ = (folder_ / "state.db").string();
  std::unique_ptr<Store> store_;
  std::vector<std::string> warnings_;
};

State some() {
  State state;
  state.generation = 9;
  state.weights["shop"] = {
      .weights = {{"blue", 70}, {"canary", 30}},
      .configured = {{"blue", 90}, {"canary", 10}},
      .source = WeightSource::api,
      .generation = 9,
      .then = WeightsReturn{WallTime(std::chrono::milliseconds(1'800'000'000'123)),
                            {{"blue", 90}, {"canary", 10}},
                            WeightSource::config}};
  state.weights["other"] = {.weights = {{"blue", 1}}, .configured = {{"blue", 1}}, .generation = 3};
  state.services[{"blue", "10.0.0.1:80"}] = Service::drain;
  state.services[{"blue", "unix:/run/a b.sock"}] = Service::down;
  state.epochs[{"shop", "canary"}] = 3;
  state.baselines["shop"] = "canary";
  rollout::RolloutState& rollout = state.rollouts["shop"];
  rollout.spec = {.route = "shop",
                  .stable = "blue",
                  .canary = "canary",
                  .steps = {{.kind = rollout::StepKind::set_weight, .share = 0.1}},
                  .resumes = true};
  rollout.phase = rollout::Phase::paused;
  rollout.hold = rollout::Hold::manual;
  rollout.reason = "somebody's; \"quoted\"\nline";
  rollout.share = 0.1;
  state.sticky_keys = {std::string("\0binary\xff", 8), "second"};
  return state;
}

AuditRow row(const std::string& target);

Record audited() {
  Record record;
  record.audit.push_back(row("r"));
  return record;
}

AuditRow row(const std::string& target) {
  return {.at = WallTime(std::chrono::milliseconds(5)),
          .actor = {"ann", "admin", "127.0.0.1:1"},
          .action = "weights",
          .target = target,
          .before = "a",
          .after = "b",
          .reason = "it's \"so\"\r\n",
          .result = "done"};
}

TEST_F(StoreTest, WhatIsKeptIsThereAgain) {
  EXPECT_EQ(open(), State{});
  EXPECT_EQ(keep(difference({}, some())), "");
  EXPECT_EQ(open(), some());
  State less = some();
  less.generation = 10;
  less.weights.erase("other");
  less.weights["shop"].then.reset();
  less.services.erase({"blue", "10.0.0.1:80"});
  less.sticky_keys = {"third"};
  EXPECT_EQ(keep(difference(some(), less)), "");
  EXPECT_EQ(open(), less);
}

TEST_F(StoreTest, IsForItsOwnerAlone) {
  open();
  keep(difference({}, some()));
  store_.reset();
  for (const auto& file : fs::directory_iterator(folder_))
    EXPECT_EQ(fs::status(file).permissions() & fs::perms::mask, fs::perms(0600)) << file;
}

TEST_F(StoreTest, IsForOneProcess) {
  open();
  const auto second = Store::open(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(), "state " + path_ + ": another process has it");
}

TEST_F(StoreTest, ANewerLayoutIsRefused) {
  open();
  store_.reset();
  Database(path_).run("PRAGMA user_version = 99");
  const auto refused = Store::open(path_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(),
            "state " + path_ + ": it was written by a newer version of this program");
}

TEST_F(StoreTest, TheAuditGrowsAndNeverShrinks) {
  open();
  for (int i = 0; i < 5; ++i) {
    Record record;
    record.audit.push_back(row("r" + std::to_string(i % 2)));
    EXPECT_EQ(keep(record), "");
  }
  const auto rows = audit({.limit = 2});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, 5U);
  EXPECT_EQ(rows[0].reason, row("").reason);
  EXPECT_EQ(rows[0].actor.peer, "127.0.0.1:1");
  EXPECT_EQ(rows[0].at, row("").at);
  EXPECT_EQ(audit({.before_id = 4}).size(), 3U);
  EXPECT_EQ(audit({.target = "r1"}).size(), 2U);
  store_.reset();
  Database database(path_);
  EXPECT_THROW(database.run("DELETE FROM audit"), SqliteError);
  EXPECT_THROW(database.run("UPDATE audit SET result = 'other'"), SqliteError);
}

TEST_F(StoreTest, ADamagedFileIsPutAsideAndTheCopyUsed) {
  open();
  keep(difference({}, some()));
  damage();
  EXPECT_EQ(open(), some());
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_NE(warnings_[0].find("is damaged (file is not a database)"), std::string::npos);
  EXPECT_NE(warnings_[1].find(path_ + ".good is used"), std::string::npos);
  EXPECT_EQ(keep(audited()), "");
  EXPECT_EQ(open(), some()) << "written anew, with the next record";
  EXPECT_TRUE(warnings_.empty());
  std::size_t aside = 0;
  for (const auto& file : fs::directory_iterator(folder_))
    aside += file.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
  EXPECT_GE(aside, 1U);
}

// Emptied, removed, without its WAL: it opens, but it is not what was kept.
TEST_F(StoreTest, WhereTheCopyIsNewerItCounts) {
  for (const bool removed : {false, true}) {
    open();
    keep(difference({}, some()));
    store_.reset();
    if (removed)
      fs::remove(path_);
    else
      fs::resize_file(path_, 0);
    EXPECT_EQ(open(), some()) << removed;
    EXPECT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(keep(audited()), "");
    EXPECT_EQ(open(), some());
    EXPECT_TRUE(warnings_.empty());
    store_.reset();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
}

TEST_F(StoreTest, AFileThatIsTakenAwayWhileItRunsIsMadeAnew) {
  open();
  keep(difference({}, some()));
  fs::remove(path_);
  EXPECT_EQ(keep(audited()), "");
  EXPECT_EQ(open(), some());
  EXPECT_EQ(audit().size(), 1U) << "the older rows have gone with the file";
}

TEST_F(StoreTest, WhoReadsItStopsNobody) {
  open();
  keep(difference({}, some()));
  store_.reset();
  Database reader(path_);
  Statement rows(reader, "SELECT * FROM route_weights");
  rows.step();
  EXPECT_EQ(open(), some());
}

TEST_F(StoreTest, TheCopyIsMadeAlsoWhileOthersWrite) {
  open();
  keep(difference({}, some()));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!fs::exists(path_ + ".good") && std::chrono::steady_clock::now() < until)
    EXPECT_EQ(keep(audited()), "");
  EXPECT_TRUE(fs::exists(path_ + ".good"));
}

TEST_F(StoreTest, WithoutACopyADamagedFileLeavesNothing) {
  open();
  keep(difference({}, some()));
  damage();
  fs::remove(path_ + ".good");
  EXPECT_EQ(open(), State{});
  EXPECT_EQ(warnings_.size(), 1U);
}

// A folder that is not there: as a disk that comes later.
TEST_F(StoreTest, WhatCannotBeOpenedRefusesUntilItCan) {
  fs::remove_all(folder_);
  EXPECT_EQ(open(), State{});
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("unable to open database file"), std::string::npos);
  EXPECT_EQ(keep(difference({}, some())), "the state cannot be kept: unable to open database file");
  EXPECT_EQ(keep(difference({}, some())), "a change before it could not be kept");
  fs::create_directories(folder_);
  EXPECT_EQ(keep(difference({}, some()), 2), "");
  EXPECT_EQ(open(), some());
}

TEST_F(StoreTest, AFullDiskRefusesAndHealsAgain) {
  open();
  store_.reset();
  {
    Database database(path_);
    database.run(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END");
  }
  open();
  Record record = difference({}, some());
  record.audit.push_back(row("r"));
  EXPECT_EQ(keep(record), "the state cannot be kept: full");
  EXPECT_EQ(open(), State{}) << "all of it or nothing";
}

TEST_F(StoreTest, InMemoryWithoutAPath) {
  auto opened = Store::open("");
  ASSERT_TRUE(opened.ok());
  store_ = std::move(opened->store);
  Record record;
  record.audit.push_back(row("r"));
  EXPECT_EQ(keep(record), "");
  EXPECT_EQ(audit().size(), 1U);
}

TEST_F(StoreTest, WritesWhatWaitsBeforeItEnds) {
  open();
  std::atomic<int> kept{0};
  for (int i = 0; i < 200; ++i) {
    Record record;
    record.audit.push_back(row("r"));
    store_->keep(record, 1, [&](auto failure) { kept += failure ? 0 : 1; });
  }
  store_.reset();
  EXPECT_EQ(kept, 200);
  open();
  EXPECT_EQ(audit({.limit = 1}).at(0).id, 200U);
}

}  // namespace
}  // namespace sluice::control
