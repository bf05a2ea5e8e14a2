#pragma once
// A process of ours. It dies with the thread that has started it, however that ends.
//
// Thread: all children are started by the thread that lives longest, the main one: the kernel
//         counts a parent's death by thread.
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ledger {

class Child {
 public:
  // stdout and stderr are appended to `output`.
  Child(std::vector<std::string> argv, const std::string& output);
  ~Child();  // SIGKILL
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const noexcept;
  void kill() noexcept;  // and reaps
  // True as long as it has not ended by itself.
  bool alive() noexcept;

 private:
  pid_t pid_ = -1;
};

std::string own_binary();
std::string read_text(const std::string& path);

}  // namespace ledger
