// The API's certificate, key and authorities for clients, as the files of `api.tls` hold them now.
//
// What the files hold is compared every second, so that it does not matter how they are replaced (written over,
// renamed, a link that is set elsewhere). A change counts once it was seen twice: a file may be half written, or the
// certificate be there before its key. Handshakes from then on take the new one; connections go on as they are. Files
// that cannot be used keep the last good ones, which is said once.
//
// The key must not be readable by others, under the rules for every file with a secret (daemon/runtime/secret_file);
// none of the files may be writable by others, and clientCA is one that nobody else can replace (trusted_path).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/config/config.hpp"
#include "daemon/runtime/stream_tls_server.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::daemon {

// As the files are now. Errors, naming the key of teald.yaml and the file: not_found, denied, invalid, unavailable.
[[nodiscard]] Result<runtime::TlsServerContextPtr> load_api_tls(const config::TlsConfig& files);

struct ApiTlsOptions {
  config::TlsConfig files;
  runtime::BlockingPool* pool = nullptr;  // reads them; outlives this
  // Reasons: TlsTakenOver (good), TlsKept (the new files cannot be used), TlsExpired.
  std::function<void(bool good, spec::Reason reason, std::string message)> say;
  Duration look_every = std::chrono::seconds{1};
};

class ApiTls {
 public:
  // Reads the files at once, with load_api_tls's errors.
  [[nodiscard]] static Result<std::unique_ptr<ApiTls>> open(boost::asio::any_io_executor executor,
                                                            ApiTlsOptions options);

  // For the next handshake.
  [[nodiscard]] runtime::TlsServerContextPtr context() const { return context_; }
  // Looks until it is cancelled.
  [[nodiscard]] boost::asio::awaitable<void> watch();

 private:
  ApiTls(boost::asio::any_io_executor executor, ApiTlsOptions options, runtime::TlsServerContextPtr first,
         std::string state);
  boost::asio::awaitable<void> look();
  void take(Result<runtime::TlsServerContextPtr> loaded);
  void tell_expiry();

  ApiTlsOptions options_;
  boost::asio::steady_timer timer_;
  runtime::TlsServerContextPtr context_;
  std::string seen_;     // at the last look: a fingerprint of the files, or why they cannot be read
  std::string settled_;  // the same when it was last acted upon
  bool told_expiry_ = false;
};

}  // namespace teal::daemon
