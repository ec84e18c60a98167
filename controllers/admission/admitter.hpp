// Judges one manifest or request after another and gathers what follows. Private to controllers/admission.
#pragma once

#include "controllers/admission/admission.hpp"

namespace teal::admission {

class Admitter {
 public:
  Admitter(const Register& known, Time now, const Unreadable& unreadable)
      : register_(&known), now_(now), unreadable_(unreadable) {}

  // These files do not exist: other files may have what they defined.
  void gone(const std::set<std::string>& paths) { gone_ = &paths; }
  // `saved`: somebody has just written it.
  void judge(const Manifest& manifest, bool saved);
  // An application that is wanted, and may be.
  void put(const spec::Application& application, const std::string& file, const records::Requester& who);
  void mark_deleting(const std::string& name, const records::Requester& by);

  // All files of a change have been judged: what none of them defines any more is left behind, and what was refused
  // because of anything that has changed is judged again.
  void settle();
  [[nodiscard]] Admission finish();

 private:
  void judge_due();
  [[nodiscard]] bool may_own(const records::ApplicationRecord& record, const std::string& path) const;
  [[nodiscard]] std::set<std::string> refused_ones(const Manifest& manifest) const;
  void refuse(const Manifest& manifest, bool saved, const std::string& problem, std::set<std::string> because_of);
  void accept(const Manifest& manifest, bool saved);
  void own(const std::string& name, const std::string& path);
  void give_up(const std::string& path, const std::string& name);
  void orphan(records::ApplicationRecord record, std::string message);
  void create(const spec::Application& application, const std::string& file, const records::Requester& who);
  void tell_mended(const records::ApplicationRecord& was, const std::string& file);
  void tell_spec(const records::ApplicationRecord& was, const records::ApplicationRecord& record);
  void keep(records::ApplicationRecord record);
  void tell(const std::string& name, spec::Reason reason, std::string message, bool warning);
  void note(const records::Requester& who, const char* action, const records::ApplicationRecord* before,
            const records::ApplicationRecord* after);

  Register register_;  // what has changed, over what is known
  Time now_;
  const Unreadable& unreadable_;
  const std::set<std::string>* gone_ = nullptr;
  Admission result_;
  std::vector<std::string> touched_;  // applications, in the order in which they changed first
  std::set<std::string> is_touched_;
};

}  // namespace teal::admission
