// A PEM text with a certificate, what it is signed by, and its key: as a program that speaks TLS loads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::runtime {

struct CertificateBundle {
  std::string text;                // its PEM blocks and nothing else: no blank lines, no remarks
  std::vector<std::string> hosts;  // that it is for, in lower case; "*.example.com" stands for one label
  Time expires{};
};

// Error: invalid, what is wrong with it: no certificate, no key, a key with a passphrase, the key of another one,
// or what the system's rules for TLS do not allow.
[[nodiscard]] Result<CertificateBundle> read_bundle(std::string_view pem);

}  // namespace teal::runtime
