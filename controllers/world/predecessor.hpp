// A container that ran before Teal did, and that the manifest of a first installation names (`adopt`).
#pragma once

#include <map>
#include <string>

namespace teal::world {

struct Predecessor {
  std::string name;  // as the manifest has it
  std::string id;    // empty: the engine has no such container
  bool running = false;
  std::string owner;                     // it is a Teal's: of this application; empty: it is not
  std::map<int, std::string> addresses;  // by its port in the container: where teald and load balancers reach it

  bool operator==(const Predecessor&) const = default;
};

}  // namespace teal::world
