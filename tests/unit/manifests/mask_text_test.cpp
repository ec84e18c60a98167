// Secrets that are known by the words before them.
#include "manifests/masking/mask_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "manifests/wire/json.hpp"

namespace teal::test {
namespace {

using Cases = std::vector<std::pair<std::string, std::string>>;

void expect_masked(const Cases& cases) {
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(masking::mask_connection_strings(text), expected) << text;
    EXPECT_EQ(masking::mask_connection_strings(expected), expected) << "masked twice";
  }
}

TEST(MaskText, MasksPasswordsOfAddressesUpToTheLastAt) {
  expect_masked({
      {"postgres://u:p@h/d", "postgres://u:***@h/d"},
      {"postgres://u:p@ss@host/db", "postgres://u:***@host/db"},
      {"postgres://u:p@@s:s@host:5432/db?x=a@b", "postgres://u:***@host:5432/db?x=a@b"},
      {"postgres://u:p/w@host/db", "postgres://u:***@host/db"},
      {"postgres://u:p#w?x@host/db", "postgres://u:***@host/db"},
      {"postgres://u:it's@host/db", "postgres://u:***@host/db"},
      {"mongodb+srv://u:p@h1,h2:27017/d", "mongodb+srv://u:***@h1,h2:27017/d"},
      {"jdbc:mysql://u:p@h/d and redis://:x@y and amqps://a:b@[::1]:5671/",
       "jdbc:mysql://u:***@h/d and redis://:***@y and amqps://a:***@[::1]:5671/"},
      {R"({"url":"postgres:\/\/u:p@h\/d"})", R"({"url":"postgres:\/\/u:***@h\/d"})"},
      {"u:p@tcp(db:3306)/shop", "u:***@tcp(db:3306)/shop"},
      {"https://ghp_16C7e42F292c6912E7710c838347Ae@github.com/x", "https://***@github.com/x"},
      {"to postgres://u:hunt… after", "to postgres://u:***… after"},
  });
}

TEST(MaskText, MasksValuesOfTellingWords) {
  expect_masked({
      {"host=h password=p user=u", "host=h password=*** user=u"},
      {"password='p q' user=u", "password=*** user=u"},
      {R"(password='it\'s' user=u)", "password=*** user=u"},
      {R"(password=a\ b user=u)", "password=*** user=u"},
      {"password=o'neill user=u", "password=*** user=u"},
      {"host=h password=a&b;c user=u", "host=h password=*** user=u"},
      {"{user=u, password=secret, n=1}", "{user=u, password=***, n=1}"},
      {"password = secret, next", "password = ***, next"},
      {"psql 'host=h password=p' -c x", "psql 'host=h password=***' -c x"},
      {"postgres://h/d?user=u&password=p&x=y#f", "postgres://h/d?user=u&password=***&x=y#f"},
      {"GET /v1?key=AIza77&page=2", "GET /v1?key=***&page=2"},
      {"user=u&password=p&x=y", "user=u&password=***&x=y"},
      {"Server=db;Password=a b;Timeout=3", "Server=db;Password=***;Timeout=3"},
      {"Password=a b;Server=db", "Password=***;Server=db"},
      {"Server=db;Pwd=a b", "Server=db;Pwd=***"},
      {"DSN: \"Driver=x;PWD=a b;\" is bad", "DSN: \"Driver=x;PWD=***;\" is bad"},
      {"AccountName=n;AccountKey=ab+/cd==;Suffix=s", "AccountName=n;AccountKey=***;Suffix=s"},
      {"Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=k=",
       "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=***"},
      {"PGPASSWORD=hunter2 psql -h db", "PGPASSWORD=*** psql -h db"},
      {"export DB_PASS=\"a b\"; run", "export DB_PASS=***; run"},
      {"-Ddb.password=x -Dlevel=info", "-Ddb.password=*** -Dlevel=info"},
      {"password=", "password=***"},
      {R"({"password": "p\"q", "user": "u"})", R"({"password": "***", "user": "u"})"},
      {R"(body {\"api_key\":\"x\",\"n\":1})", R"(body {\"api_key\":\"***\",\"n\":1})"},
      {R"({"token":null,"client_secret":12345})", R"({"token":null,"client_secret":***})"},
      {"\"password\"=>\"x\"", "\"password\"=>***"},
  });
}

