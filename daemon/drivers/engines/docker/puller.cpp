#include "daemon/drivers/engines/docker/puller.hpp"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/inspect.hpp"
#include "daemon/drivers/engines/docker/pull_stream.hpp"
#include "manifests/foundation/percent.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::docker {

using boost::asio::awaitable;

namespace {

using namespace std::chrono_literals;

constexpr Duration deadline = 60min;

}  // namespace

awaitable<Result<void>> Puller::pull(std::string reference) {
  for (int attempt = 1;; ++attempt) {
    ports::RegistryLogin login;
    if (registry_ != nullptr) {
      auto found = co_await registry_->login(reference);
      if (!found) co_return found.error();
      login = std::move(*found);
    }
    auto failure = co_await pull_as(reference, login);
    if (!failure) co_return Result<void>{};
    // The registry's own words, which has just been told these; the engine may have cut them.
    const masking::Mask given{{login.password, login.identity_token, masking::Secret{registry_auth(login)}}};
    failure->message = masking::masked_cut(failure->message, {&given});
    if (failure->code != ErrorCode::denied || registry_ == nullptr) co_return *failure;
    // What was kept may have expired, or been replaced, since.
    registry_->refused(reference);
    if (attempt == 1 && !login.is_anonymous()) continue;
    co_return Error{ErrorCode::denied, fmt::format("{}; {}: {}", failure->message, login.source, login.advice)};
  }
}

awaitable<std::optional<Error>> Puller::pull_as(std::string reference, const ports::RegistryLogin& login) {
  const auto parts = parse_reference(reference);
  const auto tag = !parts.digest.empty() ? parts.digest : !parts.tag.empty() ? parts.tag : std::string{"latest"};
  const auto target =
      fmt::format("/images/create?fromImage={}&tag={}", percent_encode(parts.repository), percent_encode(tag));
  http::Headers headers;
  if (auto auth = registry_auth(login); !auth.empty()) headers.emplace_back("X-Registry-Auth", std::move(auth));
  PullStream stream;
  auto read = [&](std::string_view piece) {
    const bool good = stream.feed(piece);
    under_way_[reference] = stream.progress();
    return good;
  };
  std::function<bool(std::string_view)> sink = read;
  // A big layer is unpacked without a word, for minutes: only the deadline of the whole pull ends that.
  http::Silence silence = [&] { return stream.unpacks() ? Duration{0} : silence_; };
  const auto response =
      co_await api_.stream("pull", "POST", target, std::move(silence), deadline, std::move(sink), std::move(headers));
  under_way_.erase(reference);
  if (!response) co_return response.error();
  if (response->status != 200) co_return pull_failure(message_of(*response));
  auto failure = stream.failure();
  if (!failure) resolved_[reference] = stream.digest();
  co_return failure;
}

std::string Puller::resolved(const std::string& reference) const {
  const auto found = resolved_.find(reference);
  return found == resolved_.end() ? std::string{} : found->second;
}

std::optional<objects::PullProgress> Puller::progress(const std::string& reference) const {
  const auto found = under_way_.find(reference);
  return found == under_way_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace teal::docker
