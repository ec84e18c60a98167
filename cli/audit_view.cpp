#include <fmt/format.h>

#include <algorithm>

#include "cli/fields.hpp"
#include "cli/views.hpp"

namespace teal::cli {
std::string AuditView::who_and_how() const {
  const bool is_plain = proof.empty() || proof == "unix peer" || proof == "manifest file";
  return is_plain ? who : fmt::format("{} ({})", who, proof);
}

std::string AuditView::what() const {
  if (!denied()) return action;
  if (count == 1) return fmt::format("denied {}", code.value_or(0));
  return fmt::format("denied {}, {} times", code.value_or(0), count);
}

std::string AuditView::generations() const {
  const auto one = std::max(generation_before, generation_after);
  if (one == 0) return {};
  if (generation_before == generation_after || generation_before == 0) return std::to_string(one);
  return fmt::format("{} -> {}", generation_before, generation_after == 0 ? "-" : std::to_string(generation_after));
}

std::string AuditView::request() const { return method.empty() ? path : method + ' ' + path; }

std::string AuditView::changed() const {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < patch.size() && i < shown; ++i) {
    const auto op = text_at(patch[i], "/op");
    const auto sign = op == "add" ? "+" : op == "remove" ? "-" : "";
    text += fmt::format("{}{}{}", i == 0 ? "" : ", ", sign, text_at(patch[i], "/path"));
  }
  if (patch.size() > shown) text += fmt::format(" and {} more", patch.size() - shown);
  return text;
}

}  // namespace teal::cli
