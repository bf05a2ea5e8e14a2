#pragma once
// An upstream that believes nothing: reads with the strict checker of strict_http.hpp, numbers what
// it hears, and says in each answer what it answers to, so that a response that goes to another
// request shows.
//
// Thread: one of its own serves all connections; the functions below are for the test's.
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/strict_http.hpp"

namespace sluice::test {

class Judge {
 public:
  struct Heard {
    strict::Message message;
    unsigned connection = 0;
    unsigned serial = 0;   // of a whole message
    std::string fault;     // not empty: no message that a proxy may send; `fragment` has it
    std::string fragment;  // bytes that are no whole message
  };
  // Instead of its own answer, once.
  struct Script {
    std::string bytes;
    std::size_t at_a_time = 0;
    bool early = false;  // as soon as the request's head is there
    bool closes = false;
    bool resets = false;
  };

  Judge();
  ~Judge();
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  std::string address() const;
  // Is called between two pieces of a script.
  void between_pieces(std::function<void()> function) { between_ = std::move(function); }

  void answer_next_with(Script script);
  bool await_script();  // it has been said; false: not in time

  // Everything that has arrived by now and was not taken before, whole or not. What is not whole
  // yet is given again.
  std::vector<Heard> take();

 private:
  struct Connection {
    unsigned number = 0;
    std::string buffer;
    bool ended = false;
  };

  void run();
  bool finish_look();
  bool serve(int descriptor, Connection& connection);
  void read_messages(int descriptor, Connection& connection);
  void answer(int descriptor, Connection& connection, const strict::Message& message);
  void say(int descriptor, Connection& connection, const Script& script);
  bool take_script(bool early, Script& out);
  void note(Heard heard);
  void accept();
  void wake();

  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::function<void()> between_ = [] {};
  std::map<int, Connection> open_;  // its thread's
  unsigned connections_ = 0;        // its thread's
  unsigned serial_ = 0;             // its thread's

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  unsigned wanted_looks_ = 0;
  unsigned looks_ = 0;
  std::vector<Heard> heard_;
  std::vector<Heard> unfinished_;  // of the newest look
  Script script_;
  enum class ScriptState { none, armed, said } script_state_ = ScriptState::none;
  std::thread thread_;
};

}  // namespace sluice::test
