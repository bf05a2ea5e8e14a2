#pragma once
// The definitions of the command line as plain values, from which other texts are made.
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sluice::app {

struct OptionWords {
  std::vector<std::string> names;  // "-o", "--output"; of a positional its name alone
  bool positional = false;
  bool required = false;
  bool takes_value = false;
  std::string value;                 // "DURATION"; may be empty
  std::vector<std::string> choices;  // of the value; empty: any
  std::string environment;           // may be empty
  std::string what;
};

struct VerbWords {
  std::vector<std::string> path;  // {"weights", "set"}; empty: the program itself
  std::string what;
  std::string footer;
  std::vector<OptionWords> options;
  std::vector<std::string> verbs;  // below it
};

// The program, then each verb followed by those below it, in the order of their definition.
std::vector<VerbWords> words_of(const CLI::App& app);

}  // namespace sluice::app
