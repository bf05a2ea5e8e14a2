#include "base/scan.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

// Every byte value at every place around the width of a block, against the plain loop.
TEST(Scan, FindsTheFirstControlWhereverItStands) {
  for (std::size_t size = 0; size <= 50; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(value);
        const bool control = (value < 0x20 && value != '\t') || value == 0x7f;
        const std::size_t expected = control ? place : size;
        const char* const begin = text.data();
        ASSERT_EQ(find_control(begin, begin + size) - begin, static_cast<std::ptrdiff_t>(expected))
            << "byte " << value << " at " << place << " of " << size;
      }
    }
  }
}

TEST(Scan, FindsTheFirstOfTwoNewlines) {
  for (std::size_t size = 2; size <= 50; ++size) {
    for (std::size_t place = 0; place + 1 < size; ++place) {
      std::string text(size, '\r');
      text[place] = text[size - 1] = '\n';
      const char* const begin = text.data();
      ASSERT_EQ(find_newline(begin, begin + size) - begin, static_cast<std::ptrdiff_t>(place));
    }
  }
}

TEST(Scan, FindsOneNewlineAfterTheOther) {
  for (std::size_t size = 0; size <= 50; ++size) {
    for (std::size_t step = 1; step <= 17; ++step) {
      std::string text(size, '\r');
      std::vector<std::ptrdiff_t> expected;
      for (std::size_t at = step - 1; at < size; at += step) {
        text[at] = '\n';
        expected.push_back(static_cast<std::ptrdiff_t>(at));
      }
      const char* const begin = text.data();
      Newlines newlines(begin, begin + size);
      std::vector<std::ptrdiff_t> found;
      for (const char* at = newlines.next(); at != begin + size; at = newlines.next())
        found.push_back(at - begin);
      ASSERT_EQ(found, expected) << "every " << step << " of " << size;
      ASSERT_EQ(newlines.next(), begin + size);
    }
  }
}

TEST(Scan, SkipsNothingButLettersAndDashes) {
  const auto skipped = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  for (std::size_t size = 0; size <= 50; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, "aZ-"[size % 3]);
        text[place] = static_cast<char>(value);
        const char* const begin = text.data();
        const auto at = static_cast<std::size_t>(skip_name_letters(begin, begin + size) - begin);
        ASSERT_LE(at, size);
        if (skipped(text[place])) continue;
        ASSERT_LE(at, place) << "byte " << value << " of " << size;
      }
    }
  }
}

TEST(Scan, SaysTheEndWhenThereIsNothing) {
  for (std::size_t size = 0; size <= 50; ++size) {
    const std::string text(size, '\xff');
    const char* const end = text.data() + size;
    EXPECT_EQ(find_control(text.data(), end), end);
    EXPECT_EQ(find_newline(text.data(), end), end);
  }
}

}  // namespace
}  // namespace sluice
