// Whom a file on disk may be believed: only root and teald's own user, on the whole way to it.
#include "daemon/runtime/trusted_path.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr ::uid_t stranger = 12345;

class TrustedPath : public testing::Test {
 protected:
  TrustedPath() {
    auto pattern = (fs::temp_directory_path() / "teal-trusted-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directory(root_ / "in");
    fs::create_directory(root_ / "out");
    std::ofstream{root_ / "in" / "a.yaml"} << "in";
    std::ofstream{root_ / "out" / "b.yaml"} << "out";
    for (const auto* name : {"in", "out"}) mode(name, 0755);
    for (const auto* name : {"in/a.yaml", "out/b.yaml"}) mode(name, 0644);
  }
  ~TrustedPath() override { fs::remove_all(root_); }

  void mode(const std::string& name, ::mode_t mode) { ASSERT_EQ(::chmod((root_ / name).c_str(), mode), 0); }
  void give(const std::string& name, ::uid_t owner, ::gid_t group = 0) {
    ASSERT_EQ(::lchown((root_ / name).c_str(), owner, group), 0) << "only root may give files away";
  }
  void link(const std::string& target, const std::string& name) { fs::create_symlink(target, root_ / name); }
  [[nodiscard]] std::string at(const std::string& name) const { return (root_ / name).string(); }

  // What the file holds, or the error's sentence.
  [[nodiscard]] std::string read(const std::string& name) const {
    const auto file = runtime::open_trusted(at(name), runtime::PathKind::File);
    if (!file) return file.error().message;
    return runtime::read_text(file->number(), 100).value();
  }
  [[nodiscard]] std::string folder(const std::string& name) const {
    const auto opened = runtime::open_trusted(at(name), runtime::PathKind::Folder);
    return opened ? "opened" : opened.error().message;
  }

  fs::path root_;
};

TEST_F(TrustedPath, OpensWhatOnlyWeCanHavePutThere) {
  EXPECT_EQ(read("in/a.yaml"), "in");
  EXPECT_EQ(read("in/../out/./b.yaml"), "out");
  EXPECT_EQ(folder("in"), "opened");
  const auto base = runtime::open_trusted(at("in"), runtime::PathKind::Folder);
  ASSERT_TRUE(base);
  const auto file = runtime::open_trusted("a.yaml", runtime::PathKind::File, base->number());
  ASSERT_TRUE(file);
  EXPECT_EQ(runtime::read_text(file->number(), 1).value(), "i") << "cut";
}

TEST_F(TrustedPath, AShortTextTakesLittleMemory) {
  // Ten thousand manifests are held at once while teald starts.
  for (const std::size_t size : {std::size_t{600}, std::size_t{40'000}}) {
    std::ofstream{at("in/long")} << std::string(size, 'x');
    const auto file = runtime::open_trusted(at("in/long"), runtime::PathKind::File);
    ASSERT_TRUE(file);
    const auto text = runtime::read_text(file->number(), 1 << 20).value();
    EXPECT_EQ(text.size(), size);
    EXPECT_LE(text.capacity(), size + 16);
  }
}

TEST_F(TrustedPath, RefusesAFileThatOthersMayWriteAndSaysWhatMendsIt) {
  mode("in/a.yaml", 0646);
  EXPECT_THAT(read("in/a.yaml"), AllOf(StartsWith("owner "), HasSubstr("mode 0646: others can write it"),
                                       EndsWith("; chmod o-w " + at("in/a.yaml"))));
  EXPECT_EQ(runtime::open_trusted(at("in/a.yaml"), runtime::PathKind::File).error().code, ErrorCode::denied);
}

TEST_F(TrustedPath, ItsGroupMayWriteOnlyIfThatIsRootsOrOurs) {
  mode("in/a.yaml", 0664);
  EXPECT_EQ(read("in/a.yaml"), "in");
  if (::geteuid() != 0) return;
  give("in/a.yaml", 0, 54321);
  EXPECT_THAT(read("in/a.yaml"), AllOf(HasSubstr("its group (gid 54321) can write it"), HasSubstr("chmod g-w")));
  mode("in/a.yaml", 0666);
  EXPECT_THAT(read("in/a.yaml"), AllOf(HasSubstr("its group and others can write it"), HasSubstr("chmod go-w")));
}

// The group's bits of the mode are the list's mask then, whatever the group is.
TEST_F(TrustedPath, AnAccessControlListIsNoWayAround) {
  const std::string user_may_write{
      "\x02\0\0\0"
      "\x01\0\x06\0\xff\xff\xff\xff"
      "\x02\0\x06\0\xfe\xff\0\0"
      "\x04\0\x04\0\xff\xff\xff\xff"
      "\x10\0\x06\0\xff\xff\xff\xff"
      "\x20\0\x04\0\xff\xff\xff\xff",
      44};
  const auto file = at("in/a.yaml");
  ASSERT_EQ(::setxattr(file.c_str(), "system.posix_acl_access", user_may_write.data(), user_may_write.size(), 0), 0);
  EXPECT_THAT(read("in/a.yaml"),
              AllOf(HasSubstr("its access control list lets others write it"), EndsWith("; chmod g-w " + file)));
  mode("in/a.yaml", 0644);
  EXPECT_EQ(read("in/a.yaml"), "in") << "the command mends it";
}

TEST_F(TrustedPath, RefusesWhatAStrangerOwns) {
  if (::geteuid() != 0) return;  // who is not root can give nothing away
  give("in/a.yaml", stranger);
  EXPECT_THAT(read("in/a.yaml"), AllOf(StartsWith("owner uid 12345, mode 0644: only root may own it; chown root ")));
  give("in/a.yaml", 0);
  give("in", stranger);
  EXPECT_THAT(read("in/a.yaml"), StartsWith("is reached through the folder " + at("in") + ": owner uid 12345"));
  EXPECT_THAT(folder("in"), AllOf(StartsWith("owner uid 12345"), EndsWith("chown root " + at("in"))));
}

// As teald runs in its unit: what root or its own user has written counts, what another user has does not.
TEST_F(TrustedPath, WhoeverIsNotRootBelievesRootAndItself) {
  if (::geteuid() != 0) return;  // then all of this file is about it
  mode(".", 0755);
  const auto child = ::fork();
  if (child == 0) {
    give("in/a.yaml", stranger, stranger);
    mode("in/a.yaml", 0664);
    give("out/b.yaml", stranger + 1);
    const bool there = ::setgid(stranger) == 0 && ::setuid(stranger) == 0;
    const auto other = read("out/b.yaml");
    const bool named = other.find("only root or uid 12345 may own it; chown root ") != std::string::npos;
    ::_exit(there && read("in/a.yaml") == "in" && folder("in") == "opened" && named ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(TrustedPath, AStickyFolderMayHoldWhatNobodyElseCanReplace) {
  link("../in/a.yaml", "out/link");
  mode("in", 01777);
  EXPECT_THAT(folder("in"), HasSubstr("mode 1777: others can write it")) << "anybody may create something there";
  EXPECT_THAT(folder("in"), AllOf(HasSubstr("keep it in a folder of its own"), Not(HasSubstr("chmod"))))
      << "/tmp must stay so";
  EXPECT_THAT(read("out/link"), HasSubstr("mode 1777: others can write it"));
  link("a.yaml", "in/link");
  EXPECT_THAT(read("in/link"), HasSubstr("mode 1777: others can write it"));
  EXPECT_EQ(read("in/a.yaml"), "in");
  fs::create_directory(root_ / "in" / "ours");
  mode("in/ours", 0755);
  EXPECT_EQ(folder("in/ours"), "opened") << "nobody else can rename it";
  mode("in", 0777);
  EXPECT_THAT(read("in/a.yaml"), HasSubstr("mode 0777: others can write it"));
  EXPECT_THAT(folder("in/ours"), StartsWith("is reached through the folder " + at("in")));
}

TEST_F(TrustedPath, EveryStepOfALinkIsLookedAt) {
  link("../out/c", "in/link.yaml");
  link("b.yaml", "out/c");
  EXPECT_EQ(read("in/link.yaml"), "out");
  mode("out", 0777);
  EXPECT_THAT(read("in/link.yaml"), AllOf(StartsWith("is reached through the folder " + at("out") + ": "),
                                          EndsWith("; chmod o-w " + at("out"))));
  mode("out", 0755);
  mode("out/b.yaml", 0666);
  EXPECT_THAT(read("in/link.yaml"), AllOf(StartsWith("leads to the file " + at("out/b.yaml") + ": "),
                                          EndsWith("; chmod o-w " + at("out/b.yaml"))));
  mode("out/b.yaml", 0644);
  if (::geteuid() != 0) return;
  give("out/c", stranger);
  EXPECT_THAT(read("in/link.yaml"), AllOf(StartsWith("is reached through the link " + at("out/c")),
                                          EndsWith("chown -h root " + at("out/c"))));
}

TEST_F(TrustedPath, AFolderThatIsSwappedByALinkIsLookedAtEachTime) {
  link("../out", "in/..data");
  link("..data/b.yaml", "in/b.yaml");
  EXPECT_EQ(read("in/b.yaml"), "out");
  fs::create_directory(root_ / "theirs");
  mode("theirs", 0777);
  std::ofstream{root_ / "theirs" / "b.yaml"} << "theirs";
  fs::remove(root_ / "in" / "..data");
  link(at("theirs"), "in/..data");
  EXPECT_THAT(read("in/b.yaml"), StartsWith("is reached through the folder " + at("theirs")));
}

TEST_F(TrustedPath, NeverOpensWhatIsNoFile) {
  ASSERT_EQ(::mkfifo(at("in/fifo").c_str(), 0600), 0);
  link("/dev/zero", "in/zero");
  link("loop", "in/loop");
  link("nowhere", "in/dangling");
  const auto begin = std::chrono::steady_clock::now();
  for (const auto* name : {"in/fifo", "in/zero", "in"}) EXPECT_EQ(read(name), "is not a regular file") << name;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_THAT(read("in/loop"), HasSubstr("symbolic links"));
  EXPECT_EQ(runtime::open_trusted(at("in/dangling"), runtime::PathKind::File).error().code, ErrorCode::not_found);
  EXPECT_EQ(runtime::open_trusted(at("in/a.yaml"), runtime::PathKind::Folder).error().code, ErrorCode::invalid);
  EXPECT_EQ(runtime::open_trusted("", runtime::PathKind::File).error().code, ErrorCode::not_found);
}

TEST(ShellWord, IsTakenByAShellAsItIs) {
  EXPECT_EQ(runtime::shell_word("/etc/teal/manifests/shop.yaml"), "/etc/teal/manifests/shop.yaml");
  EXPECT_EQ(runtime::shell_word("/srv/my shop.yaml"), "'/srv/my shop.yaml'");
  EXPECT_EQ(runtime::shell_word("/srv/it's.yaml"), "$'/srv/it\\x27s.yaml'");
  EXPECT_EQ(runtime::shell_word("/srv/\xff\x1b[31m.yaml"), "$'/srv/\\xff\\x1b\\x5b31m.yaml'");
}

}  // namespace
}  // namespace teal::test
