#include "daemon/drivers/databases/postgres/pooler.hpp"

#include <fmt/format.h>

#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>

#include "daemon/drivers/databases/postgres/session.hpp"

namespace teal::postgres {
namespace {

int process_of(pqxx::transaction_base& work) {
  return only_row(work.exec("SELECT pg_catalog.pg_backend_pid()"))[0].as<int>();
}

int process_of(Connection& connection) {
  pqxx::nontransaction work{connection};
  return process_of(work);
}

}  // namespace

std::optional<std::string> transaction_pooler(Connection& connection, const spec::DatabaseTarget& target,
                                              const ports::DatabaseLogin& login) {
  const int mine = process_of(connection);
  if (mine == connection.backendpid()) return std::nullopt;  // who greeted us is who answers
  // A pooler greets in its own name. Keeping one session a client it would do; so look what a second client gets.
  // Its words are masked by whoever asks.
  Session other{target, login, "teal, looking for a pooler", std::make_shared<const masking::Mask>()};
  pqxx::work work{other.connection()};
  const int theirs = process_of(work);
  // Only when theirs is another one: a pool of one session would leave us waiting for it.
  if (theirs != mine && process_of(connection) == mine) return std::nullopt;
  return fmt::format(
      "a connection pooler in transaction mode stands between Teal and {}: server process {} serves one client after "
      "another, so a session's lock would be anybody's; name the server's own address, or a pool in session mode",
      world::place_of(target), mine);
}

}  // namespace teal::postgres
