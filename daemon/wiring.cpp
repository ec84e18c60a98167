#include "daemon/wiring.hpp"

#include <unistd.h>

#include "daemon/config/address.hpp"

namespace teal::daemon {

api::ApiOptions api_options(const config::DaemonConfig& config, const ApiTls* tls) {
  api::ApiOptions options;
  for (const auto& address : config.api.listen) options.listen.push_back(to_string(address));
  options.names = config.api.names;
  // Members of several groups must reach it; who may do what is decided by who they are, then.
  if (!config.api.groups.empty()) options.socket_mode = 0666;
  if (tls == nullptr) return options;
  options.handshake = [tls, limit = options.header_timeout](runtime::StreamPtr below) {
    return runtime::accept_tls(std::move(below), tls->context(), runtime::after(limit));
  };
  return options;
}

std::vector<boost::asio::awaitable<void>> WiredAccess::tasks() {
  std::vector<boost::asio::awaitable<void>> all;
  if (watch) all.push_back(watch->run());
  if (tls) all.push_back(tls->watch());
  return all;
}

Result<std::unique_ptr<WiredAccess>> wire_access(boost::asio::any_io_executor executor,
                                                 const config::DaemonConfig& config, const ports::Clock& clock,
                                                 runtime::BlockingPool& files,
                                                 std::function<void(reconcile::DaemonNotice)> note) {
  access::GateOptions options;
  options.groups = config.api.groups;
  options.has_tokens = config.api.tokens.has_value();
  options.has_client_ca = config.api.tls && config.api.tls->client_ca;
  options.own_uid = ::geteuid();
  std::unique_ptr<ApiTls> api_tls;
  if (config.api.tls) {
    ApiTlsOptions tls;
    tls.files = *config.api.tls;
    tls.pool = &files;
    tls.say = [note, path = tls.files.certificate](bool good, spec::Reason reason, std::string message) {
      reconcile::DaemonNotice notice{"Certificate", std::move(reason), std::move(message), !good};
      if (good) notice.changed_file = path;
      note(std::move(notice));
    };
    auto opened = ApiTls::open(std::move(executor), std::move(tls));
    if (!opened) return within("teald.yaml", opened.error());
    api_tls = std::move(*opened);
    options.vouched = [tls = api_tls.get()](const runtime::PeerCertificate& certificate) {
      return runtime::vouches_for(*tls->context(), certificate);
    };
  }
  auto wired = std::make_unique<WiredAccess>(std::move(options), clock);
  wired->tls = std::move(api_tls);
  if (!config.api.tokens) return wired;
  auto say = [note, path = *config.api.tokens](bool good, std::string sentence, std::string patch) {
    reconcile::DaemonNotice notice{"Tokens", good ? spec::Reason::TokensRead : spec::Reason::TokensUnreadable,
                                   std::move(sentence), !good};
    if (!patch.empty()) notice.changed_file = path;
    notice.patch = std::move(patch);
    note(std::move(notice));
  };
  wired->watch = std::make_unique<access::TokenWatch>(*config.api.tokens, files, wired->tokens, std::move(say));
  return wired;
}

reconcile::DaemonNotice manifests_notice(const config::DaemonConfig& config, std::string problem) {
  if (!problem.empty()) return {"Manifests", spec::Reason::ManifestFolderRefused, std::move(problem), true};
  return {"Manifests", spec::Reason::ManifestFolderRead, config.manifests + ": is read again", false};
}

std::unique_ptr<ImageMaintenance> wire_image_maintenance(const config::DaemonConfig& config, const ports::Ports& ports,
                                                         const status::Board& board,
                                                         std::function<void(const records::Event&)> told,
                                                         std::function<void(const std::string&)> wake) {
  ImageMaintenanceOptions options;
  options.keep = config.images_kept;
  options.told = std::move(told);
  options.wake = std::move(wake);
  return std::make_unique<ImageMaintenance>(ports, board, std::move(options));
}

Result<SecretWatch> wire_secret_watch(boost::asio::any_io_executor executor, const std::string& key_file,
                                      const status::Board& board, ports::Secrets& secrets, runtime::BlockingPool& files,
                                      reconcile::Reconciler& reconciler) {
  auto key = read_or_make_key(key_file);
  if (!key) return within("the key of restartOnChange", key.error());
  SecretWatch watch;
  watch.fingerprints = std::make_unique<Fingerprints>(std::move(*key));
  SecretWatcherOptions options;
  options.board = &board;
  options.secrets = &secrets;
  options.files = &files;
  options.fingerprints = watch.fingerprints.get();
  options.tell = [&reconciler](std::string name, admission::ValuesSeen seen) {
    return reconciler.values_seen(std::move(name), std::move(seen));
  };
  watch.watcher = std::make_unique<SecretWatcher>(std::move(executor), std::move(options));
  return watch;
}

}  // namespace teal::daemon