TEST(MaskText, MasksArgumentsBehindTellingOptions) {
  expect_masked({
      {"run --password hunter2 --verbose", "run --password *** --verbose"},
      {"run --password=hunter2 --verbose", "run --password=*** --verbose"},
      {"run --db-password 'a b' x", "run --db-password '***' x"},
      {"run --token hunter2", "run --token ***"},
      {"run --api-key hunter2", "run --api-key ***"},
      {"run -password hunter2", "run -password ***"},
      {R"(exec: ["run","--password","a b","x"])", R"(exec: ["run","--password","***","x"])"},
      {"curl -H 'Authorization: Bearer abc.def-123'", "curl -H 'Authorization: Bearer ***'"},
      {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"},
      {"sent X-Api-Key: abc123 to h", "sent X-Api-Key: *** to h"},
      {"with Bearer eyJhbGciOi.J9 refused", "with Bearer *** refused"},
  });
}

TEST(MaskText, MasksPrivateKeysWhereverTheyStand) {
  expect_masked({
      {"a\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE+v/Q==\nabc\n-----END RSA PRIVATE "
       "KEY-----\nb",
       "a\n-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nb"},
      {R"({"k":"-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----\n","n":1})",
       R"({"k":"-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\n","n":1})"},
      {"-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----",
       "-----BEGIN PGP PRIVATE KEY BLOCK-----***-----END PGP PRIVATE KEY BLOCK-----"},
      {"--------BEGIN EC PRIVATE KEY-----MIIE-----END EC PRIVATE KEY-----",
       "--------BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY-----"},
      {"cut: -----BEGIN PRIVATE KEY-----\nMIIE\nab+/", "cut: -----BEGIN PRIVATE KEY-----***"},
      {"MIIE\nab+/\n-----END PRIVATE KEY-----\nafter", "***-----END PRIVATE KEY-----\nafter"},
  });
}

TEST(MaskText, MasksTheLinesOfYamlThatBelongToAName) {
  expect_masked({
      {"password: |\n  hunter2\n\n  more\nuser: u", "password: |\n  ***\nuser: u"},
      {"db:\n  password: >-\n    hunter2\n  user: u", "db:\n  password: >-\n    ***\n  user: u"},
      {"- password: |2+ # why\n    hunter2\n  user: u", "- password: |2+ # why\n    ***\n  user: u"},
  });
  const auto in_manifest = [](std::string_view text) {
    return masking::with_masks(text, masking::telling_spans(text, masking::TellingWords::Manifest));
  };
  EXPECT_EQ(in_manifest("password:\n  hunter2\nuser: u"), "password:\n  ***\nuser: u");
  EXPECT_EQ(in_manifest("password: hunter2\n  more\nuser: u"), "password: ***\nuser: u");
  EXPECT_EQ(in_manifest("password: \"hunter2\n  more\"\nuser: u"), "password: ***\nuser: u");
  EXPECT_EQ(in_manifest("apiKeys:\n- hunter2\n- more\nuser: u"), "apiKeys:\n- ***\nuser: u");
  EXPECT_EQ(in_manifest("auth:\n  kind: basic\n  password: x\nuser: u"),
            "auth:\n  kind: basic\n  password: ***\nuser: u");
  EXPECT_EQ(in_manifest("- name: DB_PASSWORD\n  value: hunter2\n- name: LEVEL\n  value: info"),
            "- name: DB_PASSWORD\n  value: ***\n- name: LEVEL\n  value: info");
}

TEST(MaskText, MasksValuesWhoseNameStandsBesideThem) {
  const Cases cases{
      {R"([{"name":"DB_PASSWORD","value":"s{1}"},{"name":"LEVEL","value":"info"}])",
       R"([{"name":"DB_PASSWORD","value":"***"},{"name":"LEVEL","value":"info"}])"},
      {R"({"value":"s}1","type":"x","name":"DB_PASSWORD"})", R"({"value":"***","type":"x","name":"DB_PASSWORD"})"},
      {"{\n  \"Key\": \"db-password\",\n  \"Value\": \"s1\"\n}",
       "{\n  \"Key\": \"db-password\",\n  \"Value\": \"***\"\n}"},
      {R"(m="{\"name\":\"DB_PASSWORD\",\"value\":\"s1\"}")", R"(m="{\"name\":\"DB_PASSWORD\",\"value\":\"***\"}")"},
      {"ParameterKey=DBPassword,ParameterValue=s1 ParameterKey=Size,ParameterValue=3",
       "ParameterKey=DBPassword,ParameterValue=*** ParameterKey=Size,ParameterValue=3"},
      {R"({"apiKeys":["s[1]", "s2"],"n":[1]})", R"({"apiKeys":[***],"n":[1]})"},
      {R"(<add key="Password" value="s1"/><add key="Size" value="3"/>)",
       R"(<add key="Password" value=***/><add key="Size" value="3"/>)"},
      {R"(<add value="s1" key="Password"/>)", R"(<add value=*** key="Password"/>)"},
      {"<c><user>u</user><password>s1</password></c>", "<c><user>u</user><password>***</password></c>"},
      {R"(<x:password type="a"><![CDATA[s<1]]></x:password>)", R"(<x:password type="a"><![CDATA[***]]></x:password>)"},
      {R"(<entry key="db.password">s1</entry>)", R"(<entry key="db.password">***</entry>)"},
      {R"(<property name="password"><value>s1</value></property>)",
       R"(<property name="password"><value>***</value></property>)"},
  };
  expect_masked(cases);
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(masking::with_masks(text, masking::telling_spans(text, masking::TellingWords::Manifest)), expected)
        << text;
  }
}

