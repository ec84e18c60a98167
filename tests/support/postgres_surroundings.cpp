#include "tests/support/postgres_surroundings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace teal::test {
namespace {

namespace fs = std::filesystem;

// Neither PostgreSQL nor pgbouncer runs as root.
std::vector<std::string> as_postgres(std::vector<std::string> command) {
  if (::geteuid() != 0) return command;
  std::vector<std::string> all{"setpriv", "--pdeathsig", "KILL",           "--reuid", "postgres",
                               "--regid", "postgres",    "--clear-groups", "--"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

// A folder that user postgres owns.
std::string make_folder(Servers& servers, const std::string& name) {
  static int number = 0;
  const auto folder = fmt::format("{}/{}{}", servers.folder(), name, ++number);
  fs::create_directories(folder);
  if (::geteuid() == 0) run_program({"chown", "postgres:postgres", folder});
  fs::permissions(folder, fs::perms{0700});
  return folder;
}

std::string line_of(const std::string& path) {
  auto text = read_text(path);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Whether the superuser is answered there.
bool answers(Servers& servers, int port, const std::string& user, const std::string& password) {
  const auto conninfo = fmt::format("host=127.0.0.1 port={} user={} dbname={} connect_timeout=3 password={}", port,
                                    user, servers.value("PG_DATABASE"), password);
  try {
    return run_program({servers.value("PG_BIN") + "/psql", "-X", "-Atc", "SELECT 1", conninfo}) == "1\n";
  } catch (const std::exception&) {
    return false;
  }
}

void await_answer(Process& process, const std::string& log, const std::function<bool()>& answered) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!answered()) {
    if (!process.running() || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("it does not answer: " + read_text(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

}  // namespace

Pooler::Pooler(Servers& servers, const std::string& mode, const std::string& more) : port_(free_port()) {
  const auto folder = make_folder(servers, "pooler");
  const auto app = line_of(servers.value("PG_APP_PASSWORD_FILE"));
  const auto migration = line_of(servers.value("PG_MIGRATION_PASSWORD_FILE"));
  std::ofstream{folder + "/users"} << fmt::format("\"app\" \"{}\"\n\"migration\" \"{}\"\n", app, migration);
  std::ofstream{folder + "/pgbouncer.ini"} << fmt::format(
      "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n"
      "unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}/users\npool_mode = {}\n{}",
      servers.value("PG_PORT"), port_, folder, mode, more);
  Program program;
  program.command = as_postgres({"/usr/sbin/pgbouncer", folder + "/pgbouncer.ini"});
  program.output = program.errors = folder + "/log";
  if (::geteuid() == 0) run_program({"chown", "-R", "postgres:postgres", folder});
  process_ = std::make_unique<Process>(program);
  await_answer(*process_, program.output, [&] { return answers(servers, port_, "app", app); });
}

Standby::Standby(Servers& servers) : port_(free_port()) {
  const auto folder = make_folder(servers, "standby");
  const auto password = line_of(servers.value("PG_SUPERUSER_PASSWORD_FILE"));
  const auto source = fmt::format("host=127.0.0.1 port={} user={} password={}", servers.value("PG_PORT"),
                                  servers.value("PG_SUPERUSER"), password);
  run_program(as_postgres({servers.value("PG_BIN") + "/pg_basebackup", "-D", folder + "/data", "-X", "fetch", "-c",
                           "fast", "--no-sync", "-d", source}));
  std::ofstream{folder + "/data/standby.signal"};
  Program program;
  program.command = as_postgres({servers.value("PG_BIN") + "/postgres", "-D", folder + "/data", "-c",
                                 fmt::format("port={}", port_), "-c", "listen_addresses=127.0.0.1", "-c",
                                 "unix_socket_directories=" + folder, "-c", "max_connections=300", "-c",
                                 "max_prepared_transactions=2", "-c", "shared_buffers=16MB", "-c", "fsync=off"});
  program.output = program.errors = folder + "/log";
  process_ = std::make_unique<Process>(program);
  await_answer(*process_, program.output,
               [&] { return answers(servers, port_, servers.value("PG_SUPERUSER"), password); });
}

Tls::Tls(Servers& servers) : servers_(servers), folder_(servers.folder() + "/tls") {
  fs::create_directories(folder_);
  const auto run = [&](const std::string& line) { run_program({"sh", "-ec", "cd " + folder_ + "; " + line}); };
  const auto authority = [&](const std::string& name) {
    run(
        fmt::format("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={0} "
                    "-keyout {0}.key -out {0}.pem",
                    name));
  };
  authority("ca");
  authority("stranger");
  run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=database -keyout server.key "
      "-out server.csr; echo subjectAltName=IP:127.0.0.1 >san; openssl x509 -req -in server.csr -CA ca.pem -CAkey "
      "ca.key -CAcreateserial -days 2 -extfile san -out server.pem; chmod 600 server.key");
  if (::geteuid() == 0) run("chown postgres server.key");
  reload(
      fmt::format("ALTER SYSTEM SET ssl_cert_file = '{0}/server.pem'; ALTER SYSTEM SET ssl_key_file = "
                  "'{0}/server.key'; ALTER SYSTEM SET ssl = on",
                  folder_));
}

Tls::~Tls() {
  try {
    reload("ALTER SYSTEM RESET ssl; ALTER SYSTEM RESET ssl_cert_file; ALTER SYSTEM RESET ssl_key_file");
  } catch (const std::exception&) {
    // the server has gone, and its settings with it
  }
}

// Each statement by itself: ALTER SYSTEM bears no transaction.
void Tls::reload(const std::string& statements) {
  std::vector<std::string> arguments{"-q"};
  for (std::size_t from = 0; from < statements.size();) {
    const auto end = std::min(statements.find(';', from), statements.size());
    arguments.insert(arguments.end(), {"-c", statements.substr(from, end - from)});
    from = end + 1;
  }
  arguments.insert(arguments.end(), {"-c", "SELECT pg_reload_conf()"});
  servers_.run("psql", arguments);
}

}  // namespace teal::test
