#pragma once
// A thin cover over SQLite: a database and its statements, closed by themselves.
//
// Thread: one at a time. Path: cold; blocks on the disk.
// Errors: SqliteError, whose text is a sentence such as "database or disk is full".
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::control {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(const std::string& what, int code) : std::runtime_error(what), code_(code) {}
  bool says_damaged() const noexcept;  // the file is no database, or no whole one
  bool says_locked() const noexcept;   // another process has it

 private:
  int code_;
};

class Database {
 public:
  // Makes the file if there is none, for its owner alone: it may hold keys. ":memory:": no file.
  explicit Database(const std::string& path);
  // Any number of statements without results.
  void run(const std::string& sql);
  std::int64_t last_id() const noexcept;
  sqlite3* raw() const noexcept { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  // In their order, from the first.
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);
  Statement& bind(std::int64_t number);
  Statement& bind_real(double number);
  Statement& bind_null();

  bool step();                         // true: there is a row; false: it is over
  std::string text(int column) const;  // also the bytes of a blob
  std::int64_t number(int column) const;
  double real(int column) const;
  bool is_null(int column) const;

 private:
  void check(int code) const;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

// Rolled back unless commit() was called.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database* database_;
};

}  // namespace sluice::control
