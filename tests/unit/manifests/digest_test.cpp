#include "manifests/foundation/digest.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

TEST(Digest, IsWhatTheStandardsSay) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, case 2
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, WritesBytesAsHex) {
  EXPECT_EQ(hex(std::string("\0\x1f\xff", 3)), "001fff");
  EXPECT_TRUE(is_hex("09af"));
  for (const auto* other : {"0A", "0g", " 0"}) EXPECT_FALSE(is_hex(other)) << other;
}

TEST(Digest, HasOtherRandomBytesEachTime) {
  const auto one = random_hex(16);
  const auto other = random_hex(16);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->size(), 32U);
  EXPECT_TRUE(is_hex(*one));
  EXPECT_NE(*one, *other);
}

TEST(Base64, IsReadStrictlyAndWrittenPadded) {
  for (const auto* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(decode_base64(encode_base64(text)), text);
  }
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8=");
  for (const auto* good : {"Zm8=", "Zm8", "Z\r\nm8=\n"}) EXPECT_EQ(decode_base64(good), "fo") << good;
  for (const auto* bad : {"*", "Zm8=o", "Z", "Zm 8", " Zm8=", "Zm8= ", "Zm8-", "-_8=", "Zm8\xc3"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace teal::test
