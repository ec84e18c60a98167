// Amazon ECR's host names, in every partition.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace teal::ecr {

struct EcrHost {
  std::string account;  // 12 digits
  std::string region;
  std::string suffix;  // "amazonaws.com", "amazonaws.com.cn", "c2s.ic.gov" …; of dual-stack hosts "on.aws" and the like
  bool fips = false;
  bool dual_stack = false;
};

// Nothing for a host of another shape.
[[nodiscard]] std::optional<EcrHost> parse_ecr_host(std::string_view host);
// Where that registry's ECR API is, such as "https://api.ecr.eu-west-1.amazonaws.com".
[[nodiscard]] std::string ecr_api_url(const EcrHost& host);
// The domain that AWS' services of a region are below: "amazonaws.com", "amazonaws.com.cn" …
[[nodiscard]] std::string_view aws_domain(std::string_view region);

}  // namespace teal::ecr
