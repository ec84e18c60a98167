// What changed between two specs, and whether it needs new containers.
#pragma once

#include <string>
#include <vector>

#include "manifests/spec/application.hpp"

namespace teal::spec {

enum class ChangeKind {
  None,
  InPlace,  // what runs in containers and where traffic goes stays: replicas, routes, rollout, upgradePolicy, adopt,
            // suspend, restartOnChange, pullPolicy and how the migration is supervised
  NewRevision,  // everything else
};

[[nodiscard]] std::string_view to_string(ChangeKind kind);

// NewRevision exactly when the template hashes differ.
[[nodiscard]] ChangeKind classify(const ApplicationSpec& from, const ApplicationSpec& to);

// Hex SHA-256 of the canonical JSON without what may change in place: the identity of a revision's content.
[[nodiscard]] std::string template_hash(const ApplicationSpec& spec);

struct FieldChange {
  std::string path;  // "spec.components[api].replicas": named things by their names
  std::string from;  // text for people; "(none)" where there is nothing; secrets as where they come from, "(file
                     // /etc/x)", or ***
  std::string to;

  bool operator==(const FieldChange&) const = default;
};

// Every changed field, in the order of the contract. Metadata included.
[[nodiscard]] std::vector<FieldChange> diff(const Application& from, const Application& to);

}  // namespace teal::spec
