#include "daemon/access/denial_tally.hpp"

#include <algorithm>
#include <utility>

namespace teal::access {
namespace {

using namespace std::chrono_literals;

constexpr int most_of_one = 10;
constexpr std::size_t most_sources = 64;
constexpr double at_first = 200;
constexpr double a_minute = 4;
constexpr double kept_for_counts = 64;  // so that the first flood does not take the names of the next
constexpr std::size_t most_pending = 300;

// "10.1.2.3:40122" → "10.1.2.3": each connection has another port.
std::string without_port(const std::string& from) {
  if (from.starts_with("unix:")) return from;
  const auto colon = from.rfind(':');
  const bool is_port =
      colon != std::string::npos && from.find_first_not_of("0123456789", colon + 1) == std::string::npos;
  return is_port ? from.substr(0, colon) : from;
}

}  // namespace

bool DenialTally::is_counting() const {
  return many_ || std::ranges::any_of(sources_, [](const auto& each) { return each.second.counted.has_value(); });
}

// Told a thousand times a second it only counts.
void DenialTally::add(const records::Requester& who, int status, const std::string& application, Time now) {
  turn(now);
  auto key = without_port(who.from) + '\n' + who.name;
  auto found = sources_.find(key);
  if (found == sources_.end() && sources_.size() >= most_sources) return count_with_many(status, 1, now);
  if (found == sources_.end()) found = sources_.emplace(std::move(key), Source{}).first;
  auto& source = found->second;
  if (source.counted) {
    ++source.counted->count;
    return;
  }
  auto entry = records::audit_entry(who, application, {}, now);
  entry.outcome = records::AuditOutcome::Denied;
  entry.status = status;
  if (source.written < most_of_one && allowance_ >= kept_for_counts + 1) {
    allowance_ -= 1;
    ++source.written;
    return put(std::move(entry));
  }
  entry.by.from = without_port(entry.by.from);
  source.counted = std::move(entry);
}

std::vector<records::AuditEntry> DenialTally::take(Time now) {
  turn(now);
  return std::exchange(pending_, {});
}

std::vector<records::AuditEntry> DenialTally::take_all(Time now) {
  close(now);
  return std::exchange(pending_, {});
}

void DenialTally::give_back(std::vector<records::AuditEntry> entries) {
  auto newer = std::exchange(pending_, std::move(entries));
  for (auto& entry : newer) put(std::move(entry));
}

// A clock that was set back ends the minute too.
void DenialTally::turn(Time now) {
  if (!begun_ || now < minute_ || now - minute_ >= 1min) close(now);
}

void DenialTally::close(Time now) {
  const double minutes = std::max(0.0, std::chrono::duration<double>(now - minute_) / 1min);
  allowance_ = begun_ ? std::min(at_first, allowance_ + a_minute * minutes) : at_first;
  begun_ = true;
  minute_ = now;
  for (auto& [key, source] : std::exchange(sources_, {})) {
    if (!source.counted) continue;
    if (allowance_ < 1) {
      count_with_many(source.counted->status, source.counted->count, now);
      continue;
    }
    allowance_ -= 1;
    put(std::move(*source.counted));
  }
  if (many_ && pending_.size() < most_pending) pending_.push_back(*std::exchange(many_, std::nullopt));
}

// The store may be away for long.
void DenialTally::put(records::AuditEntry entry) {
  if (pending_.size() >= most_pending) return count_with_many(entry.status, entry.count, entry.time);
  pending_.push_back(std::move(entry));
}

void DenialTally::count_with_many(int status, std::int64_t more, Time now) {
  if (!many_) {
    many_.emplace();
    many_->time = now;
    many_->by.name = many;
    many_->outcome = records::AuditOutcome::Denied;
    many_->count = 0;
  }
  many_->status = status;
  many_->count += more;
}

}  // namespace teal::access
