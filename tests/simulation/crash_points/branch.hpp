// Ways that a story may go on from where it stands, each told in a process of its own: a copy of everything as it is,
// coroutines and all, which costs far less than to tell the story from its beginning, and of which nothing comes back
// but a few numbers.
//
//   if (branch.leave(totals)) … we are in the new process, with totals of zero: go on from here
//
// For programs with one thread.
#pragma once

#include <string>

namespace teal::simulation {

struct Totals {
  long points = 0;
  long pairs = 0;
  long failures = 0;
  long runs = 0;

  Totals& operator+=(const Totals& more);
};

class Branch {
 public:
  // True in the new process. In the one that stays the branch has been told to its end then, and `totals` has grown by
  // what it counted; one that died unasked counts as a failure, said with `name`.
  [[nodiscard]] bool leave(Totals& totals, const std::string& name);
  [[nodiscard]] bool is_root() const { return back_ < 0; }
  // Ends a process that `leave` made.
  [[noreturn]] void end(const Totals& totals) const;

 private:
  int back_ = -1;  // where the totals are awaited
};

}  // namespace teal::simulation
