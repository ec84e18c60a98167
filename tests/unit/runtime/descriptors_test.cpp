// Whatever the limit is, clients of the API leave enough for the work itself.
#include "daemon/runtime/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace teal::test {
namespace {

TEST(Descriptors, ClientsLeaveEnoughForTheWork) {
  EXPECT_EQ(runtime::connections_within(65536, 1024), 1024u);
  EXPECT_EQ(runtime::connections_within(1024, 1024), 768u);
  EXPECT_EQ(runtime::connections_within(300, 1024), 150u);
  EXPECT_EQ(runtime::connections_within(0, 1024), 1u);
  EXPECT_EQ(runtime::connections_within(65536, 10), 10u);
}

TEST(Descriptors, LimitIsRaisedAsFarAsItGoes) {
  const pid_t child = ::fork();  // limits cannot be given back
  if (child == 0) {
    struct rlimit low{100, 200};
    if (::setrlimit(RLIMIT_NOFILE, &low) != 0) ::_exit(1);
    ::_exit(runtime::raise_descriptor_limit() == 200 && runtime::raise_descriptor_limit() == 200 ? 0 : 2);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace teal::test
