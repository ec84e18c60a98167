// A notifier with a store in memory and webhooks that answer by a script.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/drivers/notifications/webhook/webhook.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/task_group.hpp"
#include "tests/support/await.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/set_clock.hpp"
#include "tests/support/variable_secrets.hpp"

namespace teal::test {

struct SubscribedWebhook : webhook::WebhookOptions {
  std::set<notifications::Notice> on;
};

class NotifierRig : public testing::Test {
 protected:
  NotifierRig() {
    secrets_.values["URL"] = http::to_string(server_.endpoint()) + "/services/hidden-path?sig=hidden-query";
    pace_.first_delay = Duration{5};
    pace_.longest_delay = Duration{20};
    pace_.tries = 3;
    pace_.deadline = Duration{500};
  }

  // A teald starts; the one before is gone, whatever it was at.
  void start(std::vector<SubscribedWebhook> webhooks) {
    stop();
    metrics_ = std::make_unique<runtime::Metrics>();
    tasks_ = std::make_unique<runtime::TaskGroup>(
        loop_.get_executor(), [](const std::string& task, std::exception_ptr) { ADD_FAILURE() << task << " threw"; });
    notifications::NotifierPorts ports;
    ports.store = &store_;
    ports.clock = &clock_;
    ports.telemetry = metrics_.get();
    ports.told = [this](const records::Event& event) { told_.push_back(event); };
    std::vector<notifications::Subscription> subscriptions;
    for (const auto& webhook : webhooks) {
      subscriptions.push_back({webhook::make_webhook(loop_.get_executor(), webhook, secrets_, clock_), webhook.on});
    }
    notifier_ = std::make_unique<notifications::Notifier>(loop_.get_executor(), ports, std::move(subscriptions), pace_);
    for (auto& task : notifier_->tasks()) tasks_->spawn("webhook", std::move(task));
    run_for(Duration{20});
  }
  void start() { start({webhook()}); }
  void stop() {
    if (!tasks_) return;
    tasks_->cancel();
    run_for(Duration{20});
    EXPECT_EQ(tasks_->size(), 0U);
    notifier_.reset();
    tasks_.reset();
  }

  static SubscribedWebhook webhook() {
    SubscribedWebhook options;
    options.url = {spec::ValueSource::Kind::Environment, "URL", {}};
    options.on = {notifications::Notice::RolloutFailed, notifications::Notice::RolloutCompleted,
                  notifications::Notice::ApprovalNeeded};
    return options;
  }

  // As the reconciler does it: into the store first, then told.
  void happens(const std::string& reason, int revision) {
    records::Event event;
    event.time = clock_.now();
    event.reason = spec::Reason::named(reason);
    event.message = "it is so";
    event.application = "shop";
    event.object = "Rollout/shop-" + std::to_string(revision);
    const std::vector<records::Event> events{event};
    ASSERT_TRUE(await(loop_, store_.append(events)));
    if (notifier_) notifier_->told(event);
  }

  void reply(std::string head, std::string body = "") {
    Reply reply;
    reply.pieces = {"HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
    reply.close = true;
    server_.script(std::move(reply));
  }

  void run_for(Duration duration) {
    loop_.restart();
    loop_.run_for(duration);
  }
  template <class Condition>
  [[nodiscard]] bool until(Condition condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) run_for(Duration{5});
    return condition();
  }
  [[nodiscard]] bool requests_become(std::size_t count) {
    const bool came = until([&] { return server_.requests().size() >= count; });
    run_for(Duration{60});  // and no more than that
    return came && server_.requests().size() == count;
  }

  // "absent" when there is no such series.
  [[nodiscard]] std::string counted(const std::string& type, const std::string& outcome, int webhook = 0) const {
    const auto series = "teal_notifications_total{outcome=\"" + outcome + "\",type=\"" + type + "\",webhook=\"" +
                        std::to_string(webhook) + "\"} ";
    const auto text = metrics_->expose();
    const auto at = text.find(series);
    return at == text.npos ? "absent" : text.substr(at + series.size(), text.find('\n', at) - at - series.size());
  }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  FakeStore store_;
  VariableSecrets secrets_;
  SetClock clock_;
  notifications::NotifierPace pace_;
  std::unique_ptr<runtime::Metrics> metrics_;
  std::vector<records::Event> told_;
  std::unique_ptr<runtime::TaskGroup> tasks_;
  std::unique_ptr<notifications::Notifier> notifier_;
};

}  // namespace teal::test
