// What CMakeLists.txt asks of compiler and linker has come through to the programs that are installed. Only built where
// it is asked for: in optimised builds.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/hardening/program_headers.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::Not;

class Hardening : public ::testing::TestWithParam<const char*> {
 protected:
  const ProgramHeaders program_ = read_program(std::string{TEAL_BIN_DIR "/"} + GetParam());
};

TEST_P(Hardening, IsLoadedAtAnotherAddressEachTime) {
  EXPECT_EQ(program_.type, ET_DYN);
  EXPECT_NE(program_.flags_1 & DF_1_PIE, 0U);
}

TEST_P(Hardening, KeepsNothingWritableThatTheLoaderHasFilledIn) {
  EXPECT_THAT(program_.segments, Contains(PT_GNU_RELRO));
  EXPECT_NE(program_.flags & DF_BIND_NOW, 0U);
  EXPECT_NE(program_.flags_1 & DF_1_NOW, 0U);
  EXPECT_THAT(program_.dynamic, Not(Contains(DT_TEXTREL)));
}

TEST_P(Hardening, HasNoMemoryThatIsBothWrittenAndExecuted) {
  EXPECT_THAT(program_.segments, Contains(PT_GNU_STACK));
  EXPECT_EQ(program_.stack_flags, static_cast<std::uint32_t>(PF_R | PF_W));
  EXPECT_FALSE(program_.writable_and_executable);
}

TEST_P(Hardening, TakesLibrariesFromTheSystemOnly) {
  EXPECT_THAT(program_.dynamic, Not(Contains(DT_RPATH)));
  EXPECT_THAT(program_.dynamic, Not(Contains(DT_RUNPATH)));
}

TEST_P(Hardening, EndsWhenAStackOrABufferOrAContainerIsOverrun) {
  EXPECT_THAT(program_.imports, Contains("__stack_chk_fail"));
  EXPECT_THAT(program_.imports, Contains("_ZSt21__glibcxx_assert_failPKciS0_S0_"));
  EXPECT_TRUE(std::ranges::any_of(program_.imports, [](const std::string& name) {
    return name.starts_with("__") && name.ends_with("_chk");
  })) << "no function of the C library is used in its fortified form";
}

#ifdef __x86_64__
// Not .note.gnu.property: CMakeLists.txt says why the programs do not have it.
TEST_P(Hardening, BeginsItsFunctionsWhereAnIndirectCallMayLand) {
  EXPECT_EQ(program_.begin_of_main, (std::vector<std::uint8_t>{0xF3, 0x0F, 0x1E, 0xFA})) << "expected endbr64";
}
#endif

INSTANTIATE_TEST_SUITE_P(Programs, Hardening, ::testing::Values("teald", "teal"),
                         [](const auto& each) { return std::string{each.param}; });

}  // namespace
}  // namespace teal::test
