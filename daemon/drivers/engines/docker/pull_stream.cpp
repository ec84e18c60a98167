#include "daemon/drivers/engines/docker/pull_stream.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::docker {
namespace {

constexpr std::size_t most_layers = 1000;

std::uint64_t count(const Field& field) {
  const auto number = field.number();
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

}  // namespace

bool PullStream::feed(std::string_view piece) {
  const auto whole = lines_.feed(piece);
  if (!whole) broken_ = whole.error();
  if (broken_) return false;
  for (const auto& line : *whole) {
    const auto parsed = parse_json(line);
    if (!parsed) {
      broken_ = parsed.error();
      return false;
    }
    read(Field{*parsed});
  }
  return true;
}

void PullStream::read(const Field& line) {
  if (const auto text = line["error"].text()) failure_ = *text;
  if (failure_.empty()) failure_ = line["errorDetail"]["message"].text().value_or("");
  const auto status = line["status"].text();
  const auto id = line["id"].text();
  static constexpr std::string_view digest_is = "Digest: ";
  if (status && status->starts_with(digest_is)) digest_ = status->substr(digest_is.size());
  if (!status || !id) return;
  static constexpr std::array<std::string_view, 9> of_layers{"Pulling fs layer",   "Waiting",           "Downloading",
                                                             "Verifying Checksum", "Download complete", "Extracting",
                                                             "Pull complete",      "Already exists",    "Retrying"};
  const auto is_of_layer = [&](std::string_view one) { return status->starts_with(one); };
  if (std::ranges::none_of(of_layers, is_of_layer)) return;
  if (!layers_.contains(*id) && layers_.size() >= most_layers) return;
  auto& layer = layers_[*id];
  if (*status == "Downloading") {
    // After a connection that broke off the engine counts what is left from zero: a layer grows no smaller by that.
    const auto current = count(line["progressDetail"]["current"]);
    const auto total = std::max(count(line["progressDetail"]["total"]), current);
    layer.bytes = std::max(layer.bytes, total);
    layer.bytes_done = layer.bytes - total + current;
  } else if (*status == "Extracting") {  // what is extracted is here; its total is that of the download
    layer.bytes = std::max(count(line["progressDetail"]["total"]), layer.bytes);
    layer.bytes_done = layer.bytes;
  } else if (*status == "Download complete" || *status == "Pull complete") {
    layer.bytes_done = layer.bytes;
  }
  layer.done = layer.done || *status == "Pull complete" || *status == "Already exists";
  layer.in_work = *status == "Verifying Checksum" || *status == "Extracting";
  layer.here = layer.done || *status == "Extracting" || *status == "Download complete";
}

bool PullStream::unpacks() const {
  const auto in_work = [](const auto& one) { return one.second.in_work; };
  const auto here = [](const auto& one) { return one.second.here; };
  return !layers_.empty() && (std::ranges::any_of(layers_, in_work) || std::ranges::all_of(layers_, here));
}

std::optional<Error> PullStream::failure() {
  if (failure_.empty() && !broken_) (void)feed("\n");  // a last line without its end
  if (!failure_.empty()) return pull_failure(failure_);
  return broken_;
}

objects::PullProgress PullStream::progress() const {
  objects::PullProgress progress;
  for (const auto& [id, layer] : layers_) {
    progress.layers += 1;
    progress.layers_done += layer.done ? 1 : 0;
    progress.bytes += layer.bytes;
    progress.bytes_done += layer.bytes_done;
  }
  return progress;
}

std::string registry_auth(const ports::RegistryLogin& login) {
  if (login.is_anonymous()) return {};
  boost::json::object object;
  object["serveraddress"] = login.server == "docker.io" ? "https://index.docker.io/v1/" : login.server;
  if (login.identity_token.reveal().empty()) {
    object["username"] = login.username;
    object["password"] = login.password.reveal();
  } else {
    object["identitytoken"] = login.identity_token.reveal();
  }
  return encode_base64url(boost::json::serialize(object));
}

}  // namespace teal::docker
