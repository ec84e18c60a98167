#include "daemon/drivers/engines/docker/log_bounds.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::docker {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr Duration look_deadline = std::chrono::seconds{60};
constexpr Duration counts_for = std::chrono::seconds{10};
// No label of ours beside it: to the controllers it is no container.
constexpr std::string_view look_label = "teal.look";

std::string look_body(const std::string& image_id, const std::string& owner, const std::vector<std::string>& labels) {
  json::object none;
  for (const auto& label : labels) {
    if (label.starts_with("teal.")) none[label] = "";  // what an image says of Teal does not count
  }
  none[look_label] = owner;
  json::object host;
  host["NetworkMode"] = "none";
  json::object body;
  body["Image"] = image_id;
  body["Cmd"] = json::array{"never started"};  // an image may name none
  body["Labels"] = std::move(none);
  body["HostConfig"] = std::move(host);
  return json::serialize(body);
}

bool is_gone(const http::Response& removal) { return removal.status == 204 || removal.status == 404; }

std::string removal_of(const std::string& id) { return fmt::format("/containers/{}?v=1", percent_encode(id)); }

}  // namespace

LogBounds bounds_left(const json::value& inspected) {
  const auto log = Field{inspected}["HostConfig"]["LogConfig"];
  if (log["Type"].text() != "json-file") return {};
  // A number of files without a size is no limit: nothing is ever rotated.
  if (log["Config"]["max-size"].text()) return {};
  return {true, !log["Config"]["max-file"].text()};
}

asio::awaitable<bool> LogDefaults::remove_forgotten() {
  const auto query = filters({{"label", {fmt::format("{}={}", look_label, owner_)}}});
  const auto listed = co_await api_.get("list", "/containers/json?all=1&filters=" + query);
  const auto* entries = listed ? Field{*listed}.list() : nullptr;
  if (entries == nullptr || looks_ > 0) co_return false;  // what a look uses is not forgotten
  bool all = true;
  for (const auto& entry : *entries) {
    const auto id = Field{entry}["Id"].text();
    if (!id) continue;
    const auto removed = co_await api_.call("remove", "DELETE", removal_of(*id), look_deadline);
    all = all && removed && is_gone(*removed);
  }
  co_return all;
}

asio::awaitable<void> LogDefaults::sweep() {
  if (!is_swept_) is_swept_ = co_await remove_forgotten();
}

asio::awaitable<Result<LogBounds>> LogDefaults::inspect_and_remove(std::string id) {
  const auto inspected = co_await api_.get("inspect", fmt::format("/containers/{}/json", percent_encode(id)));
  const auto removed = co_await api_.call("remove", "DELETE", removal_of(id), look_deadline);
  if (!removed || !is_gone(*removed)) is_swept_ = false;
  // Whoever took it away meanwhile: that says nothing of the image.
  if (!inspected) co_return Error{ErrorCode::unavailable, "its default of logs: " + inspected.error().message};
  co_return bounds_left(*inspected);
}

asio::awaitable<Result<LogBounds>> LogDefaults::left(std::string image_id, std::vector<std::string> labels_of_image) {
  if (seen_ && std::chrono::steady_clock::now() < seen_until_) co_return *seen_;
  ++looks_;
  const auto found = co_await look(std::move(image_id), std::move(labels_of_image));
  --looks_;
  if (!found) co_return found.error();
  seen_ = *found;
  seen_until_ = std::chrono::steady_clock::now() + counts_for;
  co_return *found;
}

asio::awaitable<Result<LogBounds>> LogDefaults::look(std::string image_id, std::vector<std::string> labels_of_image) {
  const auto body = look_body(image_id, owner_, labels_of_image);
  const auto response = co_await api_.call("create", "POST", "/containers/create", look_deadline, body);
  if (!response) co_return response.error();
  if (response->status == 401 || response->status == 403) co_return LogBounds{};
  if (response->status != 201) co_return refusal(*response);
  const auto answer = parse_json(response->body);
  if (!answer) co_return answer.error();
  const auto id = Field{*answer}["Id"].text();
  if (!id || id->empty()) co_return malformed_answer("a new container without Id");
  co_return co_await inspect_and_remove(*id);
}

}  // namespace teal::docker