TEST(MaskText, MasksArgumentsThatAProgramTakesForPasswords) {
  expect_masked({
      {"curl -u shop:s1 http://h", "curl -u shop:*** http://h"},
      {"curl --user 'shop:s 1' http://h", "curl --user 'shop:***' http://h"},
      {"curl --user=shop:s1 http://h", "curl --user=shop:*** http://h"},
      {R"(["curl","-u","shop:123456","x"])", R"(["curl","-u","shop:***","x"])"},
      {"/usr/bin/mysqldump -h db -pS1! shop", "/usr/bin/mysqldump -h db -p*** shop"},
      {R"(["mariadb","-u","shop","-ps1"])", R"(["mariadb","-u","shop","-p***"])"},
      {"sshpass -p s1 ssh h", "sshpass -p *** ssh h"},
      {"redis-cli -h cache -a s1 ping", "redis-cli -h cache -a *** ping"},
      {"sqlplus scott/s1@db", "sqlplus scott/***@db"},
      {"jdbc:oracle:thin:scott/s1@//h:1521/x", "jdbc:oracle:thin:scott/***@//h:1521/x"},
      {R"(["--api-key","--S1"])", R"(["--api-key","***"])"},
      {"CREATE USER u WITH PASSWORD 'it''s' LOGIN", "CREATE USER u WITH PASSWORD '***' LOGIN"},
      {"create user u identified by \"s1\"", "create user u identified by \"***\""},
      {"ALTER USER u IDENTIFIED WITH caching_sha2_password BY 's1';",
       "ALTER USER u IDENTIFIED WITH caching_sha2_password BY '***';"},
  });
}

TEST(MaskText, MasksWhatStandsBelowANameOfSecrets) {
  expect_masked({
      {R"({"secrets": {"db": "X", "n": {"a": ["b"]}}, "z": 1})", R"({"secrets": {***}, "z": 1})"},
      {R"({"dbPasswords":{"a":"}"}})", R"({"dbPasswords":{***}})"},
      {R"({"secrets":{}})", R"({"secrets":{}})"},
      {R"({"auth":{"enabled":true}})", R"({"auth":{"enabled":true}})"},
      {R"({"pass":"s1"})", R"({"pass":"***"})"},
  });
}

