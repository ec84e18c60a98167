#include "daemon/drivers/engines/docker/docker_engine.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/containers.hpp"
#include "daemon/drivers/engines/docker/create_body.hpp"
#include "daemon/drivers/engines/docker/events.hpp"
#include "daemon/drivers/engines/docker/identity.hpp"
#include "daemon/drivers/engines/docker/inspect.hpp"
#include "daemon/drivers/engines/docker/job_init.hpp"
#include "daemon/drivers/engines/docker/log_bounds.hpp"
#include "daemon/drivers/engines/docker/log_frames.hpp"
#include "daemon/drivers/engines/docker/orphaned_secret_dirs.hpp"
#include "daemon/drivers/engines/docker/puller.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::docker {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

constexpr Duration change_deadline = 60s;  // create, start, signal, remove: dockerd is slow when its disk is
constexpr Duration logs_deadline = 60s;
constexpr Duration stop_deadline = 15min;  // of a container with a time to end of its own

Time system_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

class DockerEngine final : public ports::Engine {
 public:
  DockerEngine(asio::any_io_executor executor, DockerOptions options)
      : is_on_this_machine_(options.endpoint.unix_socket),
        api_(executor, std::move(options.endpoint), options.telemetry),
        inventory_(options.inventory ? std::move(options.inventory)
                                     : std::make_shared<Inventory>(std::move(options.owner))),
        puller_(api_, options.registry, options.pull_silence),
        logs_(api_, inventory_->owner()),
        containers_(std::move(executor), api_, *inventory_, witness_, options.inspect_deadline),
        files_(std::move(options.secret_places), inventory_->owner()) {}

  asio::awaitable<Result<std::vector<world::Container>>> list(std::string application) override;
  asio::awaitable<Result<std::vector<world::Container>>> kept(std::string application) override;
  bool keeps() const override { return inventory_->followed() == Inventory::Followed::Yes; }
  std::vector<world::Stranger> strangers(const std::string& application) const override {
    return containers_.strangers(application);
  }
  std::map<std::string, std::vector<world::Container>> of_others(const std::string& application) const override {
    return containers_.of_others(application);
  }
  void take_owner(const std::string& owner) override {
    inventory_->take_owner(owner);
    files_.take_owner(owner);
    files_are_swept_ = false;
  }
  asio::awaitable<Result<world::Image>> image(std::string reference) override;
  asio::awaitable<Result<world::Image>> pull(std::string reference) override;
  std::optional<objects::PullProgress> pulling(const std::string& reference) const override {
    return puller_.progress(reference);
  }
  asio::awaitable<std::optional<std::uint64_t>> room() override;
  asio::awaitable<Result<ports::Release>> release() override;
  asio::awaitable<Result<void>> discard_image(std::string id) override;
  asio::awaitable<Result<std::string>> create(ports::ContainerSpec spec) override;
  asio::awaitable<Result<void>> start(std::string id) override;
  asio::awaitable<Result<void>> stop(std::string id, std::string signal) override;
  asio::awaitable<Result<void>> remove(std::string id) override;
  asio::awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override;
  asio::awaitable<Result<ports::Output>> output(std::string id, std::size_t max_bytes) override;
  asio::awaitable<Result<world::Predecessor>> predecessor(std::string name) override;
  asio::awaitable<Result<void>> stop_predecessor(std::string id) override;
  asio::awaitable<Result<ports::Exposure>> exposure(std::string id) override;
  asio::awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override;

 private:
  const bool is_on_this_machine_;
  std::string root_;  // its folder; empty: it was not asked yet

  // What a teald before this one has left, once.
  asio::awaitable<void> sweep();
  asio::awaitable<Result<json::value>> inspect_any(std::string id);
  // Ours only (O2): not_found for a container of somebody else's and for a stranger.
  asio::awaitable<Result<json::value>> inspect(std::string id);
  asio::awaitable<Result<std::string>> create_with(const ports::ContainerSpec& spec, std::string files);

  Api api_;
  std::shared_ptr<Inventory> inventory_;
  Puller puller_;
  LogDefaults logs_;
  Witness witness_;
  Containers containers_;
  SecretFiles files_;
  bool files_are_swept_ = false;
};

