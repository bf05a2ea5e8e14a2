#include "app/completion.hpp"

namespace sluice::app {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

// Within single quotes, for all three shells.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Lines of a `case` of sh and zsh that follow the verbs along: " weights") verb="weights" ;;
std::string follow_verbs(const std::vector<VerbWords>& verbs) {
  std::string out;
  for (const VerbWords& verb : verbs) {
    if (verb.path.empty()) continue;
    const std::vector<std::string> above(verb.path.begin(), verb.path.end() - 1);
    out += "      \"" + joined(above) + ' ' + verb.path.back() + "\") verb=\"" + joined(verb.path) +
           "\" ;;\n";
  }
  return out;
}

std::vector<std::string> option_names(const VerbWords& verb) {
  std::vector<std::string> out;
  for (const OptionWords& option : verb.options)
    if (!option.positional) out.insert(out.end(), option.names.begin(), option.names.end());
  return out;
}

// The choices of positionals are words of the verb.
std::vector<std::string> choices_of_positionals(const VerbWords& verb) {
  std::vector<std::string> out;
  for (const OptionWords& option : verb.options)
    if (option.positional) out.insert(out.end(), option.choices.begin(), option.choices.end());
  return out;
}

// "VERB -o|VERB --output" -> the words that may follow.
std::string follow_values(const std::vector<VerbWords>& verbs, std::string_view assign,
                          std::string_view end) {
  std::string out;
  for (const VerbWords& verb : verbs)
    for (const OptionWords& option : verb.options) {
      if (option.positional || option.choices.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.names)
        patterns += (patterns.empty() ? "\"" : "|\"") + joined(verb.path) + ' ' + name + '"';
      out += "    " + patterns + ") " + std::string(assign) + joined(option.choices) +
             std::string(end) + " ;;\n";
    }
  return out;
}

}  // namespace

std::string bash_completion(const std::vector<VerbWords>& verbs) {
  std::string words;
  for (const VerbWords& verb : verbs)
    words += "    \"" + joined(verb.path) + "\") words=\"" +
             joined({joined(verb.verbs), joined(choices_of_positionals(verb)),
                     joined(option_names(verb))}) +
             "\" ;;\n";
  return "# bash completion of sluice: source <(sluice completion bash)\n"
         "_sluice() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local verb=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$verb ${COMP_WORDS[i]}\" in\n" +
         follow_verbs(verbs) +
         "    esac\n"
         "  done\n"
         "  case \"$verb\" in\n" +
         words +
         "  esac\n"
         "  case \"$verb $before\" in\n" +
         follow_values(verbs, "words=\"", "\"") +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "}\n"
         "complete -F _sluice sluice\n";
}

std::string zsh_completion(const std::vector<VerbWords>& verbs) {
  const auto described = [](const std::string& word, const std::string& what) {
    return quoted(word + ":" + what) + ' ';
  };
  std::string found;
  for (const VerbWords& verb : verbs) {
    found += "    \"" + joined(verb.path) + "\") found=(";
    for (const VerbWords& below : verbs)
      if (below.path.size() == verb.path.size() + 1 &&
          std::equal(verb.path.begin(), verb.path.end(), below.path.begin()))
        found += described(below.path.back(), below.what);
    for (const std::string& word : choices_of_positionals(verb)) found += described(word, "");
    for (const OptionWords& option : verb.options)
      if (!option.positional)
        for (const std::string& name : option.names) found += described(name, option.what);
    found += ") ;;\n";
  }
  return "#compdef sluice\n"
         "# zsh completion of sluice: source <(sluice completion zsh)\n"
         "_sluice() {\n"
         "  local verb=\"\" i\n"
         "  local -a found\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$verb ${words[i]}\" in\n" +
         follow_verbs(verbs) +
         "    esac\n"
         "  done\n"
         "  case \"$verb\" in\n" +
         found +
         "  esac\n"
         "  case \"$verb ${words[CURRENT-1]}\" in\n" +
         follow_values(verbs, "found=(", ")") +
         "  esac\n"
         "  _describe -o sluice found || _files\n"
         "}\n"
         "compdef _sluice sluice\n";
}

std::string fish_completion(const std::vector<VerbWords>& verbs) {
  std::string out = "# fish completion of sluice: sluice completion fish | source\n";
  for (const VerbWords& verb : verbs) {
    std::string where;
    for (const std::string& word : verb.path)
      where += (where.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    std::string here = where.empty() ? "__fish_use_subcommand" : where;
    if (!where.empty() && !verb.verbs.empty())
      here += "; and not __fish_seen_subcommand_from " + joined(verb.verbs);
    for (const VerbWords& below : verbs)
      if (below.path.size() == verb.path.size() + 1 &&
          std::equal(verb.path.begin(), verb.path.end(), below.path.begin()))
        out += "complete -c sluice -f -n " + quoted(here) + " -a " + below.path.back() + " -d " +
               quoted(below.what) + '\n';
    for (const OptionWords& option : verb.options) {
      std::string line = "complete -c sluice -n " + quoted(here);
      if (option.positional && option.choices.empty()) continue;
      if (!option.positional)
        for (const std::string& name : option.names)
          line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_value) line += option.choices.empty() ? " -r" : " -x";
      if (!option.choices.empty()) line += " -a " + quoted(joined(option.choices));
      out += line + " -d " + quoted(option.what) + '\n';
    }
  }
  return out;
}

}  // namespace sluice::app
