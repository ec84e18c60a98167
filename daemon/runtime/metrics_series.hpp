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

// The series of one metric, by their labels.
template <class T>
class Series {
 public:
  Series(prometheus::Family<T>& family, Buckets buckets = {}) : family_(&family), buckets_(std::move(buckets)) {}

  T& at(const prometheus::Labels& labels) {
    const auto found = series_.find(labels);
    if (found != series_.end()) return *found->second;
    T* made = nullptr;
    if constexpr (std::is_same_v<T, prometheus::Histogram>) {
      made = &family_->Add(labels, buckets_);
    } else {
      made = &family_->Add(labels);
    }
    return *series_.emplace(labels, made).first->second;
  }

  template <class Gone>
  void remove_if(Gone is_gone) {
    std::erase_if(series_, [&](const auto& each) {
      if (!is_gone(each.first)) return false;
      family_->Remove(each.second);
      return true;
    });
  }

 private:
  prometheus::Family<T>* family_;
  Buckets buckets_;
  std::map<prometheus::Labels, T*> series_;
};

}  // namespace teal::runtime
