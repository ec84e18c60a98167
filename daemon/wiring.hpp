// Translates teald.yaml into the options of the parts that it configures.
#pragma once

#include <memory>
#include <vector>

#include "controllers/reconcile/reconciler.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/access/token_watch.hpp"
#include "daemon/api/server.hpp"
#include "daemon/api_tls.hpp"
#include "daemon/config/config.hpp"
#include "daemon/fingerprints.hpp"
#include "daemon/image_maintenance.hpp"
#include "daemon/secret_watcher.hpp"

namespace teal::daemon {

// `tls` outlives the server; null: there is none.
[[nodiscard]] api::ApiOptions api_options(const config::DaemonConfig& config, const ApiTls* tls);

// Who may what, by the tokens that are good now.
struct WiredAccess {
  WiredAccess(access::GateOptions options, const ports::Clock& clock) : gate(std::move(options), tokens, clock) {}

  access::Tokens tokens;
  access::Gate gate;
  std::unique_ptr<access::TokenWatch> watch;  // null: teald.yaml has no tokens
  std::unique_ptr<ApiTls> tls;                // null: it has no TLS

  // Reads the tokens, and keeps both as their files say until it is cancelled.
  [[nodiscard]] std::vector<boost::asio::awaitable<void>> tasks();
};
// The others outlive it. Errors: those of the files of TLS, which nobody could come in without; tokens that cannot be
// read let nobody in, which `note` gets, and hold nothing else up.
[[nodiscard]] Result<std::unique_ptr<WiredAccess>> wire_access(boost::asio::any_io_executor executor,
                                                               const config::DaemonConfig& config,
                                                               const ports::Clock& clock, runtime::BlockingPool& files,
                                                               std::function<void(reconcile::DaemonNotice)> note);
// What the watcher of manifests says of their folder; an empty problem: it is read again.
[[nodiscard]] reconcile::DaemonNotice manifests_notice(const config::DaemonConfig& config, std::string problem);

[[nodiscard]] std::unique_ptr<ImageMaintenance> wire_image_maintenance(const config::DaemonConfig& config,
                                                                       const ports::Ports& ports,
                                                                       const status::Board& board,
                                                                       std::function<void(const records::Event&)> told,
                                                                       std::function<void(const std::string&)> wake);

// restartOnChange.
struct SecretWatch {
  std::unique_ptr<Fingerprints> fingerprints;
  std::unique_ptr<SecretWatcher> watcher;
};
// Its fingerprints have the key of that file. Errors: that it cannot be read or made.
[[nodiscard]] Result<SecretWatch> wire_secret_watch(boost::asio::any_io_executor executor, const std::string& key_file,
                                                    const status::Board& board, ports::Secrets& secrets,
                                                    runtime::BlockingPool& files, reconcile::Reconciler& reconciler);

}  // namespace teal::daemon
