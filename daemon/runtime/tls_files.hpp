// Which certificates a TLS client uses; paths of PEM files, read when a connection is first made.
#pragma once

#include <string>

namespace teal::runtime {

struct TlsFiles {
  std::string authorities;  // instead of the system's; empty: the system's
  std::string certificate;  // the client's own, with its chain; empty: none
  std::string key;          // of that certificate

  bool operator==(const TlsFiles&) const = default;
};

}  // namespace teal::runtime
