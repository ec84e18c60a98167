// A container engine, in the controllers' terms. One Engine is one host (or cluster); it acts only on containers that
// have its own owner label and a name that matches their labels (O2). Every call has a deadline inside the adapter;
// errors carry the engine's own message.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controllers/ports/release.hpp"
#include "controllers/world/container.hpp"
#include "controllers/world/predecessor.hpp"
#include "manifests/api/pull_progress.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"
#include "manifests/spec/application.hpp"

namespace teal::ports {

// Where a container finds its secret files: where images look for them already.
inline constexpr std::string_view secret_files_folder = "/run/secrets";

struct ContainerSpec {
  std::string name;
  std::string image_id;
  std::string image_digest;  // told by a label, as is the version: for a teald that remembers neither
  std::string version;
  std::string application;
  std::string unit;
  world::Role role = world::Role::Serve;
  int revision = 0;
  int index = 0;
  std::vector<std::string> command;  // empty: the image's
  masking::SecretEnvironment env;    // names are unique
  masking::SecretEnvironment files;  // by name in secret_files_folder: in memory only, readable by every user of the
                                     // container, written by none, and nothing of them in what the engine shows
  std::vector<spec::Mount> mounts;
  std::optional<int> port;  // in the container. Where it is reached the engine says, and only its own host (or cluster)
                            // reaches it there
  spec::Resources resources;
  spec::Security security;
  std::string stop_signal = "SIGTERM";
};

struct ExposedText {
  std::string_view where;  // "command", "entrypoint", "labels" (each key=value), "mounts" (their sources) …
  masking::Secret text;
};

// All of a container or an image that anybody with access to the engine can read, for checking C1.
struct Exposure {
  std::vector<masking::Secret> environment;  // "NAME=value"; of a container: the image's own included
  std::vector<ExposedText> texts;
  // Of a container: what is in its secret_files_folder. Only its host's administrators can read it, and whoever masks
  // its output must know it.
  masking::SecretEnvironment files;
  bool files_known = true;  // false: it was given some, and they are there no more
};

// What a container has written. The times are beside the text and not in it, since a secret may take several lines.
struct Output {
  struct Line {
    std::size_t at = 0;  // where it begins in `text`
    std::string time;    // RFC 3339

    bool operator==(const Line&) const = default;
  };
  std::string text;
  std::vector<Line> lines;  // those whose time is known, in order
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Our containers of one application (empty: of all), every state, with what the engine can prove of their ends and
  // stops. Where it keeps that and how far back, and what has to be remembered of it, is the driver's business.
  // The answer is not older than the call.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<world::Container>>> list(std::string application) = 0;
  // The same as the driver has kept it by what the engine tells of each change, so that nothing is asked while nothing
  // changes. Not older than our own last change there, nor than the newest `list`; what happens by itself, or is done
  // by others, may be told late or, for some minutes, not at all. So whoever is about to act looks by `list` first.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<world::Container>>> kept(std::string application) {
    return list(std::move(application));
  }
  // Whether `kept` may say less than `list` would. Not while the engine tells of nothing: then both ask it.
  [[nodiscard]] virtual bool keeps() const { return false; }
  // What the newest `list` or `kept` of this application left out.
  [[nodiscard]] virtual std::vector<world::Stranger> strangers(const std::string& /*application*/) const { return {}; }

  // Of the same application, what bears the labels of another owner, by that owner, as the newest `list` or `kept` saw
  // it.
  [[nodiscard]] virtual std::map<std::string, std::vector<world::Container>> of_others(
      const std::string& /*application*/) const {
    return {};
  }
  // From now on what bears this owner's labels is ours. Nothing was made under the present one.
  virtual void take_owner(const std::string& /*owner*/) {}

  // The image as the engine has it now. Errors: not_found.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::Image>> image(std::string reference) = 0;
  // Errors: not_found (no such repository or tag), denied, unavailable, timed_out. An error in the stream is an error.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::Image>> pull(std::string reference) = 0;
  // Of the pull of this reference that is under way; none: there is none, or nothing is known of it.
  [[nodiscard]] virtual std::optional<objects::PullProgress> pulling(const std::string& /*reference*/) const {
    return std::nullopt;
  }
  // Free bytes where it keeps images and containers; none: that is not known, or not of this machine.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<std::uint64_t>> room() { co_return std::nullopt; }
  // As it answers now. Errors: unavailable, timed_out.
  [[nodiscard]] virtual boost::asio::awaitable<Result<Release>> release() {
    co_return Error{ErrorCode::unavailable, "it does not say its version"};
  }
  // Takes an image's names and, when nothing uses it any more, the image. Already gone is success. Errors: conflict (a
  // container was made from it).
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> discard_image(std::string /*id*/) {
    co_return Error{ErrorCode::invalid, "this engine removes no images"};
  }

  // Returns the id. Errors: conflict (the name is taken: the atomic guard against doing it twice), invalid, not_found
  // (image).
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> create(ContainerSpec spec) = 0;
  // Starts a container that was never started; already running is success. Errors: invalid when the engine cannot run
  // it.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> start(std::string id) = 0;
  // Asks its main process to end, by this signal, and once: each call is another signal. A container that does not run
  // any more is success.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> stop(std::string id, std::string signal) = 0;
  // Kills it if it still runs, removes it and its anonymous volumes. Already gone is success.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> remove(std::string id) = 0;
  // The last bytes of standard output and standard error, interleaved as written, valid UTF-8. Errors: not_found.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) = 0;
  // The same with when its lines were written, if the engine knows.
  [[nodiscard]] virtual boost::asio::awaitable<Result<Output>> output(std::string id, std::size_t max_bytes) {
    auto text = co_await logs(std::move(id), max_bytes);
    if (!text) co_return text.error();
    co_return Output{std::move(*text), {}};
  }
  // A container that is not ours, by its name; one that is not there has no id. Errors: invalid, this engine knows
  // none.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::Predecessor>> predecessor(std::string /*name*/) {
    co_return Error{ErrorCode::invalid, "this engine knows of no containers but Teal's, so it adopts none"};
  }
  // Has it end as it was made to be ended, and the engine not start it again. It is there still. One that does not run
  // any more is success. Errors: conflict (it is a Teal's).
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> stop_predecessor(std::string /*id*/) {
    co_return Error{ErrorCode::invalid, "this engine knows of no containers but Teal's"};
  }
  [[nodiscard]] virtual boost::asio::awaitable<Result<Exposure>> exposure(std::string id) = 0;
  // What the image itself brings along, also where a container would override it. Errors: not_found.
  [[nodiscard]] virtual boost::asio::awaitable<Result<Exposure>> image_exposure(std::string image_id) = 0;
};

}  // namespace teal::ports
