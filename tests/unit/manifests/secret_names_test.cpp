#include <gtest/gtest.h>

#include "manifests/spec/text_rules.hpp"

namespace teal::test {
namespace {

TEST(SecretNames, SoundByWholeWords) {
  for (const auto* name : {"PASSWORD",
                           "DB__PASSWORD",
                           "db-password",
                           "db.passwd",
                           "DB_PASS",
                           "MYSQL_PWD",
                           "PGPASSWORD",
                           "dbPassword",
                           "SECRET",
                           "CLIENT_SECRET",
                           "clientSecret",
                           "SECRETS",
                           "API_TOKEN",
                           "TOKENS",
                           "API_KEY",
                           "api_key",
                           "APIKEY",
                           "apiKey",
                           "APIKey",
                           "STRIPE_KEY_ID",
                           "AWS_ACCESS_KEY_ID",
                           "KEY",
                           "KEYS",
                           "KEY1",
                           "AUTH",
                           "BASIC_AUTH",
                           "SENTRY_DSN",
                           "GOOGLE_CREDENTIALS",
                           "credential",
                           "SSH_PASSPHRASE",
                           "PRIVATE",
                           "PRIVATE_KEY",
                           "AUTHORIZATION",
                           "SECRET_KEY_BASE",
                           "PASSWORD_HASH",
                           "USERPASS",
                           "SIGNINGKEY",
                           "ENCRYPTIONKEY",
                           "JWT",
                           "APP_JWT",
                           "SESSION_COOKIE",
                           "SALT",
                           "PASSWORD_SALT"}) {
    EXPECT_TRUE(spec::sounds_secret(name)) << name;
  }
  for (const auto* name : {"MONKEY",
                           "KEYBOARD",
                           "AUTHOR",
                           "TOKENIZER",
                           "SECRETARY",
                           "COMPASS",
                           "BYPASS",
                           "PASSENGER",
                           "TURKEY_SIZE",
                           "LOG_LEVEL",
                           "KEYCLOAK_URL",
                           "URL",
                           "",
                           "_",
                           "PORT",
                           "compassRose",
                           "BASALT",
                           "JWT_ISSUER",
                           "SALT_ROUNDS",
                           "COOKIE_DOMAIN",
                           "SECURE_COOKIE",
                           "TOKEN_URL",
                           "AUTH_URI",
                           "OAUTH_ENDPOINT"}) {
    EXPECT_FALSE(spec::sounds_secret(name)) << name;
  }
}

TEST(SecretNames, AreNotThoseOfWhereASecretIsOrWhoHasIt) {
  for (const auto* name : {"DB_PASSWORD_FILE", "TLS_KEY_PATH", "SECRETS_DIR", "AUTH_USER", "TOKEN_USERNAME",
                           "AUTH_HOST", "SECRET_NAME", "AUTH_ENABLED", "TOKEN_TTL", "KEY_SIZE", "authMode"}) {
    EXPECT_FALSE(spec::sounds_secret(name)) << name;
  }
  for (const auto* name : {"DB_USER", "PGUSER", "SUPERUSER", "USERNAME", "DB__HOST", "DB_PORT", "DBNAME", "DB__NAME"}) {
    EXPECT_TRUE(spec::names_place(name)) << name;
  }
  for (const auto* name : {"PASSPORT", "SUPPORT", "PASSWORD", "URL", ""}) EXPECT_FALSE(spec::names_place(name)) << name;
}

TEST(SecretNames, MayBeOfNumbersOfTokens) {
  EXPECT_TRUE(spec::counts_tokens("MAX_TOKENS", "4096"));
  EXPECT_TRUE(spec::counts_tokens("maxTokens", "1000000"));
  EXPECT_FALSE(spec::counts_tokens("API_TOKENS", "12345678"));
  EXPECT_FALSE(spec::counts_tokens("API_TOKENS", "12a"));
  EXPECT_FALSE(spec::counts_tokens("API_TOKEN", "4096"));
  EXPECT_FALSE(spec::counts_tokens("API_TOKENS", ""));
}

TEST(SecretNames, TellLessInOrdinaryText) {
  for (const auto* name : {"password", "Pwd", "api_key", "AccountKey", "SharedAccessKey", "token", "access_token",
                           "db_pass", "client-secret", "Authorization"}) {
    EXPECT_TRUE(spec::sounds_secret_anywhere(name)) << name;
  }
  for (const auto* name :
       {"key", "keys", "sort_key", "primary_key", "auth", "private", "pass", "prompt_tokens", "author"}) {
    EXPECT_FALSE(spec::sounds_secret_anywhere(name)) << name;
  }
}

}  // namespace
}  // namespace teal::test
