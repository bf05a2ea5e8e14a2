#pragma once
// "Did you mean": the word of a list that a typing error is nearest to.
#include <span>
#include <string>
#include <string_view>

namespace sluice {

// The nearest of `words` by edit distance (insert, delete, replace, swap of neighbours; letters
// compare without case), or empty when none is near enough to be a likely slip: at most a third of
// the word's length, at least one edit. On a tie the first of the list wins.
std::string suggest(std::string_view written, std::span<const std::string> words);

}  // namespace sluice