// Of what we change: whatever comes of it, and also when that is not known, it is read again.
class Changing {
 public:
  Changing(Inventory& inventory, std::string id) : inventory_(inventory), id_(std::move(id)) { inventory_.mark(id_); }
  ~Changing() { inventory_.mark(id_); }
  Changing(const Changing&) = delete;
  Changing& operator=(const Changing&) = delete;

 private:
  Inventory& inventory_;
  std::string id_;
};

asio::awaitable<Result<json::value>> DockerEngine::inspect_any(std::string id) {
  co_return co_await api_.get("inspect", fmt::format("/containers/{}/json", percent_encode(id)));
}

asio::awaitable<Result<json::value>> DockerEngine::inspect(std::string id) {
  auto inspected = co_await inspect_any(id);
  if (!inspected) co_return inspected.error();
  world::Container identity;
  const bool is_ours = Field{*inspected}["Config"]["Labels"]["teal.owner"].text() == inventory_->owner() &&
                       docker::read_identity(*inspected, identity);
  if (is_ours) co_return inspected;
  co_return Error{ErrorCode::not_found, fmt::format("container {} is not one of ours", id.substr(0, 64))};
}

asio::awaitable<void> DockerEngine::sweep() {
  co_await logs_.sweep();
  if (files_are_swept_) co_return;
  files_are_swept_ =
      co_await docker::remove_orphaned_secret_dirs(api_, files_, labels_of_owner(inventory_->owner(), ""));
}

asio::awaitable<Result<std::vector<world::Container>>> DockerEngine::list(std::string application) {
  co_await sweep();
  co_return co_await containers_.list(std::move(application));
}

asio::awaitable<Result<std::vector<world::Container>>> DockerEngine::kept(std::string application) {
  co_await sweep();
  co_return co_await containers_.kept(std::move(application));
}

asio::awaitable<Result<world::Image>> DockerEngine::image(std::string reference) {
  const auto inspected = co_await api_.get("image", fmt::format("/images/{}/json", percent_encode(reference)));
  if (!inspected) co_return inspected.error();
  co_return docker::read_image(*inspected, reference, puller_.resolved(reference));
}

asio::awaitable<Result<world::Image>> DockerEngine::pull(std::string reference) {
  const auto pulled = co_await puller_.pull(reference);
  if (!pulled) co_return pulled.error();
  co_return co_await image(std::move(reference));
}

