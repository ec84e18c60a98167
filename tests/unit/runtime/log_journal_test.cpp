// What systemd's journal gets, with a socket of the test's own in its place: the child that logs has a /run of its own.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "daemon/runtime/log.hpp"

namespace teal::test {
namespace {

using Entry = std::map<std::string, std::string>;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

// Logs once with standard error being "the journal's stream"; the datagram that comes of it goes to `out`.
[[noreturn]] void log_to_fake_journal(int out) {
  const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
  if (::unshare(flags) != 0) give_up("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) give_up("mount /");
  if (::mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0) give_up("mount /run");
  ::mkdir("/run/systemd", 0755);
  ::mkdir("/run/systemd/journal", 0755);
  const int journal = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "/run/systemd/journal/socket");
  if (::bind(journal, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("bind");

  std::array<int, 2> stream{};
  if (::pipe(stream.data()) != 0) give_up("pipe");
  struct stat status{};
  ::fstat(stream[1], &status);
  const auto name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", name.c_str(), 1);
  runtime::Log log(runtime::LogFormat::Json, runtime::LogLevel::Info, stream[1]);
  log.write(runtime::LogLevel::Warning, "shop", "ProbeFailed", "503: unreachable\nPRIORITY=0\nTEAL_APPLICATION=other");

  std::array<char, 8192> datagram{};
  const auto size = ::recv(journal, datagram.data(), datagram.size(), 0);
  if (size <= 0) give_up("the journal got nothing");
  if (::write(out, datagram.data(), static_cast<std::size_t>(size)) != size) give_up("write");
  std::_Exit(0);
}

// systemd's native protocol: NAME=value\n, or NAME\n, eight bytes of length (little-endian), the value, \n.
Entry parse(std::string_view datagram) {
  Entry entry;
  while (!datagram.empty()) {
    const auto end = datagram.find_first_of("=\n");
    if (end == std::string_view::npos) break;
    const std::string name{datagram.substr(0, end)};
    const bool has_length = datagram[end] == '\n';
    datagram.remove_prefix(end + 1);
    std::uint64_t size = datagram.find('\n');
    if (has_length) {
      std::memcpy(&size, datagram.data(), sizeof size);
      datagram.remove_prefix(sizeof size);
    }
    EXPECT_TRUE(entry.emplace(name, datagram.substr(0, size)).second) << name << " twice";
    datagram.remove_prefix(std::min<std::size_t>(size + 1, datagram.size()));
  }
  return entry;
}

TEST(Journal, GetsAnEntryWithFieldsThatNoMessageCanForge) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) log_to_fake_journal(ends[1]);
  ::close(ends[1]);
  std::string datagram;
  std::array<char, 8192> piece{};
  for (ssize_t size = 0; (size = ::read(ends[0], piece.data(), piece.size())) > 0;) {
    datagram.append(piece.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  const Entry expected{{"MESSAGE", "503: unreachable\nPRIORITY=0\nTEAL_APPLICATION=other"},
                       {"PRIORITY", "4"},
                       {"SYSLOG_IDENTIFIER", "teald"},
                       {"TEAL_APPLICATION", "shop"},
                       {"TEAL_REASON", "ProbeFailed"}};
  EXPECT_EQ(parse(datagram), expected);
}

}  // namespace
}  // namespace teal::test
