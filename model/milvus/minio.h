// model/milvus/minio.h: which MinIO reads which kind of data.
//
// Source: Law::kMinioFormats.
#pragma once

#include <string_view>

namespace rehearse::milvus {

// The first release without the fs backend; tags of releases order as texts.
inline constexpr std::string_view kMinioWithoutFs = "RELEASE.2022-10-29";

}  // namespace rehearse::milvus
