// What a Secret refuses to do, most of it at compile time.
#include "manifests/masking/secret.hpp"

#include <fmt/ostream.h>
#include <gtest/gtest.h>

#include <array>
#include <concepts>
#include <cstring>
#include <functional>
#include <new>
#include <ostream>
#include <type_traits>

namespace teal::test {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Equal = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Ordered = requires(const T& a, const T& b) { a < b; };
template <class T>
concept EqualToText = requires(const T& a, const std::string& b) { a == b; };

static_assert(Printable<std::string> && !Printable<masking::Secret>);
static_assert(Equal<std::string> && !Equal<masking::Secret> && !Ordered<masking::Secret> &&
              !EqualToText<masking::Secret>);
static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<masking::Secret>::value);
static_assert(!std::is_default_constructible_v<std::hash<masking::Secret>>);
static_assert(!std::is_convertible_v<std::string, masking::Secret> &&
              !std::is_convertible_v<const char*, masking::Secret>);
static_assert(!std::is_convertible_v<masking::Secret, std::string> &&
              !std::is_convertible_v<masking::Secret, std::string_view>);
static_assert(std::is_nothrow_move_constructible_v<masking::Secret> &&
              std::is_nothrow_move_assignable_v<masking::Secret>);

// Short enough to live in the object itself, and long enough not to.
constexpr const char* brief = "hunter2!";
constexpr const char* lengthy = "a passphrase that is longer than what a string keeps in itself";

// A Secret in memory that can be looked at once it is gone.
class Grave {
 public:
  template <class... Arguments>
  masking::Secret& bury(Arguments&&... arguments) {
    return *new (memory_.data()) masking::Secret{std::forward<Arguments>(arguments)...};
  }
  [[nodiscard]] bool holds(const char* text) const {
    const std::string_view all{reinterpret_cast<const char*>(memory_.data()), memory_.size()};
    return all.find(text) != std::string_view::npos;
  }

 private:
  alignas(masking::Secret) std::array<std::byte, sizeof(masking::Secret)> memory_{};
};

TEST(Secret, RevealsWhatItWasGiven) {
  EXPECT_EQ(masking::Secret{brief}.reveal(), brief);
  EXPECT_EQ(masking::Secret{std::string{lengthy}}.reveal(), lengthy);
  EXPECT_EQ(masking::Secret{}.reveal(), "");
}

TEST(Secret, LeavesNothingBehindWhenItGoes) {
  Grave grave;
  auto& secret = grave.bury(brief);
  EXPECT_TRUE(grave.holds(brief));
  secret.~Secret();
  EXPECT_FALSE(grave.holds(brief));
}

TEST(Secret, LeavesNothingBehindWhenItIsMoved) {
  Grave grave;
  auto& secret = grave.bury(brief);
  const masking::Secret heir{std::move(secret)};
  EXPECT_FALSE(grave.holds(brief));
  EXPECT_EQ(heir.reveal(), brief);
  secret.~Secret();
}

TEST(Secret, LeavesNothingBehindInTheTextThatItWasMadeOf) {
  alignas(std::string) std::array<char, sizeof(std::string)> memory{};
  auto& text = *new (memory.data()) std::string{brief};
  const masking::Secret secret{std::move(text)};
  EXPECT_EQ((std::string_view{memory.data(), memory.size()}.find(brief)), std::string_view::npos);
  EXPECT_EQ(secret.reveal(), brief);
  text.~basic_string();
}

TEST(Secret, OverwritesWhatItHeldWhenItIsAssignedTo) {
  Grave grave;
  auto& secret = grave.bury(brief);
  secret = masking::Secret{"x"};
  EXPECT_FALSE(grave.holds("unter2"));
  EXPECT_EQ(secret.reveal(), "x");
  const masking::Secret other{lengthy};
  secret = other;
  EXPECT_EQ(secret.reveal(), lengthy);
  EXPECT_EQ(other.reveal(), lengthy);
  auto& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), lengthy);
  secret.~Secret();
}

TEST(Secret, OverwritesLongTextsBeforeTheirMemoryIsGivenBack) {
  std::string text{lengthy};
  text.reserve(200);
  const char* memory = text.data();
  text.resize(8);  // the rest stays in its memory
  masking::Secret::overwrite(text);
  EXPECT_EQ(text.capacity() >= 200 && text.data() == memory, true);
  EXPECT_EQ((std::string_view{memory, 200}.find_first_not_of('\0')), std::string_view::npos);
}

}  // namespace
}  // namespace teal::test