TEST(MaskText, MasksFormsThatOtherProgramsGiveToPasswords) {
  expect_masked({
      {"docker login -u shop -p s1 registry", "docker login -u shop -p *** registry"},
      {"helm registry login h -p s1", "helm registry login h -p ***"},
      {"az login --service-principal -u a -p s1", "az login --service-principal -u a -p ***"},
      {"curl -ushop:s1 http://h", "curl -ushop:*** http://h"},
      {"curl -u app:app h", "curl -u app:*** h"},
      {"run --auth=shop:s1", "run --auth=shop:***"},
      {"run --db-password:s1 x", "run --db-password:*** x"},
      {"ldapsearch -D cn=a -w s1 x", "ldapsearch -D cn=a -w *** x"},
      {"keytool -storepass s1 -keypass s2", "keytool -storepass *** -keypass ***"},
      {"openssl enc -aes256 -k s1", "openssl enc -aes256 -k ***"},
      {"password := s1 x", "password := *** x"},
      {"password:=s1 x", "password:=*** x"},
      {"db_password: hunter2", "db_password: ***"},
      {"ALTER ROLE x PASSWORD $$s 1$$ LOGIN", "ALTER ROLE x PASSWORD $$***$$ LOGIN"},
      {"ALTER ROLE x PASSWORD $q$s1$q$", "ALTER ROLE x PASSWORD $q$***$q$"},
      {"CREATE USER x IDENTIFIED BY s1;", "CREATE USER x IDENTIFIED BY ***;"},
      {"machine h login u password s1", "machine h login u password ***"},
      {"Set-Cookie: session=s1; Path=/", "Set-Cookie: ***"},
      {R"(curl -H "Cookie: JSESSIONID=s1" h)", R"(curl -H "Cookie: ***" h)"},
      {"to //shop:s1@db/x", "to //shop:***@db/x"},
      {"SSHPASS=s1 ROOT_PW=s2 mypwd=s3", "SSHPASS=*** ROOT_PW=*** mypwd=***"},
  });
}

// Among a manifest's own words, where each may be meant.
TEST(MaskText, MasksWhatIsJoinedByAColonInCommands) {
  EXPECT_EQ(wire::masked_command({"run", "--key:s1"}), "run --key:***");
  EXPECT_EQ(wire::masked_command({"setup.exe", "/password:s1", "/p:Password=s2"}),
            "setup.exe /password:*** /p:Password=***");
  EXPECT_EQ(wire::masked_command({"sh", "-c", "run DB_PASSWORD:s1 shop:s2@db"}),
            "sh -c run DB_PASSWORD:*** shop:***@db");
  for (const std::string kept : {"http://auth:8080/x", "auth:8080", "registry/secret-app:1.2", "token-service:1.2.3",
                                 "nginx:1.25@sha256:0123", "git@github.com:a/b", "--auth:8080", "admin@h:5432"}) {
    EXPECT_EQ(wire::masked_command({"run", kept}), "run " + kept);
  }
}

TEST(MaskText, LeavesAUserAndTheirGroup) {
  EXPECT_EQ(wire::masked_command({"docker", "run", "--user", "app:app", "x"}), "docker run --user app:app x");
  EXPECT_EQ(wire::masked_command({"docker", "run", "--user=app:app", "x"}), "docker run --user=app:app x");
  EXPECT_EQ(wire::masked_command({"run", "-u", "app:s1"}), "run -u app:***");
  EXPECT_EQ(wire::masked_command({"curl", "-u", "app:app"}), "curl -u app:***");
  EXPECT_EQ(masking::mask_connection_strings("docker run --user app:app x"), "docker run --user app:app x");
}

