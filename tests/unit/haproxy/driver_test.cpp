// `loadBalancers: [{haproxy: …}]` of teald.yaml, as the driver reads it.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "controllers/ports/load_balancer.hpp"
#include "daemon/drivers/drivers.hpp"
#include "tests/support/read_settings.hpp"

namespace teal::drivers {
void register_load_balancer_haproxy(Drivers& drivers);
}  // namespace teal::drivers

namespace teal::test {

namespace {

using boost::asio::local::stream_protocol;

Result<drivers::LoadBalancerPart> part_of(const std::string& text, boost::asio::io_context& loop) {
  drivers::Drivers drivers;
  drivers::register_load_balancer_haproxy(drivers);
  drivers::DriverContext context;
  context.executor = loop.get_executor();
  context.changed = [](const std::string&) {};
  context.answers = [](bool, const std::string&) {};
  return test::read_settings(text, drivers.load_balancers.at(0).read).make(std::move(context));
}

TEST(HaproxyDriver, TalksToTheSocketThatTealdYamlNames) {
  boost::asio::io_context loop;
  const auto path = testing::TempDir() + "teal_haproxy_driver.sock";
  std::filesystem::remove(path);
  stream_protocol::acceptor acceptor{loop, stream_protocol::endpoint{path}};
  const auto part = part_of("{socket: \"unix:" + path + "\"}", loop);
  ASSERT_TRUE(part.has_value());
  int connections = 0;
  acceptor.async_accept([&](boost::system::error_code, stream_protocol::socket) { ++connections; });
  boost::asio::co_spawn(loop, part->port->servers("be"), boost::asio::detached);
  loop.run_for(std::chrono::seconds{5});
  EXPECT_EQ(connections, 1);
}

TEST(HaproxyDriver, ReadsTheMastersSocket) {
  boost::asio::io_context loop;
  EXPECT_TRUE(part_of("{socket: \"unix:/s\", master: \"unix:/m\"}", loop).has_value());
}

TEST(HaproxyDriver, CanBeProbedThroughOnlyWhereItsTrafficEnters) {
  boost::asio::io_context loop;
  EXPECT_EQ(part_of("{socket: \"unix:/s\", url: \"http://127.0.0.1:8080\"}", loop)->traffic_url,
            "http://127.0.0.1:8080");
  EXPECT_EQ(part_of("{socket: \"unix:/s\"}", loop)->traffic_url, "");
}

std::string errors_of(const std::string& text) {
  drivers::Drivers drivers;
  drivers::register_load_balancer_haproxy(drivers);
  std::string errors;
  static_cast<void>(test::read_settings(text, drivers.load_balancers.at(0).read, &errors));
  return errors;
}

TEST(HaproxyDriver, KeepsAHaproxyThatNeedsNoSocketOfItsOwn) {
  boost::asio::io_context loop;
  const auto folder = testing::TempDir() + "teal_edge_driver";
  const auto part = part_of("{managed: {listen: [\"*:8080\", \"*:8443\"], directory: " + folder + "}}", loop);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->traffic_url, "http://127.0.0.1:8080");
  EXPECT_EQ(part_of("{managed: {listen: [\"*:443\"], directory: " + folder + "}}", loop)->traffic_url, "");
}

TEST(HaproxyDriver, RefusesWhatAManagedOneCannotHave) {
  using testing::HasSubstr;
  EXPECT_THAT(errors_of("{managed: {listen: [\"*:80\"], directory: /e}, socket: \"unix:/s\"}"),
              HasSubstr("socket: a managed HAProxy has its sockets in its directory"));
  EXPECT_THAT(errors_of("{managed: {listen: [], directory: /e}}"), HasSubstr("managed.listen: expected at least one"));
  EXPECT_THAT(errors_of("{managed: {listen: [\"80\"], directory: /e}}"),
              HasSubstr("managed.listen[0]: expected an address"));
  EXPECT_THAT(errors_of("{managed: {listen: [\"*:80\"], directory: \"/e f\"}}"),
              HasSubstr("managed.directory: expected a path"));
}

}  // namespace
}  // namespace teal::test
