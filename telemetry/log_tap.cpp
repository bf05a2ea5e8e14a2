#include "telemetry/log_tap.hpp"

#include <cmath>
#include <new>
#include <utility>

namespace sluice::telemetry {
namespace {

constexpr std::size_t kFreeLargeMax = 16;

static_assert(sizeof(LogRecord) + kLogTextsMax <= LogTap::kLarge);
static_assert(LogTap::kNamesRoom >= kLogTextMax[static_cast<std::size_t>(LogText::route)] +
                                        kLogTextMax[static_cast<std::size_t>(LogText::upstream)] +
                                        kLogTextMax[static_cast<std::size_t>(LogText::endpoint)]);

constexpr std::size_t kSmallTexts = LogTap::kSmall - sizeof(LogRecord);
constexpr std::size_t kLargeTexts = LogTap::kLarge - sizeof(LogRecord);

std::uint64_t threshold_of(double share) noexcept {
  return share >= 1 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(std::ldexp(share, 64));
}

}  // namespace

LogTap::LogTap(LogQueue& queue, LogBounds bounds, double sample, bool wants_referer)
    : queue_(queue),
      token_(queue),
      bounds_(bounds),
      sample_threshold_(threshold_of(sample)),
      sample_all_(sample >= 1),
      wants_referer_(wants_referer),
      slab_(std::make_unique_for_overwrite<std::byte[]>(bounds.records * kSmall)) {}

LogTap::~LogTap() {
  collect_returned();
  while (LogRecord* const record = pop_free(true)) ::operator delete(record);
}

// ---- the worker ----------------------------------------------------------------------------

LogDraft LogTap::take(std::size_t text_bytes) {
  const bool large = text_bytes + kNamesRoom > kSmallTexts;
  return LogDraft(find_block(large));
}

LogRecord* LogTap::find_block(bool large) {
  LogRecord* const used = pop_free(large);
  const auto capacity = static_cast<std::uint16_t>(large ? kLargeTexts : kSmallTexts);
  if (used != nullptr) return new (used) LogRecord(this, capacity, used->of_slab_);
  if (!large && slab_used_ < bounds_.records)
    return new (slab_.get() + kSmall * slab_used_++) LogRecord(this, capacity, true);
  return new (::operator new(large ? kLarge : kSmall)) LogRecord(this, capacity, false);
}

// The block that was free for the shortest time is the likeliest to be in the cache.
LogRecord* LogTap::pop_free(bool large) noexcept {
  LogRecord*& list = large ? free_large_ : free_small_;
  if (list == nullptr) collect_returned();
  LogRecord* const record = list;
  if (record == nullptr) return nullptr;
  list = record->next_;
  if (large) --free_large_count_;
  return record;
}

void LogTap::collect_returned() noexcept {
  if (returned_.load(std::memory_order_relaxed) == nullptr) return;
  LogRecord* record = returned_.exchange(nullptr, std::memory_order_acquire);
  while (record != nullptr) keep(std::exchange(record, record->next_));
}

void LogTap::keep(LogRecord* record) noexcept {
  const bool large = record->capacity_ == kLargeTexts;
  if (!record->of_slab_ && (!large || free_large_count_ == kFreeLargeMax))
    return ::operator delete(record);
  LogRecord*& list = large ? free_large_ : free_small_;
  record->next_ = std::exchange(list, record);
  if (large) ++free_large_count_;
}

void LogTap::hand_over(LogDraft draft) noexcept {
  const std::size_t bytes = size_of(*draft);
  if (is_full(bytes) || !queue_.try_enqueue(token_, draft.get())) return dropped_.add();
  draft.release();
  ++handed_records_;
  handed_bytes_ += bytes;
}

// ---- the writer ----------------------------------------------------------------------------

void LogTap::give_back(LogRecord* record) noexcept {
  LogTap& owner = *record->owner_;
  owner.taken_records_.add();
  owner.taken_bytes_.add(size_of(*record));
  record->next_ = owner.returned_.load(std::memory_order_relaxed);
  while (!owner.returned_.compare_exchange_weak(record->next_, record, std::memory_order_release,
                                                std::memory_order_relaxed)) {
  }
}

}  // namespace sluice::telemetry
