// An engine and a load balancer in memory, as drivers: all that it takes to add one.
#pragma once

#include <string>
#include <vector>

#include "daemon/drivers/drivers.hpp"

namespace teal::test {

// What was asked of them; to be read once teald has ended.
struct ToyLog {
  std::vector<std::string> lines;
};

// `engines: [{toy: {answer: "HTTP/1.1 200 OK\r\n\r\n"}}]` and `loadBalancers: [{toyBalancer: {entrance: URL}}]`. The
// log outlives what they make.
void register_toys(drivers::Drivers& drivers, ToyLog& log);

}  // namespace teal::test
