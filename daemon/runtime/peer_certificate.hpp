// The identity in a client's certificate. For stream_tls_server.cpp only.
#pragma once

#include <openssl/x509.h>

#include "daemon/runtime/peer.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::runtime {

// Error: invalid, when it names nobody or not exactly one: there is no common name, or more than one, or a value is
// empty, too long, not text or holds control characters. Such a name could be taken for another's.
[[nodiscard]] Result<PeerCertificate> read_peer_certificate(X509* certificate);

}  // namespace teal::runtime
