// C1: no serving container ever holds a migration credential; and no alarm where there is none.
#include "controllers/environment/credentials.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/await.hpp"
#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

environment::MigrationCredential credential(const std::string& name, const std::string& value,
                                            const std::string& file = "/run/s/x") {
  environment::MigrationCredential made;
  made.name = name;
  made.file = file;
  made.value = masking::Secret{value};
  return made;
}

std::vector<environment::MigrationCredential> usual() {
  std::vector<environment::MigrationCredential> all;
  all.push_back(credential("DB__USER", "shop_migrator", "/run/secrets/migration_user"));
  all.push_back(credential("DB__PASSWORD", "correct-horse", "/run/secrets/migration_password"));
  all.push_back(credential("DB__HOST", "127.0.0.1"));
  all.push_back(credential("DB__NAME", "shop"));
  return all;
}

Result<void> with_variable(const std::string& name, const std::string& value) {
  ports::ContainerSpec container;
  container.env.emplace_back(name, masking::Secret{value});
  return environment::check_before_create(container, usual());
}

Result<void> with_mount(const std::string& source) {
  ports::ContainerSpec container;
  container.mounts = {{source, "/data", true}};
  return environment::check_before_create(container, usual());
}

void expect_leak(const Result<void>& checked, const std::string& where) {
  ASSERT_FALSE(checked) << where;
  EXPECT_EQ(checked.error().code, ErrorCode::denied);
  EXPECT_THAT(checked.error().message, HasSubstr(where));
  EXPECT_THAT(checked.error().message, Not(HasSubstr("correct-horse"))) << "C2";
  EXPECT_THAT(checked.error().message, Not(HasSubstr("shop_migrator"))) << "C2";
}

// "NAME=value" of each.
std::vector<std::string> lines_of(const masking::SecretEnvironment& values) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : values) lines.push_back(name + "=" + value.reveal());
  return lines;
}

