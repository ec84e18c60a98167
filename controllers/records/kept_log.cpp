#include "controllers/records/kept_log.hpp"

#include <fmt/format.h>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/quantity.hpp"

namespace teal::records {

std::string truncated_log(std::string_view text, std::size_t most) {
  auto mark =
      fmt::format("(truncated: only the last {} are kept)\n", spec::format_memory(static_cast<std::int64_t>(most)));
  const auto room = most > mark.size() ? most - mark.size() : 0;
  text = last_bytes(text, room);
  const auto line = text.find('\n');
  if (line != std::string_view::npos && line < text.size() / 4) text.remove_prefix(line + 1);
  return mark.append(text);
}

}  // namespace teal::records
