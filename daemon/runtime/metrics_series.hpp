// The state of one metric in daemon/runtime/metrics: its series by their labels.
#pragma once

#include <prometheus/family.h>
#include <prometheus/histogram.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace teal::runtime {

using Buckets = prometheus::Histogram::BucketBoundaries;

// At most so many different words; later ones are "other".
class Limited {
 public:
  std::string operator()(std::string_view word) {
    if (known_.size() >= 64 && !known_.contains(word)) return "other";
    return *known_.emplace(word).first;
  }

 private:
  std::set<std::string, std::less<>> known_;
};

// The series of one metric, by their labels, so that those of one application can be taken away.
template <class T>
class Series {
 public:
  Series(prometheus::Family<T>& family, Buckets buckets = {}) : family_(&family), buckets_(std::move(buckets)) {}

  T& at(const prometheus::Labels& labels) {
    const auto application = labels.find("application");
    auto& series = by_application_[application == labels.end() ? std::string() : application->second];
    const auto found = series.find(labels);
    if (found != series.end()) return *found->second;
    T* made = nullptr;
    if constexpr (std::is_same_v<T, prometheus::Histogram>) {
      made = &family_->Add(labels, buckets_);
    } else {
      made = &family_->Add(labels);
    }
    return *series.emplace(labels, made).first->second;
  }

  void remove_application(const std::string& name) {
    keep_only(name, {});
    by_application_.erase(name);
  }

  // Taking a series away costs a search through all: so those that stay are left alone.
  void keep_only(const std::string& name, const std::set<prometheus::Labels>& wanted) {
    const auto series = by_application_.find(name);
    if (series == by_application_.end()) return;
    std::erase_if(series->second, [&](const auto& entry) {
      if (wanted.contains(entry.first)) return false;
      family_->Remove(entry.second);
      return true;
    });
  }

 private:
  prometheus::Family<T>* family_;
  Buckets buckets_;
  std::map<std::string, std::map<prometheus::Labels, T*>> by_application_;
};

}  // namespace teal::runtime
