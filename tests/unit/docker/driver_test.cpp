// `engines: [{docker: …}]` of teald.yaml, as the driver reads it.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "controllers/ports/engine.hpp"
#include "daemon/drivers/drivers.hpp"
#include "tests/support/read_settings.hpp"

namespace teal::drivers {
void register_engine_docker(Drivers& drivers);
}  // namespace teal::drivers

namespace teal::test {

namespace {

using boost::asio::local::stream_protocol;

drivers::Driver<drivers::Make<drivers::Part<ports::Engine>>> driver() {
  drivers::Drivers drivers;
  drivers::register_engine_docker(drivers);
  return drivers.engines.at(0);
}

drivers::DriverContext context(boost::asio::io_context& loop) {
  drivers::DriverContext context;
  context.executor = loop.get_executor();
  context.owner = "owner-1";
  context.changed = [](const std::string&) {};
  context.answers = [](bool, const std::string&) {};
  return context;
}

TEST(DockerDriver, TalksToTheSocketThatTealdYamlNames) {
  boost::asio::io_context loop;
  const auto path = testing::TempDir() + "teal_docker_driver.sock";
  std::filesystem::remove(path);
  stream_protocol::acceptor acceptor{loop, stream_protocol::endpoint{path}};
  const auto make = test::read_settings("{host: \"unix://" + path + "\"}", driver().read);
  auto part = make(context(loop));
  ASSERT_TRUE(part.has_value());
  int connections = 0;
  acceptor.async_accept([&](boost::system::error_code, stream_protocol::socket) { ++connections; });
  boost::asio::co_spawn(loop, part->port->image("shop:1"), boost::asio::detached);
  loop.run_for(std::chrono::seconds{5});
  EXPECT_EQ(connections, 1);
}

TEST(DockerDriver, IsWhatATealdYamlWithoutEnginesHasAndWatchesIt) {
  boost::asio::io_context loop;
  EXPECT_TRUE(driver().is_default);
  yaml::Report report{"c"};
  const auto part = driver().read({nullptr, "", {}, &report})(context(loop));
  EXPECT_TRUE(report.empty());
  EXPECT_EQ(part->tasks.size(), 2U) << "it follows the events, and compares what was kept by them";
}

}  // namespace
}  // namespace teal::test
