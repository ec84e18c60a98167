// TLS for clients, over any Stream: OpenSSL transforms bytes, the stream below carries them and enforces the deadlines.
//
// The server must present a certificate for the requested name (or address), signed by a CA of the system: those in
// OpenSSL's default locations, which SSL_CERT_FILE and SSL_CERT_DIR in teald's environment replace. TLS 1.2 or later.
// Verification cannot be disabled.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "daemon/runtime/stream.hpp"
#include "daemon/runtime/tls_files.hpp"

namespace teal::runtime {

class TlsContext;
using TlsContextPtr = std::shared_ptr<TlsContext>;

// The files as they are now. Errors: unavailable (the system's authorities cannot be read), invalid (a file of `files`
// cannot; it is named).
[[nodiscard]] Result<TlsContextPtr> make_tls_context(const TlsFiles& files = {});

// Connects, shakes hands and verifies, all within the deadline. Errors: denied (the certificate is not good for this
// host, with OpenSSL's reason), unhealthy (it refuses ours; with TLS 1.3 only the first read says so; or it
// speaks no TLS that we do), invalid (it speaks no TLS), unavailable, timed_out, cancelled.
[[nodiscard]] boost::asio::awaitable<Result<StreamPtr>> connect_tls(std::string host, std::string port,
                                                                    TlsContextPtr context, Deadline deadline);

}  // namespace teal::runtime