asio::awaitable<std::optional<std::uint64_t>> DockerEngine::room() {
  if (!is_on_this_machine_) co_return std::nullopt;
  if (root_.empty()) {
    const auto info = co_await api_.get("info", "/info");
    if (!info) co_return std::nullopt;
    root_ = docker::Field{&*info}["DockerRootDir"].text().value_or("");
  }
  struct statvfs disk{};
  if (root_.empty() || ::statvfs(root_.c_str(), &disk) != 0) co_return std::nullopt;
  co_return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

asio::awaitable<Result<ports::Release>> DockerEngine::release() {
  const auto version = co_await api_.get("version", "/version");
  if (!version) co_return version.error();
  const docker::Field answer{&*version};
  const auto number = answer["Version"].text();
  if (!number) co_return docker::malformed_answer("/version without Version");
  co_return ports::Release{"Docker " + *number, {}};
}

asio::awaitable<Result<void>> DockerEngine::discard_image(std::string id) {
  const auto target = fmt::format("/images/{}?force=0", percent_encode(id));
  const auto response = co_await api_.call("discard_image", "DELETE", target, change_deadline);
  if (!response) co_return response.error();
  if (response->status != 200 && response->status != 404) co_return docker::refusal(*response);
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> DockerEngine::create(ports::ContainerSpec spec) {
  std::string folder;
  if (!spec.files.empty()) {
    auto put = files_.put(spec.name, spec.files);
    if (!put) co_return put.error();
    folder = std::move(*put);
  }
  auto id = co_await create_with(spec, folder);
  if (id) {
    inventory_->add(*id, spec.application);
  } else {
    // Its name may be taken by one that no event has told of, and what had no answer may have been made all the same.
    inventory_->mark_application(spec.application);
  }
  // Lost answers leave a container whose folder is still wanted; remove_orphaned_secret_dirs sees to the others.
  const bool refused = !id && id.error().code != ErrorCode::unavailable && id.error().code != ErrorCode::timed_out;
  if (refused && !folder.empty()) files_.drop(folder);
  co_return id;
}

asio::awaitable<Result<std::string>> DockerEngine::create_with(const ports::ContainerSpec& spec, std::string files) {
  const auto image = co_await api_.get("image", fmt::format("/images/{}/json", percent_encode(spec.image_id)));
  if (!image) co_return image.error();
  Surroundings surroundings;
  surroundings.owner = inventory_->owner();
  surroundings.labels_of_image = docker::label_keys(*image);
  const auto left = co_await logs_.left(spec.image_id, surroundings.labels_of_image);
  if (!left) co_return left.error();
  surroundings.logs = *left;
  surroundings.files = std::move(files);
  if (spec.role == world::Role::Migrate && !docker::brings_init(*image, spec.command)) {
    const auto version = co_await api_.get("version", "/version");
    if (!version) co_return version.error();
    surroundings.init = docker::has_init(*version);
  }
  const auto body = docker::create_body(spec, surroundings);
  if (!body) co_return body.error();
  const auto target = "/containers/create?name=" + percent_encode(spec.name);
  const auto response = co_await api_.call("create", "POST", target, change_deadline, *body);
  if (!response) co_return response.error();
  if (response->status != 201) {
    auto error = docker::refusal(*response);
    error.message = docker::without_secrets(std::move(error.message), spec.env);
    co_return error;
  }
  const auto answer = docker::parse_json(response->body);
  if (!answer) co_return answer.error();
  const auto id = Field{*answer}["Id"].text();
  if (!id || id->empty()) co_return docker::malformed_answer("a new container without Id");
  co_return *id;
}

asio::awaitable<Result<void>> DockerEngine::start(std::string id) {
  const Changing changing{*inventory_, id};
  const auto inspected = co_await inspect(id);
  if (!inspected) co_return inspected.error();
  const auto container = docker::read_container(*inspected);
  if (!container) co_return container.error();
  // `start` would run an ended container again (M1).
  if (*container && (*container)->started_at && (*container)->state != world::ContainerState::Running) {
    co_return Error{ErrorCode::conflict, "it was started before and has ended"};
  }
  const auto target = fmt::format("/containers/{}/start", percent_encode(id));
  const auto response = co_await api_.call("start", "POST", target, change_deadline);
  if (!response) co_return response.error();
  if (response->status != 204 && response->status != 304) co_return docker::start_failure(*response);
  if (response->status == 204) witness_.started(id);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> DockerEngine::stop(std::string id, std::string signal) {
  const Changing changing{*inventory_, id};
  const auto inspected = co_await inspect(id);
  if (!inspected && inspected.error().code == ErrorCode::not_found) co_return Result<void>{};
  if (!inspected) co_return inspected.error();
  const auto before = system_now();
  const auto target = fmt::format("/containers/{}/kill?signal={}", percent_encode(id), percent_encode(signal));
  const auto response = co_await api_.call("signal", "POST", target, change_deadline);
  if (!response) {
    witness_.in_doubt(id);
    co_return response.error();
  }
  if (response->status == 204) {
    witness_.delivered(id, before);
    co_return Result<void>{};
  }
  // 409: it does not run; 404: it is gone.
  if (response->status == 409 || response->status == 404) co_return Result<void>{};
  co_return docker::refusal(*response);
}

asio::awaitable<Result<void>> DockerEngine::remove(std::string id) {
  const Changing changing{*inventory_, id};
  const auto inspected = co_await inspect(id);
  if (!inspected && inspected.error().code == ErrorCode::not_found) co_return Result<void>{};
  if (!inspected) co_return inspected.error();
  const auto target = fmt::format("/containers/{}?force=1&v=1", percent_encode(id));
  const auto response = co_await api_.call("remove", "DELETE", target, change_deadline);
  if (!response) co_return response.error();
  const bool under_way =
      response->status == 409 && docker::message_of(*response).find("already in progress") != std::string::npos;
  if (response->status != 204 && response->status != 404 && !under_way) co_return docker::refusal(*response);
  for (const auto& source : docker::mount_sources(*inspected)) files_.drop(source);
  if (!under_way) containers_.gone(id);
  co_return Result<void>{};
}

asio::awaitable<Result<std::string>> DockerEngine::logs(std::string id, std::size_t max_bytes) {
  auto output = co_await this->output(std::move(id), max_bytes);
  if (!output) co_return output.error();
  co_return std::move(output->text);
}

asio::awaitable<Result<ports::Output>> DockerEngine::output(std::string id, std::size_t max_bytes) {
  const auto inspected = co_await inspect(id);
  if (!inspected) co_return inspected.error();
  if (max_bytes == 0) co_return ports::Output{};
  // The engine counts lines; so many hold at least as many bytes.
  const auto target =
      fmt::format("/containers/{}/logs?stdout=1&stderr=1&timestamps=1&tail={}", percent_encode(id), max_bytes);
  LogTail tail{max_bytes, true};
  auto read = [&](std::string_view piece) {
    tail.feed(piece);
    return true;
  };
  std::function<bool(std::string_view)> sink = read;
  http::Silence silence = [] { return Duration{10s}; };
  const auto response = co_await api_.stream("logs", "GET", target, std::move(silence), logs_deadline, std::move(sink));
  if (!response) co_return response.error();
  if (response->status != 200) co_return docker::refusal(*response);
  co_return tail.output();
}

asio::awaitable<Result<world::Predecessor>> DockerEngine::predecessor(std::string name) {
  const auto inspected = co_await inspect_any(name);
  // What looks like the beginning of an id names that container too.
  const bool is_it = inspected && Field{*inspected}["Name"].text() == "/" + name;
  if (is_it) co_return docker::read_predecessor(*inspected, std::move(name));
  if (!inspected && inspected.error().code != ErrorCode::not_found) co_return inspected.error();
  world::Predecessor nobody;
  nobody.name = std::move(name);
  co_return nobody;
}

asio::awaitable<Result<void>> DockerEngine::stop_predecessor(std::string id) {
  const auto inspected = co_await inspect_any(id);
  if (!inspected && inspected.error().code == ErrorCode::not_found) co_return Result<void>{};
  if (!inspected) co_return inspected.error();
  const auto seen = docker::read_predecessor(*inspected, id);
  if (!seen) co_return seen.error();
  if (!seen->owner.empty()) co_return Error{ErrorCode::conflict, "it is one of Teal's own containers"};
  // Else `restart: always` brings it back when the engine starts again.
  const auto update = fmt::format("/containers/{}/update", percent_encode(id));
  const auto updated = co_await api_.call("update", "POST", update, change_deadline,
                                          R"({"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}})");
  if (!updated) co_return updated.error();
  if (updated->status != 200 && updated->status != 404) co_return docker::refusal(*updated);
  const auto target = fmt::format("/containers/{}/stop", percent_encode(id));
  const auto response = co_await api_.call("stop", "POST", target, stop_deadline);
  if (!response) co_return response.error();
  // 304: it does not run.
  if (response->status != 204 && response->status != 304 && response->status != 404)
    co_return docker::refusal(*response);
  co_return Result<void>{};
}

asio::awaitable<Result<ports::Exposure>> DockerEngine::exposure(std::string id) {
  const auto inspected = co_await inspect(id);
  if (!inspected) co_return inspected.error();
  auto exposure = docker::read_exposure(*inspected);
  if (exposure) files_.expose(docker::mount_sources(*inspected), *exposure);
  co_return exposure;
}

asio::awaitable<Result<ports::Exposure>> DockerEngine::image_exposure(std::string image_id) {
  const auto inspected = co_await api_.get("image", fmt::format("/images/{}/json", percent_encode(image_id)));
  if (!inspected) co_return inspected.error();
  co_return docker::read_image_exposure(*inspected);
}

}  // namespace

std::unique_ptr<ports::Engine> make_docker_engine(asio::any_io_executor executor, DockerOptions options) {
  return std::make_unique<DockerEngine>(std::move(executor), std::move(options));
}

}  // namespace teal::docker
