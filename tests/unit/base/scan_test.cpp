#include "base/scan.hpp"

#include <string>

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
