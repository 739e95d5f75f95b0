// model/helm/codec.h: release records to and from the Secrets in which helm keeps them.
//
// Shape:  Secret `sh.helm.release.v1.<release>.v<N>`, type helm.sh/release.v1; data.release is
//         base64 of base64 of gzip of one JSON object.
// Errors: kInvalidArgument, naming `where`, the Secret and the layer that failed.
// Invariants: ReleaseJson(Decode(secret)) equals the stored JSON byte for byte.
// Not modelled: splitting of large records; helm's Secret driver has none (1 MiB is its limit).
// Source: HELM-01, HELM-02, HELM-03.
#pragma once

#include <string>
#include <string_view>

#include "model/helm/types.h"

namespace rehearse::helm {

bool IsReleaseSecret(const Json& secret);

Result<ReleaseRecord> DecodeReleaseSecret(const Json& secret, std::string_view where);

// The Secret as a manifest (no uid, no resourceVersion).
Json EncodeReleaseSecret(const ReleaseRecord& record);

// The JSON text inside.
std::string ReleaseJson(const ReleaseRecord& record);

// sh.helm.release.v1.my-release.v3
std::string SecretName(std::string_view release, std::int64_t revision);

// JSON text with the escapes of Go's encoder (<, >, & and U+2028/9 as \u003c ...), keys sorted.
std::string DumpAsGo(const Json& json);

}  // namespace rehearse::helm
