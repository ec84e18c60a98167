// A stage whose migration job names its database.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {

inline spec::DatabaseTarget target() {
  spec::DatabaseTarget database;
  database.host = "127.0.0.1";
  database.name = "shop";
  database.application = {{spec::ValueSource::Kind::Literal, "app", {}},
                          {spec::ValueSource::Kind::File, "/etc/shop/app", {}}};
  database.migration = {{spec::ValueSource::Kind::Literal, "migration", {}},
                        {spec::ValueSource::Kind::File, "/etc/shop/migration_password", {}}};
  return database;
}

inline void guard(Stage& stage) { stage.application.spec.migration.jobs[0].database = target(); }

inline const records::JobRecord& job(Stage& stage) { return stage.store.newest("shop")->jobs.at(0); }

// Of all rows of the ledger, in order.
inline std::string outcomes(const Stage& stage) {
  std::string text;
  for (const auto& row : stage.database_server.rows) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", row.outcome ? to_string(*row.outcome) : "open");
  }
  return text;
}

// The key of an attempt that another Teal made.
inline ports::LedgerKey foreign(const std::string& digest) {
  ports::LedgerKey key;
  key.application = "shop";
  key.job = "default";
  key.owner = "somebody else";
  key.image_digest = digest;
  key.revision = 3;
  key.attempt = 1;
  return key;
}

// What another Teal has noted of its attempt at this image.
inline FakeServer::Row row_of(Stage& stage, const std::string& digest, std::optional<world::LedgerOutcome> outcome) {
  FakeServer::Row row;
  row.key = foreign(digest);
  row.database = "shop";
  row.id = 1;
  row.started = stage.clock.time;
  row.outcome = outcome;
  return row;
}

}  // namespace teal::test
