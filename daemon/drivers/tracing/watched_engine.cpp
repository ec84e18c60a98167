#include <map>

#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal::tracing {
namespace {

using boost::asio::awaitable;

class WatchedEngine final : public ports::Engine {
 public:
  WatchedEngine(CallWatchPtr watch, std::string name, ports::Engine& engine)
      : watch_(std::move(watch)), name_(std::move(name)), engine_(engine) {}

  awaitable<Result<std::vector<world::Container>>> list(std::string application) override {
    auto listed = co_await CallWatch::run(watch_, call("list"), engine_.list(std::move(application)));
    if (listed) take_names(*listed);
    co_return listed;
  }
  // As a rule this is no call at all.
  awaitable<Result<std::vector<world::Container>>> kept(std::string application) override {
    auto kept = co_await engine_.kept(std::move(application));
    if (kept) take_names(*kept);
    co_return kept;
  }
  bool keeps() const override { return engine_.keeps(); }

  std::map<std::string, std::vector<world::Container>> of_others(const std::string& application) const override {
    return engine_.of_others(application);
  }
  void take_owner(const std::string& owner) override { engine_.take_owner(owner); }
  std::vector<world::Stranger> strangers(const std::string& application) const override {
    return engine_.strangers(application);
  }

  awaitable<Result<world::Image>> image(std::string reference) override {
    auto about = call("image");
    about.attributes.emplace_back("container.image.name", reference);
    return CallWatch::run(watch_, std::move(about), engine_.image(std::move(reference)));
  }

  awaitable<Result<world::Image>> pull(std::string reference) override {
    auto about = call("pull", CallKind::Changes);
    about.attributes.emplace_back("container.image.name", reference);
    return CallWatch::run(watch_, std::move(about), engine_.pull(std::move(reference)));
  }

  std::optional<objects::PullProgress> pulling(const std::string& reference) const override {
    return engine_.pulling(reference);
  }

  awaitable<Result<world::Predecessor>> predecessor(std::string name) override {
    return engine_.predecessor(std::move(name));
  }
  awaitable<Result<void>> stop_predecessor(std::string id) override {
    auto about = call("stop", CallKind::Changes);
    about.attributes.emplace_back("container.id", id);
    return CallWatch::run(watch_, std::move(about), engine_.stop_predecessor(std::move(id)));
  }
  awaitable<Result<ports::Release>> release() override { return engine_.release(); }

  awaitable<std::optional<std::uint64_t>> room() override { return engine_.room(); }

  awaitable<Result<void>> discard_image(std::string id) override {
    auto about = call("discard_image", CallKind::Changes);
    about.attributes.emplace_back("container.image.id", id);
    return CallWatch::run(watch_, std::move(about), engine_.discard_image(std::move(id)));
  }

  // Of the specification only what everybody may see: its environment is full of secrets.
  awaitable<Result<std::string>> create(ports::ContainerSpec spec) override {
    auto about = call("create", CallKind::Changes);
    about.attributes.emplace_back("container.name", spec.name);
    about.attributes.emplace_back("container.image.id", spec.image_id);
    const auto name = spec.name;
    auto id = co_await CallWatch::run(watch_, std::move(about), engine_.create(std::move(spec)));
    if (id) names_[*id] = name;
    co_return id;
  }

  awaitable<Result<void>> start(std::string id) override {
    auto about = of_container("start", CallKind::Changes, id);
    return CallWatch::run(watch_, std::move(about), engine_.start(std::move(id)));
  }

  awaitable<Result<void>> stop(std::string id, std::string signal) override {
    auto about = of_container("signal", CallKind::Changes, id);
    about.attributes.emplace_back("teal.signal", signal);
    return CallWatch::run(watch_, std::move(about), engine_.stop(std::move(id), std::move(signal)));
  }

  awaitable<Result<void>> remove(std::string id) override {
    auto about = of_container("remove", CallKind::Changes, id);
    return CallWatch::run(watch_, std::move(about), engine_.remove(std::move(id)));
  }

  awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override {
    auto about = of_container("logs", CallKind::Reads, id);
    return CallWatch::run(watch_, std::move(about), engine_.logs(std::move(id), max_bytes));
  }

  awaitable<Result<ports::Output>> output(std::string id, std::size_t max_bytes) override {
    auto about = of_container("logs", CallKind::Reads, id);
    return CallWatch::run(watch_, std::move(about), engine_.output(std::move(id), max_bytes));
  }

  awaitable<Result<ports::Exposure>> exposure(std::string id) override {
    auto about = of_container("inspect", CallKind::Reads, id);
    return CallWatch::run(watch_, std::move(about), engine_.exposure(std::move(id)));
  }

  awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override {
    auto about = call("inspect_image");
    return CallWatch::run(watch_, std::move(about), engine_.image_exposure(std::move(image_id)));
  }

 private:
  void take_names(const std::vector<world::Container>& containers) {
    names_.clear();
    for (const auto& container : containers) names_[container.id] = container.name;
  }

  [[nodiscard]] Call call(std::string_view operation, CallKind kind = CallKind::Reads) const {
    Call about{"engine", operation, kind, {}};
    about.attributes.emplace_back("teal.engine", name_);
    return about;
  }

  [[nodiscard]] Call of_container(std::string_view operation, CallKind kind, const std::string& id) const {
    auto about = call(operation, kind);
    about.attributes.emplace_back("container.id", id);
    const auto name = names_.find(id);
    if (name != names_.end()) about.attributes.emplace_back("container.name", name->second);
    return about;
  }

  CallWatchPtr watch_;
  std::string name_;
  ports::Engine& engine_;
  std::map<std::string, std::string> names_;  // by id, as last listed
};

}  // namespace

std::unique_ptr<ports::Engine> watch_engine(CallWatchPtr watch, std::string name, ports::Engine& engine) {
  return std::make_unique<WatchedEngine>(std::move(watch), std::move(name), engine);
}

}  // namespace teal::tracing
