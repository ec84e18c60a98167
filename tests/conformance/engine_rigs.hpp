// The engines are asked to conform to their port: the fake, a real dockerd of the test's own, and what stands in for
// one where there are too many containers (tests/support/docker_stand_in).
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "tests/support/await.hpp"
#include "tests/support/servers.hpp"

namespace teal::test {

// How the engine's events reach the driver. What is not told at all is lost.
enum class Told { InOrder, Twice, Backwards };

enum class Does {
  RunsUntilStopped,  // ends with 0 on SIGTERM
  IgnoresStop,
  PrintsAndExits3,  // "out\n" then "err\n" on standard error
  ExitsAtOnce,      // with 0
  CannotStart,
};

class EngineRig {
 public:
  virtual ~EngineRig() = default;
  virtual ports::Engine& engine() = 0;
  // Of an image that is there.
  virtual std::string image_reference() = 0;
  virtual Time now() = 0;
  // Lets a little time go by.
  virtual void pass() = 0;
  // Makes the spec do so; its name must be set.
  virtual void let(ports::ContainerSpec& spec, Does what) = 0;
  // Gives a container another name, past the engine's port.
  virtual void rename(const std::string& name, const std::string& other) = 0;
  // Makes a container with all its labels under another name, and runs it.
  virtual void copy(const std::string& name, const std::string& other) = 0;
  // Whether a container of this name runs, whoever it belongs to.
  virtual bool runs(const std::string& name) = 0;
  // From now on the engine keeps what it has by the events that it is told of.
  virtual void follow() = 0;
  // … of all that has happened since, or since it was last told. `names`: of containers, their first names.
  virtual void tell(Told how, const std::vector<std::string>& names) = 0;
  // How often the engine was asked for anything.
  virtual int requests() = 0;
  // A folder of the host that is not there.
  virtual std::string missing_path() = 0;

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }

 protected:
  boost::asio::io_context loop_;
};

enum class EngineKind { Fake, Docker, StandIn };

constexpr std::array all_engines{EngineKind::Fake, EngineKind::Docker, EngineKind::StandIn};

[[nodiscard]] std::unique_ptr<EngineRig> make_rig(EngineKind kind);
[[nodiscard]] std::string engine_name(const testing::TestParamInfo<EngineKind>& kind);

// One for the executable; started at its first use.
[[nodiscard]] Servers& shared_servers();
// And the stand-in.
void stop_shared_servers();

}  // namespace teal::test
