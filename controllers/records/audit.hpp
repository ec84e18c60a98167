// Who changed what, and who was denied: the permanent record (O6).
//
// Client-supplied text is limited in length, valid UTF-8 without control characters, and passwords in it are masked.
// teald's own decisions are not audited: events record those.
#pragma once

#include <cstdint>
#include <string>

#include "controllers/records/requester.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/application.hpp"

namespace teal::records {

struct ApplicationRecord;
struct VerbRequest;

enum class AuditOutcome { Allowed, Denied };

[[nodiscard]] std::string_view to_string(AuditOutcome outcome);

struct AuditEntry {
  std::int64_t sequence = 0;  // the store's: grows with each entry, never reused
  Time time{};
  Requester by;
  std::string application;  // empty: it is about none
  std::string action;  // "create", "update", "delete", "orphan", or the verb; empty: denied, method and path say it
  std::int64_t generation_before = 0;  // of the spec; 0: there was none
  std::int64_t generation_after = 0;   // 0: there is none left
  std::string patch;  // RFC 6902, from what was wanted before to after, secrets masked; empty: nothing of it changed
  AuditOutcome outcome = AuditOutcome::Allowed;
  int status = 0;          // the answer's, when denied
  std::int64_t count = 1;  // so many requests: denials of the same kind are counted when there are too many

  bool operator==(const AuditEntry&) const = default;
};

// An entry with who, when and to what; the rest is as it is by default.
[[nodiscard]] AuditEntry audit_entry(const Requester& by, std::string application, std::string action, Time now);

// A spec that was asked for; `before` is null when there was none, `after` when there shall be none.
[[nodiscard]] AuditEntry audit_entry(const Requester& by, std::string action, const ApplicationRecord* before,
                                     const ApplicationRecord* after, Time now);

// A verb, which leaves the spec as it is. A rollback's patch leads from what was rolled out to what it goes back to.
[[nodiscard]] AuditEntry audit_entry(const VerbRequest& request, const ApplicationRecord& record, Time now);

// From `before` to `after` as everybody may see them: /metadata and /spec. A changed secret is a "replace" by its mask.
// Empty when nothing differs.
[[nodiscard]] std::string public_patch(const spec::Application* before, const spec::Application* after);

// A manifest file as one that asks: its path, and the folder that it came from.
[[nodiscard]] Requester manifest_file(const std::string& path);

}  // namespace teal::records