environment::ReplicaValues values_with(bool as_files) {
  PlainSecrets secrets;
  spec::ApplicationSpec spec;
  spec.env["DB__HOST"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "127.0.0.1", {}};
  spec.env["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/password", {}};
  spec.env["KEY"] = spec::ValueSource{spec::ValueSource::Kind::Environment, "SHOP_KEY", {}};
  spec.env["KEY_FILE"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "/elsewhere", {}};
  spec.env["TOKEN"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/token", {}};
  spec::Component component;
  component.env["TOKEN"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "none", {}};
  component.secrets_as_files = as_files;
  boost::asio::io_context loop;
  const auto values = await(loop, environment::values_of(secrets, spec, component));
  EXPECT_TRUE(values);
  return values ? *values : environment::ReplicaValues{};
}

TEST(SecretFiles, AreAllThatIsReadFromElsewhereAndTheirVariablesSayWhere) {
  const auto values = values_with(true);
  EXPECT_THAT(lines_of(values.files),
              ElementsAre("DB__PASSWORD=the value of /etc/shop/password", "KEY=the value of SHOP_KEY"));
  EXPECT_THAT(lines_of(values.env), ElementsAre("DB__HOST=127.0.0.1", "DB__PASSWORD_FILE=/run/secrets/DB__PASSWORD",
                                                "KEY_FILE=/elsewhere", "TOKEN=none"));
}

TEST(SecretFiles, AreNoneUnlessAskedFor) {
  const auto values = values_with(false);
  EXPECT_TRUE(values.files.empty());
  EXPECT_EQ(values.env.size(), 5u);
}

TEST(Credentials, PasswordInASecretFileIsALeak) {
  ports::ContainerSpec container;
  container.files.emplace_back("OTHER", masking::Secret{"correct-horse"});
  expect_leak(environment::check_before_create(container, usual()), "the variable OTHER");
}

TEST(Credentials, PasswordInAnyVariableIsALeak) {
  expect_leak(with_variable("DB__PASSWORD", "correct-horse"), "the variable DB__PASSWORD");
  expect_leak(with_variable("OTHER", "correct-horse"), "the variable OTHER");
  expect_leak(with_variable("URL", "postgres://shop_migrator:correct-horse@db/shop"), "the variable URL");
}

TEST(Credentials, MigrationUserInTheApplicationsOwnVariableIsALeak) {
  expect_leak(with_variable("DB__USER", "shop_migrator"), "the variable DB__USER");
}

TEST(Credentials, WhatBothUsersShareIsNoLeak) {
  EXPECT_TRUE(with_variable("DB__HOST", "127.0.0.1"));
  EXPECT_TRUE(with_variable("DB__NAME", "shop"));
  EXPECT_TRUE(with_variable("TITLE", "shop"));
  EXPECT_TRUE(with_variable("DB__USER", "shop_app"));
  EXPECT_TRUE(with_variable("SUPPORT", "write to shop_migrator@example.org"));
  EXPECT_TRUE(with_variable("DB__PASSWORD", ""));
}

TEST(Credentials, ShortPasswordIsFoundAsAWholeValueOnly) {
  std::vector<environment::MigrationCredential> all;
  all.push_back(credential("DB__PASSWORD", "pw1"));
  ports::ContainerSpec container;
  container.env.emplace_back("PATH", masking::Secret{"/opt/pw1/bin"});
  EXPECT_TRUE(environment::check_before_create(container, all));
  container.env.emplace_back("X", masking::Secret{"pw1"});
  EXPECT_FALSE(environment::check_before_create(container, all));
}

TEST(Credentials, ArgumentIsALeak) {
  ports::ContainerSpec container;
  container.command = {"./serve", "--database=postgres://x:correct-horse@db"};
  expect_leak(environment::check_before_create(container, usual()), "an argument of its command");
}

TEST(Credentials, MountOfTheFileOrOfAFolderAboveItIsALeak) {
  expect_leak(with_mount("/run/secrets/migration_password"), "the mount of /run/secrets/migration_password");
  expect_leak(with_mount("/run/secrets"), "the mount of /run/secrets");
  expect_leak(with_mount("/run/secrets/"), "the mount of /run/secrets/");
  expect_leak(with_mount("/run/other/../secrets"), "the mount of");
  expect_leak(with_mount("/"), "the mount of /");
  EXPECT_TRUE(with_mount("/run/secrets-of-the-application"));
  EXPECT_TRUE(with_mount("/srv/data"));
}

TEST(Credentials, LabelsAndTheImagesOwnEnvironmentAreLookedAtAfterwards) {
  ports::Exposure exposure;
  exposure.environment.emplace_back("PATH=/usr/bin");
  exposure.environment.emplace_back("NOVALUE");
  exposure.texts.push_back({"labels", masking::Secret{"teal.application=shop"}});
  EXPECT_TRUE(environment::check_after_create(exposure, usual()));
  exposure.texts.push_back({"labels", masking::Secret{"note=correct-horse"}});
  expect_leak(environment::check_after_create(exposure, usual()), "its labels");
  exposure.texts.pop_back();
  exposure.environment.emplace_back("BAKED_IN=correct-horse");
  expect_leak(environment::check_after_create(exposure, usual()), "the variable BAKED_IN");
}

TEST(Credentials, TheImagesOwnConfigurationIsLookedAtAndSaidToBeTheImages) {
  ports::Exposure image;
  image.environment.emplace_back("PATH=/usr/bin");
  image.texts.push_back({"command", masking::Secret{"./serve"}});
  EXPECT_TRUE(environment::check_image(image, usual()));
  image.texts.push_back({"entrypoint", masking::Secret{"--url=postgres://x:correct-horse@db"}});
  expect_leak(environment::check_image(image, usual()),
              "its image's entrypoint would hold the migration credential DB__PASSWORD");
  image.texts.pop_back();
  image.environment.emplace_back("DB__PASSWORD=correct-horse");
  expect_leak(environment::check_image(image, usual()), "the variable DB__PASSWORD of its image");
}

TEST(Credentials, PasswordIsFoundAsItStandsInAnUrl) {
  std::vector<environment::MigrationCredential> all;
  all.push_back(credential("DB__PASSWORD", "p@ss/w:rd 1"));
  ports::ContainerSpec container;
  container.env.emplace_back("URL", masking::Secret{"postgres://shop:p%40ss%2Fw%3Ard%201@db/shop"});
  EXPECT_FALSE(environment::check_before_create(container, all));
}

}  // namespace
}  // namespace teal::test
