// The part of the database that webhooks use.
#include "daemon/drivers/stores/sqlite/database.hpp"

namespace teal::sqlite {
namespace {

constexpr std::int64_t kept_notices = 1000;

}  // namespace

ports::DeliveredNotices Database::told_notices(const std::string& webhook) {
  ports::DeliveredNotices told;
  Statement rows(connection_, "SELECT notice, settled FROM notifications WHERE webhook = ?", webhook);
  while (rows.next()) {
    if (auto notice = rows.text(0); notice.empty()) {
      told.settled = rows.integer(1);
    } else {
      told.notices.insert(std::move(notice));
    }
  }
  return told;
}

void Database::settle_notice(const std::string& webhook, const std::string& notice, std::int64_t settled) {
  Transaction transaction(connection_);
  Statement(connection_,
            "INSERT INTO notifications (webhook, notice, settled) VALUES (?, '', ?)"
            " ON CONFLICT (webhook, notice) DO UPDATE SET settled = excluded.settled",
            webhook, settled)
      .run();
  if (!notice.empty()) {
    Statement(connection_, "INSERT OR IGNORE INTO notifications (webhook, notice, settled) VALUES (?, ?, ?)", webhook,
              notice, settled)
        .run();
    Statement(connection_,
              "DELETE FROM notifications WHERE webhook = ?1 AND notice <> '' AND sequence <= (SELECT sequence FROM"
              " notifications WHERE webhook = ?1 AND notice <> '' ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
              webhook, kept_notices)
        .run();
  }
  transaction.commit();
}

}  // namespace teal::sqlite
