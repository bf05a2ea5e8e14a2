// KeyPartition::next: the one partition of the new shares that moves nothing it need not move.
#include <algorithm>
#include <map>
#include <vector>

#include "routing/split.hpp"

namespace sluice::routing {
namespace {

constexpr std::uint32_t kFree = 0xffffffffU;  // no owner has this number: slots are dense

struct Piece {
  KeyMeasure begin;
  KeyMeasure end;
  std::uint32_t owner;
  KeyMeasure length() const noexcept { return end - begin; }
};

// The work table: pieces tile the key space in order; shrinking owners free pieces, growing ones
// take them until nobody needs any.
class Repartition {
 public:
  Repartition(std::span<const KeyPartition::Segment> segments,
              std::span<const WeightedOwner> weights) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const KeyMeasure end = i + 1 < segments.size() ? segments[i + 1].begin : kKeySpace;
      pieces_.push_back({segments[i].begin, end, segments[i].owner});
      surpluses_[segments[i].owner] += pieces_.back().length();
    }
    const auto shares = key_shares(weights);
    for (std::size_t i = 0; i < weights.size(); ++i) settle(weights[i].owner, shares[i]);
  }

  std::vector<KeyPartition::Segment> run() {
    for (const auto& [owner, surplus] : surpluses_) release(owner, surplus);
    join_neighbours();
    extend_growers();
    while (!needs_.empty()) fill_largest_need();
    join_neighbours();
    std::vector<KeyPartition::Segment> segments;
    for (const auto& piece : pieces_) {
      segments.push_back({static_cast<std::uint64_t>(piece.begin), piece.owner});
    }
    return segments;
  }

 private:
  void settle(std::uint32_t owner, KeyMeasure share) {
    const KeyMeasure has = surpluses_[owner];
    surpluses_.erase(owner);
    if (has > share) surpluses_[owner] = has - share;
    if (has < share) needs_[owner] = share - has;
  }

  // Smallest pieces first and whole: this is what keeps the number of segments bounded.
  void release(std::uint32_t owner, KeyMeasure surplus) {
    std::vector<std::size_t> own;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].owner == owner) own.push_back(i);
    }
    std::stable_sort(own.begin(), own.end(),
                     [&](auto a, auto b) { return pieces_[a].length() < pieces_[b].length(); });
    for (const std::size_t index : own) {
      if (surplus == 0) return;
      if (pieces_[index].length() > surplus) return release_part(index, surplus);
      surplus -= pieces_[index].length();
      pieces_[index].owner = kFree;
    }
  }

  // Cuts at the side where the freed part can join something, else at the tail.
  void release_part(std::size_t index, KeyMeasure length) {
    const bool head = !joins(index + 1) && index > 0 && joins(index - 1);
    Piece& piece = pieces_[index];
    if (head) {
      const Piece freed{piece.begin, piece.begin + length, kFree};
      piece.begin = freed.end;
      pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index), freed);
    } else {
      const Piece freed{piece.end - length, piece.end, kFree};
      piece.end = freed.begin;
      pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index) + 1, freed);
    }
  }

  bool joins(std::size_t index) const {
    return index < pieces_.size() &&
           (pieces_[index].owner == kFree || needs_.contains(pieces_[index].owner));
  }

  void join_neighbours() {
    std::vector<Piece> joined;
    for (const auto& piece : pieces_) {
      if (piece.length() == 0) continue;
      if (!joined.empty() && joined.back().owner == piece.owner) {
        joined.back().end = piece.end;
      } else {
        joined.push_back(piece);
      }
    }
    pieces_ = std::move(joined);
  }

  // A growing owner takes what lies next to it first: that makes no new segment.
  void extend_growers() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      Piece& piece = pieces_[i];
      if (piece.owner != kFree) continue;
      if (i > 0) {
        const KeyMeasure taken = take(pieces_[i - 1].owner, piece.length());
        pieces_[i - 1].end += taken;
        piece.begin += taken;
      }
      if (i + 1 < pieces_.size()) {
        const KeyMeasure taken = take(pieces_[i + 1].owner, piece.length());
        pieces_[i + 1].begin -= taken;
        piece.end -= taken;
      }
    }
    join_neighbours();
  }

  KeyMeasure take(std::uint32_t owner, KeyMeasure offered) {
    const auto need = needs_.find(owner);
    if (need == needs_.end()) return 0;
    const KeyMeasure taken = std::min(need->second, offered);
    need->second -= taken;
    if (need->second == 0) needs_.erase(need);
    return taken;
  }

  // Best fit: the smallest free piece that is long enough, else the longest one whole.
  void fill_largest_need() {
    const auto need = std::max_element(needs_.begin(), needs_.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    const std::size_t index = best_free_piece(need->second);
    const std::uint32_t owner = need->first;
    Piece& piece = pieces_[index];
    const Piece rest{piece.begin + take(owner, piece.length()), piece.end, kFree};
    piece.owner = owner;
    piece.end = rest.begin;
    if (rest.length() == 0) return;
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index) + 1, rest);
  }

  // Invariant: the needs sum to the free lengths, so while there is a need there is a piece.
  std::size_t best_free_piece(KeyMeasure need) const {
    std::size_t best = pieces_.size();
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].owner != kFree) continue;
      if (best == pieces_.size() ||
          fits_better(pieces_[i].length(), pieces_[best].length(), need)) {
        best = i;
      }
    }
    return best;
  }

  static bool fits_better(KeyMeasure length, KeyMeasure than, KeyMeasure need) {
    if (length >= need && than >= need) return length < than;
    return length > than;
  }

  std::vector<Piece> pieces_;
  std::map<std::uint32_t, KeyMeasure> surpluses_;  // owners that must give up so much
  std::map<std::uint32_t, KeyMeasure> needs_;      // owners that must get so much; never 0
};

bool all_zero(std::span<const WeightedOwner> weights) {
  return std::all_of(weights.begin(), weights.end(), [](auto& one) { return one.weight == 0; });
}

}  // namespace

KeyPartition KeyPartition::next(std::span<const WeightedOwner> weights) const {
  if (segments_.empty() || all_zero(weights)) return canonical(weights);
  return KeyPartition(Repartition(segments_, weights).run());
}

}  // namespace sluice::routing
