#pragma once
// Rows of text whose columns stand below each other. Pure.
#include <string>
#include <vector>

namespace sluice::app {

class Columns {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers
  };
  // Without a title in any column there is no line of titles.
  explicit Columns(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Each line begins with `indent` and ends with '\n'; none ends with blanks.
  std::string text(const std::string& indent) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice::app
