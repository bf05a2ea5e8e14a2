#pragma once
// Keeps the state on disk (SQLite, WAL, synchronous=FULL), on a thread of its own: nobody who
// serves traffic ever waits for it.
//
// Thread:    open() and the destructor on one; the rest from any. Callbacks run on the store's.
// Path:      cold. Records that wait are written in one transaction: a thousand changes a second
//            cost a few dozen waits for the disk.
// Invariant: a record for which `done` heard no failure survives kill -9 and loss of power. Records
//            are written in their order; after one has failed, those that were made upon it fail
//            too (see Record order in keep()).
// Errors:    a damaged file is put aside; where the copy of the state beside it is newer than the
//            database (damaged, emptied, removed, without its WAL), the copy is used. A database
//            that cannot be opened leaves a store that refuses each record with the reason, and
//            tries again.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "control/audit.hpp"
#include "control/sqlite.hpp"
#include "control/state.hpp"
#include "control/state_tables.hpp"

namespace sluice::control {

class Store {
 public:
  // nullopt: it is kept; else why not, as a sentence.
  using Done = std::function<void(std::optional<std::string> failure)>;
  using AuditDone = std::function<void(Result<std::vector<AuditRow>, std::string>)>;

  struct Opened {
    std::unique_ptr<Store> store;
    State state;
    std::vector<std::string> warnings;  // sentences, to be said loudly
  };
  // `path` empty: in memory, to the end of the process. Errors: another process has the file; it is
  // one of a newer version.
  static Result<Opened, std::string> open(const std::string& path);

  // Writes what waits, then ends.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // `lineage` grows by one when its owner, after a failure, goes on from what was kept: what was
  // made upon the failed record has the number before, and fails likewise.
  void keep(Record record, std::uint64_t lineage, Done done);
  void read_audit(AuditQuery query, AuditDone done);

 private:
  struct Job {
    Record record;
    std::uint64_t lineage = 0;
    Done done;
  };
  struct Reading {
    AuditQuery query;
    AuditDone done;
  };

  explicit Store(std::string path) : path_(std::move(path)) {}
  bool is_file() const noexcept { return !path_.empty(); }
  bool lock_file();
  void open_database();
  bool is_another_file() const;
  State load_newest(std::vector<std::string>& warnings);
  void put_aside(const std::string& why, std::vector<std::string>& warnings);
  void run();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void write_jobs(std::vector<Job> jobs);
  std::optional<std::string> try_write(const std::vector<Job>& jobs);
  void answer(const Reading& reading);
  void copy_if_changed();

  using Time = std::chrono::steady_clock::time_point;

  const std::string path_;
  int lock_ = -1;
  std::unique_ptr<Database> database_;   // null: it could not be opened
  std::uint64_t inode_ = 0;              // of the file that was opened
  State image_;                          // what is kept, or was found at start
  std::optional<std::uint64_t> failed_;  // the lineage of the last failure
  std::optional<Time> copy_due_;         // the state is newer than its copy

  std::mutex mutex_;  // over what follows
  std::condition_variable changed_;
  std::vector<Job> jobs_;
  std::deque<Reading> readings_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::control
