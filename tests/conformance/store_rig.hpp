// A store of each kind for the suites of the port, and records to put into it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>

#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "tests/support/fake_store.hpp"

namespace teal::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

template <class T>
T wait(asio::awaitable<T> task) {
  asio::io_context loop;
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    value.emplace(std::move(result));
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

enum class Kind { Fake, Sqlite };

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("teal-store-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    if (GetParam() == Kind::Fake) {
      store_ = std::make_unique<FakeStore>();
      return;
    }
    pool_ = std::make_unique<runtime::BlockingPool>(1);
    auto opened = wait(sqlite::open_sqlite_store(*pool_, folder_ / "teal.db"));
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  void TearDown() override {
    store_.reset();
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }

  ports::Store& store() { return *store_; }

  std::uint64_t committed(records::RolloutRecord record) {
    auto version = wait(store().commit(std::move(record), {}));
    EXPECT_TRUE(version) << version.error().message;
    return version ? *version : 0;
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<runtime::BlockingPool> pool_;
  std::unique_ptr<ports::Store> store_;
};

inline spec::Application application(const std::string& name, const std::string& version) {
  spec::Application app;
  app.name = name;
  app.spec.version = version;
  app.spec.image = "registry.example/shop";
  spec::Component api;
  api.name = "api";
  app.spec.components.push_back(api);
  return app;
}

inline records::ApplicationRecord asked(const std::string& name) {
  records::ApplicationRecord record;
  record.application = application(name, "1.0.0");
  record.uid = "uid-of-" + name;
  record.created_at = Time{1700000000123ms};
  return record;
}

inline records::RolloutRecord rollout(const std::string& name, int revision) {
  records::RolloutRecord record;
  record.application = name;
  record.generation = revision;
  record.course.target.number = revision;
  record.course.target.application = application(name, "1.0." + std::to_string(revision));
  record.course.target.image_digest = "sha256:" + std::to_string(revision);
  record.started_at = Time{1700000000000ms} + revision * 1s;
  return record;
}

inline records::Event event(const std::string& name, const std::string& message) {
  records::Event made;
  made.time = Time{1700000000456ms};
  made.reason = spec::Reason::named("Tested");
  made.message = message;
  made.application = name;
  made.object = "Application/" + name;
  return made;
}

}  // namespace teal::test
