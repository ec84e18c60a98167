// A job's database in the API: lock holder, ledger, and what preflight finds, of load balancers too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/reason.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

// One thing that preflight found. `type` is the condition that does not hold: DatabaseReachable, DatabaseTls,
// ServerSupported, DirectConnection, DatabaseWritable, FreeConnections, MigrationUserPrivileges,
// ApplicationUserRestricted, ExtensionsPresent, NoBlockingSessions, IndexesValid, LedgerUsable, ApplicationUserGrants.
struct Finding {
  std::string type;
  spec::Reason reason;
  std::string message;  // a sentence, never a secret's value
  bool blocks = false;  // nothing may be migrated while this is so
  bool passes = false;  // it may go away by itself: worth waiting for

  bool operator==(const Finding&) const = default;
};

struct LedgerObject {
  std::int64_t row = 0;
  std::string outcome;  // Running while it is under way
  std::string fingerprint_before;
  std::string fingerprint_after;

  bool operator==(const LedgerObject&) const = default;
};

struct DatabaseObject {
  bool locked = false;
  std::string holder;  // who else holds the lock
  std::optional<LedgerObject> ledger;
  std::optional<std::vector<Finding>> findings;  // none: nobody looked

  bool operator==(const DatabaseObject&) const = default;
};

// Answer of `preflight`.
struct PreflightObject {
  struct Item {
    std::string job;   // empty: of a load balancer
    std::string hook;  // where it runs; empty: a job of the migration
    std::string database;
    std::string load_balancer;  // and backend, "edge/shop_api"
    std::string migration_user;
    std::string application_user;
    bool migrated = false;
    std::vector<Finding> findings;

    bool operator==(const Item&) const = default;
  };
  std::string application;
  std::vector<Item> items;
};

template <class V>
void describe(V& v, wire::Is<Finding> auto& finding) {
  v.type("Finding");
  v("type", finding.type);
  v("reason", finding.reason);
  v("message", finding.message);
  v("blocks", finding.blocks);
  v("passes", finding.passes, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<LedgerObject> auto& ledger) {
  v.type("Ledger");
  v("row", ledger.row);
  v("outcome", ledger.outcome);
  v("fingerprintBefore", ledger.fingerprint_before);
  v("fingerprintAfter", ledger.fingerprint_after, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<DatabaseObject> auto& database) {
  v.type("Database");
  v.group("lock", {}, [&](auto& lock) {
    lock("held", database.locked);
    lock("holder", database.holder, wire::unless_default);
  });
  v("ledger", database.ledger);
  v("findings", database.findings);
}

template <class V>
void describe(V& v, wire::Is<PreflightObject::Item> auto& item) {
  v.type("PreflightItem");
  v("job", item.job);
  v("hook", item.hook, wire::unless_default);
  v("database", item.database);
  v("loadBalancer", item.load_balancer, wire::unless_default);
  v("migrationUser", item.migration_user);
  v("applicationUser", item.application_user);
  v("migrated", item.migrated);
  v("findings", item.findings);
}

template <class V>
void describe(V& v, wire::Is<PreflightObject> auto& preflight) {
  v.type("Preflight");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Preflight");
  v.group("metadata", {}, [&](auto& metadata) { metadata("name", preflight.application); });
  v("items", preflight.items);
}

}  // namespace teal::objects
