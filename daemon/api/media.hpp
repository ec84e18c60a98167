// What form of an answer a request's Accept header asks for: plain JSON, or one of Kubernetes' other forms of it.
#pragma once

#include <string>
#include <string_view>

namespace teal::api {

// Whether it lets an answer be of this media type ("application/json"), whatever its parameters; an empty one lets all.
[[nodiscard]] bool takes_media(std::string_view accept, std::string_view type);

// The version of `as=Table;g=meta.k8s.io` that is asked for before plain JSON: "v1", "v1beta1"; empty: none is.
[[nodiscard]] std::string wanted_table(std::string_view accept);

// The same of `as=APIGroupDiscoveryList;g=apidiscovery.k8s.io`: "v2", "v2beta1".
[[nodiscard]] std::string wanted_discovery(std::string_view accept);

// As client-go asks for what it has no type for; for /openapi/v3 that is Kubernetes' index rather than one document.
[[nodiscard]] bool is_untyped_client(std::string_view accept);

}  // namespace teal::api
