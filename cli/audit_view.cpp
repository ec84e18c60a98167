#include <fmt/format.h>

#include <algorithm>

#include "cli/fields.hpp"
#include "cli/views.hpp"

namespace teal::cli {
namespace {

std::string changed_places(const boost::json::value& entry) {
  constexpr std::size_t shown = 3;
  const auto& operations = items_at(entry, "/patch");
  std::string text;
  for (std::size_t i = 0; i < operations.size() && i < shown; ++i) {
    const auto op = text_at(operations[i], "/op");
    const auto sign = op == "add" ? "+" : op == "remove" ? "-" : "";
    text += fmt::format("{}{}{}", i == 0 ? "" : ", ", sign, text_at(operations[i], "/path"));
  }
  if (operations.size() > shown) text += fmt::format(" and {} more", operations.size() - shown);
  return text;
}

}  // namespace

std::string AuditView::who_and_how() const {
  const bool is_plain = proof.empty() || proof == "unix peer" || proof == "manifest file";
  return is_plain ? who : fmt::format("{} ({})", who, proof);
}

std::string AuditView::what() const {
  if (!denied) return action;
  if (count == 1) return fmt::format("denied {}", code);
  return fmt::format("denied {}, {} times", code, count);
}

std::string AuditView::generations() const {
  const auto one = std::max(generation_before, generation_after);
  if (one == 0) return {};
  if (generation_before == generation_after || generation_before == 0) return std::to_string(one);
  return fmt::format("{} -> {}", generation_before, generation_after == 0 ? "-" : std::to_string(generation_after));
}

AuditView read_audit_entry(const boost::json::value& value) {
  AuditView view;
  view.time = time_at(value, "/time");
  view.who = text_at(value, "/who");
  view.proof = text_at(value, "/proof");
  view.from = text_at(value, "/from");
  view.request = text_at(value, "/method");
  if (!view.request.empty()) view.request += ' ';
  view.request += text_at(value, "/path");
  view.application = text_at(value, "/application");
  view.action = text_at(value, "/action");
  view.generation_before = number_at(value, "/generationBefore").value_or(0);
  view.generation_after = number_at(value, "/generationAfter").value_or(0);
  view.changed = changed_places(value);
  view.reason = text_at(value, "/reason");
  view.denied = text_at(value, "/outcome") == "Denied";
  view.code = number_at(value, "/code").value_or(0);
  view.count = number_at(value, "/count").value_or(1);
  return view;
}

}  // namespace teal::cli
