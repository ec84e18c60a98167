// The newest rollout of an application, or none, as an optional that is shared and not copied: the reconciler has the
// same one as everybody who reads the board. What it holds never changes; another one takes its place.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "controllers/records/record.hpp"

namespace teal::records {

class SharedRollout {
 public:
  SharedRollout() = default;
  SharedRollout(std::nullopt_t) {}
  SharedRollout(RolloutRecord record) : SharedRollout(std::optional{std::move(record)}) {}
  SharedRollout(std::optional<RolloutRecord> record) {
    if (record) held_ = std::make_shared<const std::optional<RolloutRecord>>(std::move(record));
  }

  [[nodiscard]] bool has_value() const { return held_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  const RolloutRecord& operator*() const { return **held_; }
  const RolloutRecord* operator->() const { return &**held_; }
  [[nodiscard]] RolloutRecord value_or(RolloutRecord other) const { return held_ ? **held_ : std::move(other); }

  // As long as this, or another that shares it, is there.
  operator const std::optional<RolloutRecord>&() const {
    static const std::optional<RolloutRecord> none;
    return held_ ? *held_ : none;
  }

  bool operator==(const SharedRollout& other) const {
    return held_ == other.held_ || (held_ && other.held_ && *held_ == *other.held_);
  }

 private:
  std::shared_ptr<const std::optional<RolloutRecord>> held_;
};

}  // namespace teal::records
