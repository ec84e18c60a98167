#include "tests/simulation/monitors/promise.hpp"

namespace teal::simulation {

std::string_view to_string(Promise promise) {
  switch (promise) {
    case Promise::M1:
      return "M1";
    case Promise::M2:
      return "M2";
    case Promise::M3:
      return "M3";
    case Promise::M4:
      return "M4";
    case Promise::M5:
      return "M5";
    case Promise::C1:
      return "C1";
    case Promise::C2:
      return "C2";
    case Promise::T1:
      return "T1";
    case Promise::T2:
      return "T2";
    case Promise::T3:
      return "T3";
    case Promise::T4:
      return "T4";
    case Promise::T5:
      return "T5";
    case Promise::O2:
      return "O2";
    case Promise::O3:
      return "O3";
    case Promise::O4:
      return "O4";
    case Promise::O5:
      return "O5";
    case Promise::O6:
      return "O6";
    case Promise::L1:
      return "L1";
    case Promise::L2:
      return "L2";
    case Promise::L3:
      return "L3";
    case Promise::L4:
      return "L4";
    case Promise::StopFirst:
      return "StopFirst";
    case Promise::OneStop:
      return "OneStop";
    case Promise::Hooks:
      return "Hooks";
    case Promise::Database:
      return "Database";
    case Promise::Upgrade:
      return "Upgrade";
    case Promise::SharedDependency:
      return "SharedDependency";
    case Promise::Bake:
      return "Bake";
    case Promise::Analysis:
      return "Analysis";
    case Promise::Effects:
      return "Effects";
  }
  return "?";
}

}  // namespace teal::simulation
