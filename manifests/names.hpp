// The words of the contract for every enum that a manifest may hold: one table for reading, writing and error texts.
#pragma once

#include <span>
#include <string_view>

#include "manifests/application.hpp"

namespace teal {

template <class E>
struct Name {
  E value;
  std::string_view text;
};

[[nodiscard]] std::span<const Name<PullPolicy>> names_of(PullPolicy);
[[nodiscard]] std::span<const Name<JobPhase>> names_of(JobPhase);
[[nodiscard]] std::span<const Name<MigrationMode>> names_of(MigrationMode);
[[nodiscard]] std::span<const Name<SslMode>> names_of(SslMode);
[[nodiscard]] std::span<const Name<Replace>> names_of(Replace);
[[nodiscard]] std::span<const Name<Strategy>> names_of(Strategy);
[[nodiscard]] std::span<const Name<Approval>> names_of(Approval);
[[nodiscard]] std::span<const Name<OnFailure>> names_of(OnFailure);
[[nodiscard]] std::span<const Name<OnNoData>> names_of(OnNoData);
[[nodiscard]] std::span<const Name<Weekday>> names_of(Weekday);
[[nodiscard]] std::span<const Name<OutsideTrain>> names_of(OutsideTrain);
[[nodiscard]] std::span<const Name<Hops>> names_of(Hops);

// "BlueGreen": the contract's word for a value.
template <class E>
  requires requires(E value) { names_of(value); }
[[nodiscard]] std::string_view name_of(E value) {
  for (const auto& name : names_of(value)) {
    if (name.value == value) return name.text;
  }
  return "?";
}

}  // namespace teal
