#include "daemon/drivers/registries/ecr/ecr_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace teal::ecr {
namespace {

// Region prefixes of the partitions, the longer ones first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> domains{{{"us-isof-", "csp.hci.ic.gov"},
                                                                                {"us-isob-", "sc2s.sgov.gov"},
                                                                                {"us-iso-", "c2s.ic.gov"},
                                                                                {"eu-isoe-", "cloud.adc-e.uk"},
                                                                                {"cn-", "amazonaws.com.cn"},
                                                                                {"", "amazonaws.com"}}};

constexpr std::string_view dual_stack_domain = "on.aws";
constexpr std::string_view dual_stack_domain_china = "on.amazonwebservices.com.cn";

// What stands before the next dot; the rest stays.
std::string_view take_label(std::string_view& text) {
  const auto dot = std::min(text.find('.'), text.size());
  const auto label = text.substr(0, dot);
  text.remove_prefix(std::min(dot + 1, text.size()));
  return label;
}

bool is_region(std::string_view text) {
  return text.size() >= 6 && text.size() <= 32 && text.find('-') != text.npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

std::string_view aws_domain(std::string_view region) {
  return std::ranges::find_if(domains, [&](const auto& one) { return region.starts_with(one.first); })->second;
}

std::optional<EcrHost> parse_ecr_host(std::string_view host) {
  EcrHost found;
  auto rest = host;
  found.account = take_label(rest);
  if (!is_account(found.account)) return std::nullopt;
  const auto service = take_label(rest);
  if (service == "dkr") {
    const auto api = take_label(rest);
    if (api != "ecr" && api != "ecr-fips") return std::nullopt;
    found.fips = api == "ecr-fips";
  } else if (service == "dkr-ecr" || service == "dkr-ecr-fips") {
    found.dual_stack = true;
    found.fips = service == "dkr-ecr-fips";
  } else {
    return std::nullopt;
  }
  found.region = take_label(rest);
  found.suffix = rest;
  if (!is_region(found.region)) return std::nullopt;
  const bool china = found.region.starts_with("cn-");
  const auto expected =
      found.dual_stack ? (china ? dual_stack_domain_china : dual_stack_domain) : aws_domain(found.region);
  if (rest != expected) return std::nullopt;
  return found;
}

std::string ecr_api_url(const EcrHost& host) {
  if (host.dual_stack) {
    const auto domain = host.suffix == dual_stack_domain_china ? "api.amazonwebservices.com.cn" : "api.aws";
    return fmt::format("https://{}.{}.{}", host.fips ? "ecr-fips" : "ecr", host.region, domain);
  }
  return fmt::format("https://{}.{}.{}", host.fips ? "ecr-fips" : "api.ecr", host.region, host.suffix);
}

}  // namespace teal::ecr
