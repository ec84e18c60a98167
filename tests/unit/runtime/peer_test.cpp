// What an accepted connection knows of the other side.
#include "daemon/runtime/peer.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "daemon/runtime/stream.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAreArray;
namespace asio = boost::asio;

// A process of another user (when we may), in a hundred groups, that connects and then stays until it is ended.
runtime::PeerUser user_of_child() {
  if (::geteuid() != 0) {
    std::vector<gid_t> own(static_cast<std::size_t>(::getgroups(0, nullptr)));
    EXPECT_EQ(::getgroups(static_cast<int>(own.size()), own.data()), static_cast<int>(own.size()));
    return {::getuid(), ::getgid(), {own.begin(), own.end()}};
  }
  runtime::PeerUser user{23456, 12345, std::vector<std::uint32_t>(100)};
  std::iota(user.groups.begin(), user.groups.end(), 3000);
  return user;
}

void become(const runtime::PeerUser& user) {
  const std::vector<gid_t> groups{user.groups.begin(), user.groups.end()};
  if (::geteuid() == 0 &&
      (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0)) {
    ::_exit(1);
  }
}

void connect_and_stay(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(2);
  ::pause();
}

TEST(Peer, OfAUnixSocketIsTheUserWithAllOfItsGroups) {
  std::string folder = (std::filesystem::temp_directory_path() / "teal-peer-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
  const auto path = folder + "/x.sock";
  asio::io_context loop;
  const auto listener = runtime::listen_unix(loop.get_executor(), path, 0666).value();
  const auto user = user_of_child();
  const pid_t child = ::fork();
  if (child == 0) {
    become(user);
    connect_and_stay(path);
    ::_exit(0);
  }
  const auto stream = await(loop, listener->accept());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(stream) << stream.error().message;
  const auto peer = (*stream)->peer();  // although it has gone
  ASSERT_TRUE(peer.user);
  EXPECT_EQ(peer.user->uid, user.uid);
  EXPECT_EQ(peer.user->gid, user.gid);
  EXPECT_THAT(peer.user->groups, UnorderedElementsAreArray(user.groups));
  EXPECT_FALSE(peer.remote);
  EXPECT_FALSE(peer.local);
  EXPECT_FALSE(peer.certificate);
}

struct Ends {
  runtime::Peer client;
  runtime::Peer server;
};

asio::awaitable<Result<Ends>> meet(runtime::ListenerPtr listener, std::string host) {
  const auto port = std::to_string(listener->port());
  const auto client = co_await runtime::connect_tcp(host, port, runtime::after(1s));
  if (!client) co_return client.error();
  const auto server = co_await listener->accept();
  if (!server) co_return server.error();
  Ends ends{(*client)->peer(), (*server)->peer()};
  (*client)->close();
  ends.server = (*server)->peer();
  co_return ends;
}

void expect_opposite(const Ends& ends, const std::string& host, int port) {
  ASSERT_TRUE(ends.server.remote && ends.server.local && ends.client.remote && ends.client.local);
  EXPECT_EQ(ends.server.remote->host, host);
  EXPECT_EQ(*ends.server.local, (runtime::PeerAddress{host, port}));
  EXPECT_EQ(ends.client.remote, ends.server.local);
  EXPECT_EQ(ends.client.local, ends.server.remote);
  EXPECT_FALSE(ends.server.user);
}

TEST(Peer, OfTcpIsItsAddress) {
  asio::io_context loop;
  const auto listener = runtime::listen_tcp(loop.get_executor(), "127.0.0.1", "0").value();
  const auto ends = await(loop, meet(listener, "127.0.0.1"));
  ASSERT_TRUE(ends) << ends.error().message;
  expect_opposite(*ends, "127.0.0.1", listener->port());
}

TEST(Peer, OfIpv4OnASocketOfIpv6IsStillItsIpv4Address) {
  asio::io_context loop;
  const auto listener = runtime::listen_tcp(loop.get_executor(), "::ffff:127.0.0.1", "0").value();
  const auto ends = await(loop, meet(listener, "127.0.0.1"));
  ASSERT_TRUE(ends) << ends.error().message;
  expect_opposite(*ends, "127.0.0.1", listener->port());
}

TEST(Peer, OfSomethingThatIsNoSocketIsUnknown) { EXPECT_EQ(runtime::peer_of_socket(-1), runtime::Peer{}); }

}  // namespace
}  // namespace teal::test
