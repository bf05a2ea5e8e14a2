#pragma once
// Real programs for end-to-end tests: started by the test, ended with it.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice::test {

// A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

class Process {
 public:
  // stdout and stderr go to one file.
  Process(std::vector<std::string> argv, std::filesystem::path output);
  ~Process();  // SIGTERM, then SIGKILL when it does not end
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until the output has `text` (counting `times`), the process ends, or patience does.
  bool wait_for_output(const std::string& text, int times = 1) const;
  std::string output() const;
  void signal(int number) const;
  // Exit code; 128 + signal; -1 when it does not end in time.
  int wait();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  bool reaped_ = false;
  std::filesystem::path output_;
};

struct Finished {
  int exit_code;
  std::string output;  // stdout and stderr
};
Finished run_program(std::vector<std::string> argv);

std::uint16_t free_port();
bool wait_until_listening(std::uint16_t port);
std::string read_file(const std::filesystem::path& path);

}  // namespace sluice::test
