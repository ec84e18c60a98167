#include <cstdint>
#include <utility>

#include "daemon/health_monitor_verdict.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::daemon {
namespace {

constexpr std::size_t most_characters = 120;

bool is_space(std::uint32_t point) {
  return point == ' ' || (point >= '\t' && point <= '\r') || point == 0xA0 || point == 0x2028;
}

// C0, C1 and DEL steer terminals; the others turn or hide what stands beside them.
bool is_hidden(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xFEFF || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2029 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  std::size_t characters = 0;
  std::size_t cut = 0;  // end of the last character that leaves room for the mark that says "and so on"
  const auto add = [&](std::string_view character) {
    line += character;
    if (++characters < most_characters) cut = line.size();
  };
  bool space = false;
  while (!text.empty()) {
    const auto next = take_character(text);
    if (next.valid && is_space(next.point)) {
      space = !line.empty();
      continue;
    }
    if (next.valid && is_hidden(next.point)) continue;
    if (std::exchange(space, false)) add(" ");
    add(next.valid ? next.bytes : "?");
    if (characters > most_characters) return line.substr(0, cut) + "…";
  }
  return line;
}

std::string head_of(std::string_view text) {
  constexpr std::size_t most_bytes = 4096;
  constexpr int most_lines = 20;
  text = first_bytes(text, most_bytes);
  std::string head;
  for (int lines = 0; !text.empty() && lines < most_lines;) {
    const auto end = text.find('\n');
    auto line = one_line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (!head.empty()) head += '\n';
    head += line;
    ++lines;
  }
  return head;
}

}  // namespace teal::daemon
