// TLS for clients, over any Stream: OpenSSL turns bytes into bytes, the stream below carries them and keeps the
// deadlines.
//
// The server must show a certificate for the name (or address) that was asked for, signed by the system's authorities:
// those of OpenSSL's default places, which SSL_CERT_FILE and SSL_CERT_DIR in teald's environment replace. TLS 1.2 or
// later. There is no switch that turns this off.
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
