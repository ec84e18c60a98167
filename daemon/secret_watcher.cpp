#include "daemon/secret_watcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "daemon/runtime/blocking_pool.hpp"

namespace teal::daemon {
namespace {

namespace fs = std::filesystem;
using boost::asio::awaitable;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration tick = 1s;          // how long a new spec may go unnoticed
constexpr Duration longest_rest = 5s;  // however much goes on in a folder

bool is_program(const admission::WatchedSource& source) {
  return source.env_file.empty() && source.source.kind == spec::ValueSource::Kind::Exec;
}

std::string key_of(const std::string& application, const admission::WatchedSource& source) {
  return application + "\n" + source.name;
}

// Where a change of a file shows: its folder, and, when it is a link, the folder of what it leads to.
std::set<std::string> folders_of(const std::vector<std::string>& files) {
  std::set<std::string> folders;
  for (const auto& file : files) {
    std::error_code error;
    folders.insert(fs::path{file}.parent_path().string());
    const auto real = fs::weakly_canonical(file, error);
    if (!error) folders.insert(real.parent_path().string());
  }
  return folders;
}

}  // namespace

SecretWatcher::SecretWatcher(boost::asio::any_io_executor executor, SecretWatcherOptions options)
    : options_(std::move(options)), paths_(executor), programs_timer_(executor) {}

SecretWatcher::Watched SecretWatcher::watched() const {
  Watched all;
  for (const auto& view : options_.board->list()) {
    const auto& application = view->record.application;
    if (!application.spec.restart_on_change || view->record.deleting) continue;
    all[application.name] = admission::watched_sources(application.spec);
  }
  return all;
}

awaitable<SecretWatcher::Reading> SecretWatcher::read(admission::WatchedSource source) {
  Reading reading;
  if (!source.env_file.empty()) {
    const auto values = co_await options_.secrets->read_env_file(source.env_file);
    if (values) {
      reading.fingerprint = options_.fingerprints->of(source.name, *values);
    } else {
      reading.problem = fmt::format("spec.envFiles: {}", values.error().message);
    }
    co_return reading;
  }
  const auto value = co_await options_.secrets->read(source.source);
  if (value) {
    reading.fingerprint = options_.fingerprints->of(source.name, *value);
  } else {
    reading.problem = fmt::format("{}: {}", source.name.substr(0, source.name.find(' ')), value.error().message);
  }
  co_return reading;
}

awaitable<SecretWatcher::Reading> SecretWatcher::read_program(admission::WatchedSource source) {
  auto first = co_await read(source);
  const auto known = std::ranges::any_of(
      programs_, [&](const auto& one) { return one.first.ends_with("\n" + source.name) && one.second == first; });
  if (known || !first.problem.empty()) co_return first;
  auto second = co_await read(source);
  if (second.problem.empty() && second != first) {
    second.fingerprint.clear();
    second.problem = fmt::format(
        "{}: prints another value each time, which restartOnChange cannot follow: set it to "
        "false, or let the program print the same value until it is to be changed",
        source.name);
  }
  co_return second;
}

awaitable<void> SecretWatcher::look(Watched all) {
  unsettled_ = false;
  for (const auto& [application, sources] : all) {
    admission::ValuesSeen now;
    bool complete = true;
    for (const auto& source : sources) {
      Reading reading;
      if (is_program(source)) {
        const auto found = programs_.find(key_of(application, source));
        complete = complete && found != programs_.end();
        if (found != programs_.end()) reading = found->second;
      } else {
        reading = co_await read(source);
      }
      if (!reading.fingerprint.empty()) now.fingerprints[source.name] = reading.fingerprint;
      if (!reading.problem.empty() && now.problem.empty()) now.problem = reading.problem;
    }
    if (!complete) {  // programs that were not run yet
      programs_timer_.cancel();
      unsettled_ = true;
      continue;
    }
    const bool settled = seen_.contains(application) && seen_[application] == now;
    seen_[application] = now;
    if (told_.contains(application) && told_[application] == now) continue;
    if (!settled) {
      unsettled_ = true;
      continue;
    }
    const auto taken = co_await options_.tell(application, now);
    if (taken) told_[application] = now;
  }
  std::erase_if(told_, [&](const auto& one) { return !all.contains(one.first); });
  std::erase_if(seen_, [&](const auto& one) { return !all.contains(one.first); });
}

awaitable<std::set<std::string>> SecretWatcher::folders(Watched all) {
  std::vector<std::string> files;
  for (const auto& [application, sources] : all) {
    for (const auto& source : sources) {
      if (!source.env_file.empty()) files.push_back(source.env_file);
      if (source.source.kind == spec::ValueSource::Kind::File) files.push_back(source.source.text);
    }
  }
  auto work = [files = std::move(files)] { return folders_of(files); };
  co_return co_await options_.files->run(std::move(work));
}

// Until nothing has been announced for a while.
awaitable<void> SecretWatcher::rest() {
  const auto end = Steady::now() + longest_rest;
  while (co_await paths_.changed(options_.settle)) {
    if (Steady::now() >= end) co_return;
  }
}

awaitable<void> SecretWatcher::watch_files() {
  auto next_look = Steady::now();
  Watched before;
  for (;;) {
    auto all = watched();
    if (all != before || Steady::now() >= next_look) {
      const auto wanted = co_await folders(all);
      paths_.watch(wanted);
      before = all;
      next_look = Steady::now() + options_.look_every;
      co_await look(std::move(all));
    }
    const bool announced = co_await paths_.changed(unsettled_ ? options_.settle : std::min(tick, options_.look_every));
    if (announced) co_await rest();
    if (announced || unsettled_) next_look = Steady::now();
  }
}

awaitable<void> SecretWatcher::watch_programs() {
  for (;;) {
    const auto all = watched();
    std::set<std::string> wanted;
    for (const auto& [application, sources] : all) {
      for (const auto& source : sources) {
        if (!is_program(source)) continue;
        const auto key = key_of(application, source);
        wanted.insert(key);
        auto reading = co_await read_program(source);
        unsettled_ = unsettled_ || !programs_.contains(key) || programs_[key] != reading;
        programs_[key] = std::move(reading);
      }
    }
    std::erase_if(programs_, [&](const auto& one) { return !wanted.contains(one.first); });
    programs_timer_.expires_after(options_.run_every);
    co_await programs_timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace teal::daemon
