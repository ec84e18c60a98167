// The real routes, the real gate and the real reconciler over fakes, with sources of values that remember who read
// them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/reconcile/reconciler.hpp"
#include "controllers/status/board.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/services.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {

// Every read is on record; nothing is really read.
class RecordingSecrets final : public ports::Secrets {
 public:
  std::vector<std::string> reads;

  boost::asio::awaitable<Result<masking::Secret>> read(spec::ValueSource source) override;
  boost::asio::awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string path) override;
};

class AccessRig {
 public:
  explicit AccessRig(access::GateOptions options);
  ~AccessRig();

  // One request as `credentials` would send it, on an address of 127.0.0.1 unless they are of a Unix socket.
  api::Response ask(const access::Credentials& credentials, const std::string& method, const std::string& target,
                    const std::string& body = "");

  RecordingSecrets secrets;
  access::Tokens tokens;
  ManualClock clock;
  FakeStore store;
  std::unique_ptr<api::Services> services;

 private:
  void remember_shop();

  boost::asio::io_context loop_;
  status::Board board_{1};
  FakeEngine engine_{clock};
  runtime::Metrics metrics_;
  access::Gate gate_;
  std::unique_ptr<reconcile::Reconciler> reconciler_;
};

}  // namespace teal::test