TEST(MaskText, MasksArgumentsOfAList) {
  EXPECT_EQ(wire::masked_command({"curl", "-u", "shop:s 1", "http://h"}), "curl -u shop:*** http://h");
  EXPECT_EQ(wire::masked_command({"curl", "--user=shop:s1"}), "curl --user=shop:***");
  EXPECT_EQ(wire::masked_command({"mysql", "-ushop", "-ps1", "-p"}), "mysql -ushop -p*** -p");
  EXPECT_EQ(wire::masked_command({"sshpass", "-p", "s1", "ssh"}), "sshpass -p *** ssh");
  EXPECT_EQ(wire::masked_command({"redis-cli", "-a", "s1"}), "redis-cli -a ***");
  EXPECT_EQ(wire::masked_command({"run", "--api-key", "--S1", "x"}), "run --api-key *** x");
  EXPECT_EQ(wire::masked_command({"run", "--password", "--verbose", "x"}), "run --password --verbose x");
  EXPECT_EQ(wire::masked_command({"sh", "-c", "mysql -ps1 | grep -ps1"}), "sh -c mysql -p*** | grep -ps1");
  EXPECT_EQ(wire::masked_command({"docker", "run", "-u", "1000:1000", "-p", "80:80", "-a", "x"}),
            "docker run -u 1000:1000 -p 80:80 -a x");
}

