#include "manifests/spec/reason.hpp"

#include <algorithm>
#include <array>
#include <ostream>

namespace teal::spec {
namespace {

constexpr auto words = std::to_array<std::string_view>({"", "",
#define TEAL_REASON_TEXT(word) #word,
                                                        TEAL_REASONS(TEAL_REASON_TEXT)
#undef TEAL_REASON_TEXT
});

}  // namespace

Reason Reason::named(std::string_view text) {
  const auto found = std::ranges::find(words, text);
  if (found != words.end()) return static_cast<Word>(found - words.begin());
  Reason reason{Unlisted};
  reason.unknown_ = text;
  return reason;
}

std::string_view Reason::text() const { return word_ == Unlisted ? std::string_view{unknown_} : words[word_]; }

std::ostream& operator<<(std::ostream& out, const Reason& reason) { return out << reason.text(); }
std::ostream& operator<<(std::ostream& out, Reason::Word word) { return out << Reason{word}; }

}  // namespace teal::spec
