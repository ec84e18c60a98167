#include "manifests/spec/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "manifests/foundation/text.hpp"

namespace teal::spec {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;
constexpr std::array<Unit, 9> units{{{"Ti", std::int64_t{1} << 40},
                                     {"Gi", std::int64_t{1} << 30},
                                     {"Mi", std::int64_t{1} << 20},
                                     {"Ki", std::int64_t{1} << 10},
                                     {"T", 1'000'000'000'000},
                                     {"G", 1'000'000'000},
                                     {"M", 1'000'000},
                                     {"k", 1'000},
                                     {"", 1}}};

}  // namespace

Result<std::int64_t> parse_memory(std::string_view text) {
  const Error error{ErrorCode::invalid,
                    fmt::format("\"{}\" is not an amount of memory: expected text like 512Mi, 1G or plain bytes",
                                printable(text.substr(0, 40)))};
  __int128 value = 0;
  __int128 scale = 1;
  std::size_t digits = 0;
  bool fraction = false;
  std::size_t used = 0;
  for (; used < text.size(); ++used) {
    const char c = text[used];
    if (c == '.' && !fraction && digits > 0) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      if (++digits > 18) return error;
      value = value * 10 + (c - '0');
      if (fraction) scale *= 10;
    } else {
      break;
    }
  }
  if (digits == 0 || (fraction && scale == 1)) return error;
  for (const auto& [name, bytes] : units) {
    if (text.substr(used) != name) continue;
    const auto total = value * bytes;
    if (total % scale != 0 || total / scale > (__int128{1} << 60)) return error;
    return static_cast<std::int64_t>(total / scale);
  }
  return error;
}

std::string format_memory(std::int64_t bytes) {
  if (bytes != 0) {
    for (const auto& [name, size] : units) {
      if (bytes % size == 0) return fmt::format("{}{}", bytes / size, name);
    }
  }
  return fmt::format("{}", bytes);
}

}  // namespace teal::spec
