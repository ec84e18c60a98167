// restartOnChange: the values that a spec's containers read from elsewhere, and what follows when one changes. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/admission/admission.hpp"
#include "controllers/records/record.hpp"
#include "manifests/spec/application.hpp"

namespace teal::admission {

// One place that values of serving containers come from. Those of jobs are read when the job runs, and nothing that
// runs has them.
struct WatchedSource {
  std::string name;      // "spec.env.DB__PASSWORD (file /etc/shop/password)"; never a value
  std::string env_file;  // this file; empty: `source`
  spec::ValueSource source;

  bool operator==(const WatchedSource&) const = default;
};

[[nodiscard]] std::vector<WatchedSource> watched_sources(const spec::ApplicationSpec& spec);

// What was read just now.
struct ValuesSeen {
  std::map<std::string, std::string> fingerprints;  // by WatchedSource::name, of those that could be read
  std::string problem;                              // the first error of the others; empty: none

  bool operator==(const ValuesSeen&) const = default;
};

// A fingerprint that differs from the one on record is a change: a new revision is wanted. A source that was not known
// before, or cannot be read now, is none. Nothing happens for an application that is unknown, being deleted or without
// restartOnChange.
[[nodiscard]] Admission admit_values(const Register& known, const std::string& name, const ValuesSeen& seen, Time now);

}  // namespace teal::admission
