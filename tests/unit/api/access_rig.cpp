#include "tests/unit/api/access_rig.hpp"

#include "tests/support/await.hpp"

namespace teal::test {

using boost::asio::awaitable;

awaitable<Result<masking::Secret>> RecordingSecrets::read(spec::ValueSource source) {
  if (source.kind != spec::ValueSource::Kind::Literal) reads.push_back(source.text.empty() ? "a program" : source.text);
  co_return masking::Secret{"a value that nobody may see"};
}

awaitable<Result<masking::SecretEnvironment>> RecordingSecrets::read_env_file(std::string path) {
  reads.push_back(std::move(path));
  co_return masking::SecretEnvironment{};
}

AccessRig::AccessRig(access::GateOptions options) : gate_(std::move(options), tokens, clock) {
  ports::Ports ports;
  ports.engines["local"] = &engine_;
  ports.default_engine = "local";
  ports.secrets = &secrets;
  ports.store = &store;
  ports.clock = &clock;
  ports.telemetry = &metrics_;
  reconcile::Reconciler::Hooks hooks;
  hooks.spawn = [](std::string, awaitable<void>) {};
  hooks.wake = [](const std::string&) {};
  hooks.told = [](const records::Event&) {};
  reconciler_ = std::make_unique<reconcile::Reconciler>(ports, board_, std::move(hooks));
  services = std::make_unique<api::Services>(board_, *reconciler_, store, metrics_, gate_, std::vector<std::string>{},
                                             std::chrono::seconds{15}, std::chrono::milliseconds{10});
  remember_shop();
}

AccessRig::~AccessRig() = default;

// An application with every kind of source, a rollout of it, and a container that runs.
void AccessRig::remember_shop() {
  records::ApplicationRecord record;
  record.application = sample_application("shop");
  auto& spec = record.application.spec;
  spec.env_files = {"/etc/shop/.env"};
  spec.env["PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "", {"/bin/sh", "-c", "id"}};
  spec.env["HOME_OF"] = spec::ValueSource{spec::ValueSource::Kind::Environment, "AWS_SECRET_ACCESS_KEY", {}};
  spec::Job job;
  job.name = "default";
  job.credentials["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shadow", {}};
  job.database.emplace();
  job.database->host = "127.0.0.1";
  job.database->name = "shop";
  job.database->migration = {{spec::ValueSource::Kind::File, "/etc/user", {}},
                             {spec::ValueSource::Kind::File, "/etc/password", {}}};
  job.database->application = job.database->migration;
  spec.migration.jobs = {job};
  record.generation = 3;
  auto rollout = sample_rollout("shop", 7);
  rollout.course.target.application = record.application;
  test::await(loop_, store.put(record, {}));
  test::await(loop_, store.commit(rollout, {}));
  EXPECT_TRUE(test::await(loop_, reconciler_->load()));
  status::ApplicationView view;
  view.record = record;
  view.rollout = rollout;
  board_.publish(view);
  ports::ContainerSpec container;
  container.name = "teal-shop-api-r7-0";
  container.image_id = "id";
  container.application = "shop";
  container.unit = "api";
  container.revision = 7;
  engine_.add_image("registry.example/shop:1.0.0", {"id", "sha256:abc"});
  const auto id = test::await(loop_, engine_.create(container));
  EXPECT_TRUE(id);
  if (id) EXPECT_TRUE(test::await(loop_, engine_.start(*id)));
}

api::Response AccessRig::ask(const access::Credentials& credentials, const std::string& method,
                             const std::string& target, const std::string& body) {
  api::Request request;
  request.method = method;
  request.target = target;
  request.host = "localhost";
  request.credentials = credentials;
  if (!credentials.peer.user) request.local_address = "127.0.0.1";
  request.body = body;
  request.content_type = method == "PATCH" ? "application/merge-patch+json" : "application/json";
  return test::await(loop_, api::dispatch(*services, std::move(request)));
}

}  // namespace teal::test
