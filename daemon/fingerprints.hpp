// Detects changes of a secret without keeping it: a keyed hash. Without the key, which only teald can read, the value
// cannot be brute-forced.
#pragma once

#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::daemon {

class Fingerprints {
 public:
  explicit Fingerprints(masking::Secret key);

  // "<of the key>:<of the value>", in hex. The same value in two places has two fingerprints.
  [[nodiscard]] std::string of(std::string_view place, const masking::Secret& value) const;
  [[nodiscard]] std::string of(std::string_view place, const masking::SecretEnvironment& values) const;

 private:
  [[nodiscard]] std::string digest(std::string_view text) const;

  masking::Secret key_;
  std::string key_id_;
};

// The key of a file, which is made with mode 0600 when it is not there. Errors: those of reading and writing it;
// invalid (it holds something else).
[[nodiscard]] Result<masking::Secret> read_or_make_key(const std::string& path);

}  // namespace teal::daemon
