// One connection to PostgreSQL, used by one unit of work at a time on a pool thread.
//
// libpqxx blocks, so every use has a deadline: when it has passed, the socket is shut down, which ends the call that is
// blocked on it. A session that any work has left with an exception is permanently broken; the same object never
// reconnects, because a session's lock does not survive that.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <pqxx/result>
#include <pqxx/row>
#include <stdexcept>

#include "controllers/ports/database.hpp"
#include "daemon/drivers/databases/postgres/connection.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::postgres {

class Session {
 public:
  // Connects; called on a pool's thread. `given` is what use_session masks the server's words with. Throws what libpqxx
  // throws.
  Session(const spec::DatabaseTarget& target, const ports::DatabaseLogin& login, const std::string& program,
          std::shared_ptr<const masking::Mask> given = std::make_shared<const masking::Mask>());
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] Connection& connection() { return *connection_; }
  [[nodiscard]] int socket() const { return socket_; }
  // Ends what hangs on it; from any thread.
  void cut() const;
  [[nodiscard]] bool is_broken() const { return broken_; }
  void mark_broken() { broken_ = true; }
  [[nodiscard]] const masking::Mask& given() const {
    return *given_;
  }  // what its server has been told and nobody may read
  [[nodiscard]] std::mutex& turn() { return turn_; }  // whoever uses the connection

 private:
  std::shared_ptr<const masking::Mask> given_;
  std::unique_ptr<Connection> connection_;
  Quiet quiet_;      // the server's notices are nobody's
  int socket_ = -1;  // a duplicate, so that a number that is in use for something else is never shut down
  std::atomic<bool> broken_ = false;
  std::mutex turn_;
};

using SessionPtr = std::shared_ptr<Session>;

// The server answers, and what it says will not fix itself: told as `invalid`.
class Unfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// While it lives, what `error_of` and `short_text` make on this thread of a server's words has its passwords masked,
// before anything of it is cut or changed. open_session and use_session see to it for whatever they run.
class HearsServer {
 public:
  explicit HearsServer(const masking::Mask& given);
  ~HearsServer();
  HearsServer(const HearsServer&) = delete;
  HearsServer& operator=(const HearsServer&) = delete;

 private:
  const masking::Mask* before_;
};

// What libpqxx or we have thrown, as an error: unavailable, timed_out, denied, invalid, conflict, internal.
[[nodiscard]] Error error_of(const std::exception& failure);

// Connects as one of the two users, within three seconds. A server may have been told the passwords of both, so neither
// is shown when it says it.
[[nodiscard]] boost::asio::awaitable<Result<SessionPtr>> open_session(runtime::BlockingPool& pool,
                                                                      const ports::DatabaseAccess& access,
                                                                      ports::DatabaseLogin login, std::string program);

// What the server says, for people: not endless, whatever it sends.
[[nodiscard]] std::string short_text(const pqxx::field& field);
// The row of an answer that has just one. Throws pqxx::unexpected_rows.
[[nodiscard]] pqxx::row only_row(const pqxx::result& rows);
// The rows of an answer of at most so many. Throws Unfit for one of more.
[[nodiscard]] pqxx::result at_most(pqxx::result rows, std::size_t most);

// Runs `work` on the pool with the session's connection, for at most so long. A server that answers with more than
// most_answer is `invalid`, and the session is broken.
[[nodiscard]] boost::asio::awaitable<Result<void>> use_session(runtime::BlockingPool& pool, SessionPtr session,
                                                               std::chrono::milliseconds deadline,
                                                               std::function<void(Connection&)> work);

}  // namespace teal::postgres
