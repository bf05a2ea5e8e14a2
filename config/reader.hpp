#pragma once
// The state of reading one tree into values: where we are, what is wrong, which names were used.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/diagnostic.hpp"
#include "config/tree.hpp"
#include "config/type.hpp"

namespace sluice::config {

// The content of a file, or why it cannot be read.
using FileReader = std::function<Result<std::string, std::string>(const std::string& path)>;

// What a load may ask of the world outside the text; tests pass their own.
struct Surroundings {
  Environment environment;
  FileReader read_file;
};

class Reader {
 public:
  Reader(Report& report, const FileReader& read_file) : report_(report), read_file_(read_file) {}

  // Leaves the path as it found it.
  class [[nodiscard]] Step {
   public:
    Step(std::string& path, const std::string& longer) : path_(path), size_(path.size()) {
      path_ = longer;
    }
    ~Step() { path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };
  Step enter(std::string_view key) { return {path_, join_path(path_, key)}; }
  Step enter(std::size_t index) { return {path_, path_ + "[" + std::to_string(index) + "]"}; }

  // "PATH: what" at `place`.
  void error(const Place& place, const std::string& what, std::string suggestion = {});
  // The message alone, for the path of `key` below the current one.
  void key_error(const Place& place, std::string_view key, std::string message,
                 std::string suggestion = {});

  // True when `tree` is of that kind; else says that `type` was expected. Broken values pass in
  // silence.
  bool expect(const Tree& tree, Kind kind, const Type& type);
  // Reports unknown, missing and mutually exclusive keys of an object.
  void check_keys(const Tree& tree, const Type& type);

  // A name used for an upstream; check_references() says which do not exist.
  void refer_upstream(std::string name, const Place& place);
  void check_references(const std::vector<std::string>& upstreams);

  // Reports a second use of `name` within `what` ("listener name", "bind address").
  void claim(const std::string& what, const std::string& name, const Place& place);

  const std::string& path() const noexcept { return path_; }
  const FileReader& read_file() const noexcept { return read_file_; }
  Report& report() noexcept { return report_; }
  const SourceText& source() const noexcept { return report_.source(); }

 private:
  struct Reference {
    std::string name, path;
    Place place;
  };
  // `meant`: the keys that misspelt ones were told to be.
  void check_groups(const Tree& tree, const Type& type, const std::vector<std::string>& meant);

  Report& report_;
  const FileReader& read_file_;
  std::string path_;
  std::vector<Reference> references_;
  std::map<std::pair<std::string, std::string>, Place> claims_;
};

}  // namespace sluice::config
