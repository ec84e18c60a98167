#include "daemon/access/token_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

namespace teal::access {
namespace {

using namespace std::chrono_literals;

// What tells one state of the file from another. A rename, a write and a change of rights all move one of these.
std::string looks_of(const std::string& path) {
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0) return fmt::format("missing: {}", errno);
  return fmt::format("{} {} {} {} {}.{} {}.{}", status.st_dev, status.st_ino, status.st_size, status.st_mode,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

struct Reading {
  std::string looks;
  std::optional<Result<std::vector<Token>>> tokens;  // none: it is the same as before
};

Reading read_if_changed(const std::string& path, const std::string& before) {
  Reading reading;
  reading.looks = looks_of(path);  // before it is read: a change meanwhile is seen at the next look
  if (reading.looks != before) reading.tokens.emplace(read_tokens_file(path));
  return reading;
}

}  // namespace

TokenWatch::TokenWatch(std::string path, runtime::BlockingPool& files, Tokens& tokens, Say say)
    : path_(std::move(path)), files_(files), tokens_(tokens), say_(std::move(say)) {}

boost::asio::awaitable<void> TokenWatch::look() {
  auto read = [path = path_, before = looks_] { return read_if_changed(path, before); };
  auto reading = co_await files_.run(std::move(read));
  looks_ = std::move(reading.looks);
  if (!reading.tokens) co_return;
  if (*reading.tokens) {
    auto patch = tokens_.replace(std::move(**reading.tokens));
    said_.clear();
    // What was there before the first reading is nobody's change.
    if (!std::exchange(has_read_, true)) patch.clear();
    say_(true, fmt::format("{}: {} tokens are in force", path_, tokens_.size()), std::move(patch));
  } else {
    looks_.clear();  // what refused it may be another than the file, a folder on the way for one: it is tried again
    refused(reading.tokens->error().message);
  }
}

void TokenWatch::refused(const std::string& why) {
  if (why == said_) return;
  said_ = why;
  const auto meanwhile = tokens_.size() == 0 ? std::string{"no token lets anybody in"}
                                             : fmt::format("the {} tokens read before stay in force", tokens_.size());
  say_(false, fmt::format("{}; {} until this is fixed", why, meanwhile), {});
}

boost::asio::awaitable<void> TokenWatch::run() {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    timer.expires_after(2s);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_await look();
  }
}

}  // namespace teal::access