TEST(MaskText, MasksTokensByTheirBeginnings) {
  expect_masked({
      {"uses ghp_16C7e42F292c6912E7710c838347Ae here", "uses ghp_*** here"},
      {"used teal_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "used teal_***"},
      {"hvs.CAESIJ0123456789abcdefgh glrt-0123456789abcdefgh", "hvs.*** glrt-***"},
      {"https://x.webhook.office.com/webhookb2/1-2@3-4/IncomingWebhook/5/6",
       "https://x.webhook.office.com/webhookb2/***"},
      {"github_pat_11ABCDEFG0abcdefghij, glpat-abcdefghijklmnopqrst", "github_pat_***, glpat-***"},
      {"\"sk_live_abcdefgh12345678\" xoxb-123456789012-abcdef", "\"sk_live_***\" xoxb-***"},
      {"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "got eyJ***"},
      {"https://hooks.slack.com/services/T000/B000/s1s1s1", "https://hooks.slack.com/services/***"},
      {"https://h/c?sv=2020&sig=a%2Bb%3D&se=1", "https://h/c?sv=2020&sig=***&se=1"},
      {"https://h/k?X-Amz-Date=1&X-Amz-Signature=abc123", "https://h/k?X-Amz-Date=1&X-Amz-Signature=***"},
      {"https://h/c?sv=2020\\u0026sig=abc\\u0026se=1&amp;sig=x&amp;y",
       "https://h/c?sv=2020\\u0026sig=***\\u0026se=1&amp;sig=***&amp;y"},
      {"jdbc:sqlserver://h;user=sa;password={a b;}}c};encrypt=true",
       "jdbc:sqlserver://h;user=sa;password=***;encrypt=true"},
  });
}

TEST(MaskText, LeavesOrdinaryTextAlone) {
  for (const std::string text : {"nothing",
                                 "MONKEY=banana",
                                 "KEYBOARD=de AUTHOR=x",
                                 "postgres://u@h:5432/d",
                                 "http://h:80/a@b",
                                 "https://example.com/x?page=2&mail=a@b",
                                 "redis://cache:6379/0",
                                 "kafka://a:9092,b:9092/t a@b",
                                 "mail to admin@example.com: done",
                                 "invalid password: too short",
                                 "password authentication failed for user \"x\"",
                                 "author: somebody",
                                 "sort_key=name key=3",
                                 "pass=3 fail=2",
                                 "prompt_tokens=150",
                                 "at 12:30:45 a@b",
                                 "--password-file /run/secrets/x",
                                 "--password --verbose",
                                 "Basic authentication failed",
                                 "the bearer of this",
                                 "git@github.com:org/repo.git",
                                 "api-key: /etc/shop/key1: No such file",
                                 "api-key: teald's own environment",
                                 "add LoadCredential=name:/path to teald.service",
                                 "DB_PASSWORD_FILE=/run/secrets/x",
                                 "AUTH_USER=shop",
                                 "a == b != c",
                                 "::1 :: =",
                                 "- -- ---",
                                 "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
                                 "----- PRIVATE KEY -----",
                                 "-----",
                                 R"({"name":"LEVEL","value":"info"},{"name":"DB_PASSWORD"})",
                                 R"({"value":1})",
                                 "value=3 name=password",
                                 "<password/><user>u</user>",
                                 "<a password",
                                 "if token < 3 and x > 2",
                                 "token: | head",
                                 "invalid password:\n  at main",
                                 R"({"apiKeys":[]})",
                                 "docker run --user 1000:1000 -p80:80 -p 81:81 mysql:8",
                                 "docker run --name mysql -p3306:3306",
                                 "ps -a -p1",
                                 "mysql -u shop -p shop",
                                 "gobuster -u http://h",
                                 "sorted by 'name'",
                                 "path/to/a@b",
                                 "redis-cli -p 6379",
                                 "teal_dependency_request_duration_seconds_bucket",
                                 "the cookie: is stale",
                                 "the user identified by their name",
                                 "the password $HOME/x",
                                 "reset password for login x",
                                 "npm_config_registry npm_package_name",
                                 "myghp_1234567890123456",
                                 "a eyJ b",
                                 "ghp_ x",
                                 "sig=3 signature=x",
                                 "hooks.slack.com/services/"}) {
    EXPECT_EQ(masking::mask_connection_strings(text), text);
  }
}

// Of the processor, the least of three: others may be busy beside it.
double seconds_to_mask(std::string_view piece, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  auto least = std::numeric_limits<double>::max();
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::clock();
    static_cast<void>(masking::mask_connection_strings(text));
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

// Eight times the text may take eight times as long, on whatever machine; what compares all with all takes 64 times.
TEST(MaskText, IsLinearInWhateverTextThereIs) {
  for (const auto* piece : {"x://",
                            "x://a:b/",
                            "token=\"a",
                            "\"token=a ",
                            ";token=a",
                            "a=",
                            ":",
                            "\":",
                            "@tcp(",
                            "--password ",
                            "password='",
                            "\\\"token\\\":\\\"",
                            "a: ",
                            "bearer ",
                            "cookie: ",
                            "cookie:a=",
                            "\"secrets\":{",
                            "password $$",
                            "password $a",
                            "IDENTIFIED BY ",
                            "machine login password ",
                            "//a:b@",
                            ":=",
                            "-u",
                            "--user a:a ",
                            "-----BEGIN PRIVATE KEY-----",
                            "-----END PRIVATE KEY-----a",
                            "-----",
                            "\"value\":",
                            "value=",
                            "{\"value\":\"",
                            "<token>",
                            "<token><![CDATA[",
                            "<a b=",
                            "\"token\":[",
                            "token: |\n",
                            "token: |\n  ",
                            "\"-",
                            " -p",
                            " -px",
                            "password '",
                            "by '",
                            "a/b@",
                            "eyJ-",
                            "eyJa.",
                            "ghp_",
                            "password={",
                            "password={a}}"}) {
    const auto small = seconds_to_mask(piece, 1U << 15U);
    const auto large = seconds_to_mask(piece, 1U << 18U);
    EXPECT_LT(large, 32 * std::max(small, 0.001)) << piece << ": " << small << " s and " << large << " s";
  }
}

TEST(MaskText, ShowsAPartOfATextWithWholeMasks) {
  const std::vector<masking::TextSpan> spans{{2, 5}, {8, 9}};
  EXPECT_EQ(masking::with_masks("0123456789", spans), "01***567***9");
  EXPECT_EQ(masking::with_masks("0123456789", spans, {3, 10}), "***567***9");
  EXPECT_EQ(masking::with_masks("0123456789", spans, {5, 10}), "567***9");
  EXPECT_EQ(masking::with_masks("0123456789", spans, {0, 4}), "01***");
  EXPECT_EQ(masking::merged({{5, 8}, {1, 3}, {2, 4}, {8, 9}}),
            (std::vector<masking::TextSpan>{{1, 4}, {5, 8}, {8, 9}}));
}

}  // namespace
}  // namespace teal::test
