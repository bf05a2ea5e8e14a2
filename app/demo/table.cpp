#include "app/demo/table.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace sluice::app::demo {
namespace {

constexpr int kBarWidth = 30;
constexpr const char* kPlain = "\x1b[0m";
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kRed = "\x1b[31m";

std::string painted(const std::string& text, const char* paint, bool colour) {
  return colour ? paint + text + kPlain : text;
}

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

std::string percent(double share) {
  return fixed(share * 100, 2) + " %";
}
std::string milliseconds(std::uint64_t us) {
  return fixed(static_cast<double>(us) / 1000, 2) + " ms";
}

void cell(std::ostream& out, const std::string& text, int width) {
  out << std::right << std::setw(width) << text;
}

void draw_row(std::ostream& out, const Seen& it, std::uint64_t total, bool colour) {
  const double observed =
      total == 0 ? 0 : static_cast<double>(it.answers) / static_cast<double>(total);
  const double distance = deviation(it.answers, total, it.configured);
  out << "  " << std::left << std::setw(8) << it.name;
  cell(out, percent(it.configured), 12);
  cell(out, percent(observed), 12);
  std::ostringstream sigmas;
  cell(sigmas, std::isinf(distance) ? "-" : fixed(distance, 1), 8);
  out << painted(sigmas.str(), distance <= kDeviationMax ? kGreen : kRed, colour);
  cell(out, std::to_string(it.answers), 11);
  cell(out, milliseconds(it.p50_us), 12);
  cell(out, milliseconds(it.p99_us), 12);
  out << "  " << std::string(static_cast<std::size_t>(std::lround(observed * kBarWidth)), '#')
      << '\n';
}

}  // namespace

std::string draw_table(const Picture& picture) {
  const Count& count = picture.count;
  std::ostringstream out;
  const std::string errors = std::to_string(count.errors) + " errors";
  out << "  " << fixed(static_cast<double>(picture.elapsed.count()) / 1000, 1) << " s   "
      << fixed(picture.requests_per_second, 0) << " requests/s   " << count.answers << " answers   "
      << (count.errors == 0 ? errors : painted(errors, kRed, picture.colour)) << "\n\n";
  const std::string heading =
      "  upstream  configured    observed   sigmas    answers         p50         p99";
  out << painted(heading, kBold, picture.colour) << '\n';
  for (const Seen& it : count.variants) draw_row(out, it, count.answers, picture.colour);
  return out.str();
}

std::string draw_verdict(const Count& count, bool colour) {
  if (is_as_configured(count))
    return painted("ok", kGreen, colour) +
           ": no errors, and each upstream within 3 standard deviations of its share\n";
  std::string why;
  const auto add = [&why](const std::string& text) { why += (why.empty() ? "" : "; ") + text; };
  if (count.answers == 0) add("nothing was answered");
  if (count.errors > 0) add(std::to_string(count.errors) + " requests had no good answer");
  for (const Seen& it : count.variants)
    if (count.answers > 0 && deviation(it.answers, count.answers, it.configured) > kDeviationMax)
      add(it.name + " is more than 3 standard deviations away from its share");
  return painted("failed", kRed, colour) + ": " + why + '\n';
}

}  // namespace sluice::app::demo
