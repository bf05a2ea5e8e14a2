#include "app/man_page.hpp"

namespace sluice::app {
namespace {

// What roff would take for a request or an escape, and hyphens that are to be copied.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string title_of(const OptionWords& option) {
  std::string out;
  for (const std::string& name : option.names)
    out += (out.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
  if (option.positional || !option.takes_value) return out;
  return out + " \\fI" + escaped(option.value.empty() ? "VALUE" : option.value) + "\\fR";
}

std::string paragraph_of(const OptionWords& option) {
  std::string text = option.what;
  if (!option.choices.empty()) {
    std::string choices;
    for (const std::string& one : option.choices) choices += (choices.empty() ? "" : ", ") + one;
    text += text.empty() ? choices : " (" + choices + ")";
  }
  if (!option.environment.empty()) text += "; or " + option.environment + " in the environment";
  return ".TP\n" + title_of(option) + '\n' + escaped(text) + '\n';
}

std::string synopsis_of(const VerbWords& verb) {
  std::string out = ".B sluice";
  for (const std::string& word : verb.path) out += ' ' + escaped(word);
  out += "\n.RI ";
  std::string positionals;
  for (const OptionWords& option : verb.options)
    if (option.positional)
      positionals +=
          option.required ? ' ' + option.names.front() : " [" + option.names.front() + "]";
  return out + "\"" + escaped(positionals.empty() ? "" : positionals.substr(1) + ' ') +
         "[options]\"\n";
}

std::string section_of(const VerbWords& verb) {
  std::string title;
  for (const std::string& word : verb.path) title += (title.empty() ? "" : " ") + word;
  std::string out = ".SS " + escaped(title) + '\n' + escaped(verb.what) + ".\n";
  if (!verb.verbs.empty()) return out;
  out += ".PP\n" + synopsis_of(verb);
  for (const OptionWords& option : verb.options)
    if (option.names.back() != "--help") out += paragraph_of(option);
  if (!verb.footer.empty()) out += ".PP\n" + escaped(verb.footer) + '\n';
  return out;
}

constexpr const char* kRest =
    ".SH SIGNALS\n"
    ".TP\n.B HUP\nReads the configuration anew.\n"
    ".TP\n.B USR1\nOpens the access log anew.\n"
    ".TP\n.B TERM, INT\nDrains: accepts no more, ends when the last connection has gone or "
    "drain_timeout is over; a second one ends at once.\n"
    ".SH EXIT STATUS\n"
    "0 well, 1 refused or failed, 2 wrong usage.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B SLUICE_ADMIN\nThe admin address that client verbs ask.\n"
    ".TP\n.B SLUICE_TOKEN\nThe token that they show.\n";

}  // namespace

std::string man_page(const std::vector<VerbWords>& verbs, const std::string& version) {
  std::string out = ".TH SLUICE 1 \"\" \"sluice " + escaped(version) +
                    "\" \"User Commands\"\n.SH NAME\nsluice \\- " + escaped(verbs.front().what) +
                    "\n.SH SYNOPSIS\n.B sluice\n.I VERB\n[options]\n.SH VERBS\n";
  for (const VerbWords& verb : verbs)
    if (!verb.path.empty()) out += section_of(verb);
  return out + kRest;
}

}  // namespace sluice::app
